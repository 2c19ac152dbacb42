/**
 * Which files of a drop folder are mails, and when they are whole.
 *
 * Mail programs write into a Maildir by renaming, into `new/` or, as a copy of something sent, into
 * `cur/`. A plain file dropped beside these directories may still be growing.
 * @module
 */
import { lstat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Clock } from '../../src/io/contracts.js';
import { attempt } from '../files/disk.js';
import { MAILDIR_DIRECTORIES } from './folder.js';

/** Where mails wait that could not be taken yet. */
const QUEUED_DIRECTORIES = ['.Queued/new', '.Queued/cur'] as const;

/** Where mails appear; the folder itself is `.`. */
export const MAIL_DIRECTORIES = ['new', 'cur', '.', ...QUEUED_DIRECTORIES] as const;

const FOLDERS: readonly string[] = MAIL_DIRECTORIES;
const OWN_NAMES: readonly string[] = MAILDIR_DIRECTORIES;

/** What editors and downloads leave beside a file, or call it while it is not whole. */
const UNFINISHED = /~$|^#.*#$|\.(?:tmp|part|partial|crdownload|sw[op])$/i;

/** Flags after `:2,`: a draft or a deleted mail is not meant to be sent. */
const NOT_MEANT = /:2,[A-Za-z]*[DT]/;

/** A file's place: relative to the folder, and taken apart. */
export interface DroppedFile {
  readonly path: string;
  readonly directory: string;
  readonly name: string;
  /** Dropped as it is, so it may still be growing. */
  readonly isPlain: boolean;
}

/** A path as a dropped file; `undefined` when it is none that is to be sent. */
export const droppedFile = (folder: string, path: string): DroppedFile | undefined => {
  const place = relative(folder, path);
  const directory = dirname(place);
  const name = basename(place);
  const isPlain = directory === '.';
  const isMail = isPlain
    ? !OWN_NAMES.includes(name) && !UNFINISHED.test(name)
    : FOLDERS.includes(directory);
  if (!isMail || name === '' || name.startsWith('.') || NOT_MEANT.test(name)) return undefined;
  return { path, directory: join(folder, directory), name, isPlain };
};

/** Whether a file lies in `.Queued`. */
export const isQueued = (folder: string, { directory }: DroppedFile): boolean =>
  QUEUED_DIRECTORIES.some((each) => directory === join(folder, each));

export interface Settling {
  readonly clock: Clock;
  /** How long a file must have kept its size and time. */
  readonly stableMs: number;
  readonly signal: AbortSignal;
}

/**
 * Waits until a file has stopped changing. An empty one has not begun.
 *
 * @returns false when it is empty or a directory, went away or `signal` was aborted
 */
export const settles = async (
  { path }: DroppedFile,
  { clock, stableMs, signal }: Settling,
): Promise<boolean> => {
  let before = await stateOf(path);
  while (before !== undefined && !signal.aborted) {
    await clock.sleep(stableMs, signal);
    const now = await stateOf(path);
    if (now === before) return !signal.aborted;
    before = now;
  }
  return false;
};

const stateOf = (path: string): Promise<string | undefined> =>
  attempt(path, lstat(path)).match(
    (stats) =>
      stats.isDirectory() || (stats.isFile() && stats.size === 0)
        ? undefined
        : [stats.ino, stats.size, stats.mtimeMs].join(' '),
    () => undefined,
  );
