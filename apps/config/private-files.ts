/**
 * What must be private on this machine's disk: directories of data, and the key that seals stores.
 * @module
 */
import type { Stats } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { err, errAsync, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import type { Files, Random } from '../../src/io/contracts.js';

export interface PrivateFileError {
  readonly kind: 'private-file';
  readonly path: string;
  readonly problem:
    | 'not-a-directory'
    | 'not-a-file'
    | 'open-to-others'
    | 'of-another-user'
    | 'wrong-length'
    | 'lost-key'
    | 'denied'
    | 'io';
}

const DIRECTORY_MODE = 0o700;
const OTHERS = 0o077;
const STORAGE_KEY_LENGTH = 32;

/** Makes a private directory, or checks the one that is there: owner and mode are not changed. */
export const ensurePrivateDirectory = (path: string): ResultAsync<void, PrivateFileError> =>
  attempt(path, mkdir(path, { recursive: true, mode: DIRECTORY_MODE }))
    .andThen(() => attempt(path, stat(path)))
    .andThen((stats) => {
      if (!stats.isDirectory()) return refuse(path, 'not-a-directory');
      return checkPrivate(path, stats);
    });

/**
 * Reads the 32 bytes that seal the stores, or draws them where there is no file.
 *
 * @param store - a store that they must belong to when it exists: a new key would not open it
 */
export const loadStorageKey = (
  { files, random }: { readonly files: Files; readonly random: Random },
  path: string,
  store: string | undefined,
): ResultAsync<Uint8Array, PrivateFileError> =>
  statOf(path).andThen((stats) => {
    if (stats !== undefined) return readStorageKey(files, path, stats);
    return statOf(store ?? path).andThen((existing) =>
      existing === undefined ? makeStorageKey({ files, random }, path) : refuse(path, 'lost-key'),
    );
  });

/** Reads the storage key that the service manager has passed; it answers for who can read it. */
export const readStorageCredential = (
  files: Files,
  path: string,
): ResultAsync<Uint8Array, PrivateFileError> =>
  files
    .read(path)
    .mapErr(({ reason }) => failure(path, reason === 'denied' ? 'denied' : 'io'))
    .andThen((key) => (key.length === STORAGE_KEY_LENGTH ? ok(key) : refuse(path, 'wrong-length')));

const readStorageKey = (
  files: Files,
  path: string,
  stats: Stats,
): ResultAsync<Uint8Array, PrivateFileError> => {
  if (!stats.isFile()) return errAsync({ kind: 'private-file', path, problem: 'not-a-file' });
  return checkPrivate(path, stats)
    .asyncAndThen(() => files.read(path).mapErr(() => failure(path, 'denied')))
    .andThen((key) => (key.length === STORAGE_KEY_LENGTH ? ok(key) : refuse(path, 'wrong-length')));
};

const makeStorageKey = (
  { files, random }: { readonly files: Files; readonly random: Random },
  path: string,
): ResultAsync<Uint8Array, PrivateFileError> => {
  const key = random(STORAGE_KEY_LENGTH);
  return files
    .makeDirectory(dirname(path))
    .andThen(() => files.write(path, key))
    .map(() => key)
    .mapErr(({ reason }) => failure(path, reason === 'denied' ? 'denied' : 'io'));
};

/** `undefined` when there is nothing. */
const statOf = (path: string): ResultAsync<Stats | undefined, PrivateFileError> =>
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

const failure = (path: string, problem: PrivateFileError['problem']): PrivateFileError => ({
  kind: 'private-file',
  path,
  problem,
});

const refuse = (
  path: string,
  problem: PrivateFileError['problem'],
): Result<never, PrivateFileError> => err(failure(path, problem));
