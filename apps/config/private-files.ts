/**
 * What must be private on this machine's disk: directories of data, and small files of secrets.
 * @module
 */
import type { Stats } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { err, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import type { Files } from '../../src/io/contracts.js';
import type { PassphraseError } from './passphrase.js';

export interface PrivateFileError {
  readonly kind: 'private-file';
  readonly path: string;
  readonly problem:
    | 'not-a-directory'
    | 'not-a-file'
    | 'open-to-others'
    | 'unsafe-parent'
    | 'of-another-user'
    | 'wrong-length'
    | 'lost-key'
    | 'salt-length'
    | 'lost-salt'
    | 'empty-passphrase'
    | PassphraseError['problem']
    | 'missing'
    | 'denied'
    | 'io';
}

const DIRECTORY_MODE = 0o700;
const OTHERS = 0o077;

/** Makes a private directory, or checks the one that is there: owner and mode are not changed. */
export const ensurePrivateDirectory = (path: string): ResultAsync<void, PrivateFileError> =>
  attempt(path, mkdir(path, { recursive: true, mode: DIRECTORY_MODE }))
    .andThen(() => attempt(path, stat(path)))
    .andThen((stats) => {
      if (!stats.isDirectory()) return refuse(path, 'not-a-directory');
      return checkPrivate(path, stats);
    });

/** Reads a file that nobody else may read. @errors also `missing` */
export const readPrivateFile = (
  files: Files,
  path: string,
): ResultAsync<Uint8Array, PrivateFileError> =>
  statOf(path)
    .andThen((stats) => {
      if (stats === undefined) return refuse(path, 'missing');
      return stats.isFile() ? checkPrivate(path, stats) : refuse(path, 'not-a-file');
    })
    .andThen(() => files.read(path).mapErr(() => failure(path, 'denied')));

/** `undefined` when there is nothing. */
export const statOf = (path: string): ResultAsync<Stats | undefined, PrivateFileError> =>
  ResultAsync.fromPromise(stat(path), codeOf).orElse((code) =>
    code === 'ENOENT' || code === 'ENOTDIR' ? okAsync(undefined) : refuse(path, problemOf(code)),
  );

const checkPrivate = (path: string, { mode, uid }: Stats): Result<void, PrivateFileError> => {
  if (process.getuid !== undefined && uid !== process.getuid()) {
    return refuse(path, 'of-another-user');
  }
  return (mode & OTHERS) === 0 ? ok(undefined) : refuse(path, 'open-to-others');
};

const attempt = <T>(path: string, work: Promise<T>): ResultAsync<T, PrivateFileError> =>
  ResultAsync.fromPromise(work, (thrown) => failure(path, problemOf(codeOf(thrown))));

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';

const problemOf = (code: string): PrivateFileError['problem'] => {
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'not-a-directory';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'denied';
    default:
      return 'io';
  }
};

export const failure = (path: string, problem: PrivateFileError['problem']): PrivateFileError => ({
  kind: 'private-file',
  path,
  problem,
});

export const refuse = (
  path: string,
  problem: PrivateFileError['problem'],
): Result<never, PrivateFileError> => err(failure(path, problem));
