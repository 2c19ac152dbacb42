/**
 * A Maildir on disk: its directories, and files written so that a crash loses or doubles none.
 *
 * Source: https://cr.yp.to/proto/maildir.html
 * @module
 */
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, ResultAsync } from 'neverthrow';

export interface FolderError {
  readonly kind: 'folder';
  readonly path: string;
  readonly reason: 'missing' | 'denied' | 'full' | 'symlink' | 'io';
}

const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;

/** Turns what the file system throws into a {@link FolderError} that names `path`. */
export const attempt = <T>(path: string, work: Promise<T>): ResultAsync<T, FolderError> =>
  ResultAsync.fromPromise(work, (thrown) => ({ kind: 'folder', path, reason: reasonOf(thrown) }));

const reasonOf = (thrown: unknown): FolderError['reason'] => {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'missing';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'denied';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'full';
    case 'ELOOP':
      return 'symlink';
    default:
      return 'io';
  }
};

/** Makes a folder with the named directories in it, all private; ok when they are there. */
export const makeFolder = (
  path: string,
  directories: readonly string[],
): ResultAsync<void, FolderError> => attempt(path, makeAll(path, directories));

const makeAll = async (path: string, directories: readonly string[]): Promise<void> => {
  // Only what is made here is made private: an existing folder keeps the mode that its owner chose.
  await mkdir(path, { recursive: true, mode: PRIVATE_DIRECTORY });
  for (const directory of directories) {
    await mkdir(join(path, directory), { recursive: true, mode: PRIVATE_DIRECTORY });
  }
};

/** Names of what is in a directory and is no directory itself; none when it is missing. */
export const listNames = (directory: string): ResultAsync<readonly string[], FolderError> =>
  attempt(directory, namesIn(directory)).orElse((error) =>
    error.reason === 'missing' ? ok([]) : err(error),
  );

const namesIn = async (directory: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
};

/**
 * Puts a file into `new/` by way of `tmp/`.
 *
 * @returns when the file and its name are on disk
 */
export const deposit = (
  folder: string,
  name: string,
  bytes: Uint8Array,
): ResultAsync<void, FolderError> =>
  attempt(folder, writeDurably(join(folder, 'tmp', name), bytes))
    .andThen(() => attempt(folder, rename(join(folder, 'tmp', name), join(folder, 'new', name))))
    .andThen(() => attempt(folder, syncDirectory(join(folder, 'new'))));

/** Writes a private file, over what is there, and syncs it; links are not followed. */
export const writeDurably = async (path: string, bytes: Uint8Array): Promise<void> => {
  const { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants;
  const flags = O_CREAT | O_NOFOLLOW | O_TRUNC | O_WRONLY;
  await withFile(path, flags, async (file) => {
    await file.writeFile(bytes);
    await file.sync();
  });
};

/** What a path leads to; links are not followed. */
export type FileContent =
  /** `version` changes with the file, and with another file of its name. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly version: string }
  | { readonly kind: 'too-large'; readonly size: number }
  /** A directory, a pipe, a device. */
  | { readonly kind: 'no-file' };

/**
 * Reads a plain file of at most `limit` bytes.
 *
 * @errors `symlink` — it is a link; the others as the file system says
 */
export const readPlainFile = (
  path: string,
  limit: number,
): ResultAsync<FileContent, FolderError> => {
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const read = async (file: FileHandle): Promise<FileContent> => {
    const stats = await file.stat();
    if (!stats.isFile()) return { kind: 'no-file' };
    if (stats.size > limit) return { kind: 'too-large', size: stats.size };
    const version = `${stats.ino} ${stats.ctimeMs}`;
    return { kind: 'bytes', bytes: new Uint8Array(await file.readFile()), version };
  };
  return attempt(path, withFile(path, flags, read));
};

/** Removes a file for good. */
export const removeFile = (directory: string, name: string): ResultAsync<void, FolderError> =>
  attempt(join(directory, name), unlink(join(directory, name))).andThen(() =>
    attempt(directory, syncDirectory(directory)),
  );

const syncDirectory = (path: string): Promise<void> =>
  withFile(path, constants.O_RDONLY, (directory) => directory.sync());

const withFile = async <T>(
  path: string,
  flags: number,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> => {
  const file = await open(path, flags, PRIVATE_FILE);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
};
