/**
 * The file `version` of a part: the format of its stores, so that people and scripts can tell
 * before anything is opened. The stores say it themselves too, and have the last word.
 *
 * Source: mixminiond(8), FILES.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import type { Files, FilesError } from '../../src/io/contracts.js';
import { FORMAT } from '../../src/store/sqlite/format.js';

/** The file is of another version of this program, or says nothing that one of them writes. */
export interface BadVersion {
  readonly kind: 'bad-version';
  readonly path: string;
  /** Absent: it is no whole number. */
  readonly found: number | undefined;
  readonly wanted: number;
}

export type VersionError = FilesError | BadVersion;

const WHOLE_NUMBER = /^[1-9]\d{0,8}$/;

const pathIn = (dataDir: string): string => `${dataDir}/version`;

/** Refuses the directory of another version; one without the file may be of any. */
export const checkVersion = (files: Files, dataDir: string): ResultAsync<void, VersionError> =>
  readVersion(files, dataDir).andThen((found) =>
    found === 'none' || found === FORMAT ? ok(undefined) : err(badVersion(dataDir, found)),
  );

/** The same before an upgrade, which is there for what is older, or cannot be read. */
export const checkUpgradable = (files: Files, dataDir: string): ResultAsync<void, VersionError> =>
  readVersion(files, dataDir).andThen((found) =>
    typeof found === 'number' && found > FORMAT ? err(badVersion(dataDir, found)) : ok(undefined),
  );

export const writeVersion = (files: Files, dataDir: string): ResultAsync<void, FilesError> =>
  files.write(pathIn(dataDir), utf8(`${FORMAT}\n`));

const readVersion = (
  files: Files,
  dataDir: string,
): ResultAsync<number | 'none' | undefined, FilesError> =>
  files
    .read(pathIn(dataDir))
    .map((bytes): number | 'none' | undefined => versionIn(fromUtf8(bytes).trim()))
    .orElse((error): Result<'none', FilesError> =>
      error.reason === 'missing' ? ok('none') : err(error),
    );

const versionIn = (text: string): number | undefined =>
  WHOLE_NUMBER.test(text) ? Number(text) : undefined;

const badVersion = (dataDir: string, found: number | undefined): BadVersion => ({
  kind: 'bad-version',
  path: pathIn(dataDir),
  found,
  wanted: FORMAT,
});
