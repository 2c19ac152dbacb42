/**
 * Files of people and mail programs on disk: written so that a crash loses none, and read without
 * being led astray.
 * @module
 */
import { type BigIntStats, constants } from 'node:fs';
import { mkdir, open, readdir, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { err, ok, ResultAsync } from 'neverthrow';

export interface FolderError {
  readonly kind: 'folder';
  readonly path: string;
  /** `locked`: another program keeps it to itself. */
  readonly reason: 'missing' | 'denied' | 'full' | 'symlink' | 'locked' | 'io';
}

const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;

/** Turns what the file system throws into a {@link FolderError} that names `path`. */
export const attempt = <T>(path: string, work: Promise<T>): ResultAsync<T, FolderError> =>
  ResultAsync.fromPromise(work, (thrown) => faultOf(path, thrown));

/** What the file system has thrown, as an error that names `path`. */
export const faultOf = (path: string, thrown: unknown): FolderError => ({
  kind: 'folder',
  path,
  reason: reasonOf(thrown),
});

/** The code of what the file system has thrown, such as `ENOENT`. */
export const faultCode = (thrown: unknown): unknown =>
  thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;

const reasonOf = (thrown: unknown): FolderError['reason'] => {
  switch (faultCode(thrown)) {
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
 * Writes a private file, over what is there, and syncs it; links are not followed.
 *
 * @param modifiedMs - what its times shall say, ms since the Unix epoch; absent: the truth
 */
export const writeDurably = async (
  path: string,
  bytes: Uint8Array,
  modifiedMs?: number,
): Promise<void> => {
  const { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants;
  const flags = O_CREAT | O_NOFOLLOW | O_TRUNC | O_WRONLY;
  await withFile(path, flags, async (file) => {
    await file.writeFile(bytes);
    if (modifiedMs !== undefined) await file.utimes(modifiedMs / 1000, modifiedMs / 1000);
    await file.sync();
  });
};

/** What a path leads to; links are not followed. */
export type FileContent =
  /** `identity`: what {@link identityOf} says. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly identity: string }
  | { readonly kind: 'too-large'; readonly size: number }
  /** A pipe, a socket, a device. */
  | { readonly kind: 'no-file' };

/**
 * Reads a plain file of at most `limit` bytes.
 *
 * @errors `symlink` — it is a link; `missing` — no file is there, or a directory; the others as the
 *   file system says
 */
export const readPlainFile = (
  path: string,
  limit: number,
): ResultAsync<FileContent, FolderError> => {
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const read = async (file: FileHandle): Promise<FileContent | undefined> => {
    const stats = await file.stat({ bigint: true });
    if (stats.isDirectory()) return undefined;
    if (!stats.isFile()) return { kind: 'no-file' };
    if (stats.size > limit) return { kind: 'too-large', size: Number(stats.size) };
    const identity = identityOf(basename(path), stats);
    return { kind: 'bytes', bytes: new Uint8Array(await file.readFile()), identity };
  };
  return attempt(path, withFile(path, flags, read)).andThen((content) =>
    content === undefined ? err({ kind: 'folder', path, reason: 'missing' } as const) : ok(content),
  );
};

/** What a file is known by; times are in ns. */
export type FileStats = Pick<
  BigIntStats,
  'ino' | 'nlink' | 'size' | 'mtimeNs' | 'ctimeNs' | 'birthtimeNs'
>;

/** Flags of a Maildir file, which change while it stays the same mail. */
export const FLAGS = /:2,[^/]*$/;

/**
 * Names a file as what was put there this once: the same name as long as it lies there, another one
 * for every other file, though it have the same bytes.
 *
 * - A mail program that has seen it moves it from `new/` to `cur/` and gives it flags: inode, times
 *   of birth and of writing, size and the name before the flags stay. The time of change does not.
 * - Something else of the same name, or the same copied again with its times, has another birth;
 *   the inode alone would not tell, since it may be used again at once.
 * - Written anew in place it has another time of writing.
 * - A folder that is copied, or restored from a backup, holds new files, which are sent: nobody
 *   knows whether the old ones were.
 * - The device is left out: its number may be another one after the machine was started anew.
 *
 * Where a file system knows no birth, and where the file has other links and may be linked here
 * again, the time of its last change stands in: rather is it sent twice, after a crash and a move,
 * than never.
 */
export const identityOf = (name: string, stats: FileStats): string => {
  const { ino, nlink, size, mtimeNs, ctimeNs, birthtimeNs } = stats;
  const sinceNs = nlink > 1n || birthtimeNs === 0n ? ctimeNs : birthtimeNs;
  return [name.replace(FLAGS, ''), ino, sinceNs, mtimeNs, size].join(' ');
};

/** Has the names in a directory on disk. */
export const syncDirectory = (path: string): Promise<void> =>
  withFile(path, constants.O_RDONLY, (directory) => directory.sync());

/** Opens a file, private where it is made, and closes it behind `use`. */
export const withFile = async <T>(
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
