/**
 * The lock of an mbox.
 *
 * Ours is the dot-lock, `NAME.lock`, made with O_EXCL, which every program of Debian's takes besides
 * an fcntl lock (policy 11.6). Node.js has no fcntl locks to take; where the kernel tells of those of
 * others, as Linux does, we wait for them. A program that takes fcntl locks only, and no dot-lock,
 * does not see ours.
 * @module
 */
import { readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { err, ResultAsync, type Result } from 'neverthrow';
import type { Clock } from '../../src/io/contracts.js';
import { attempt, faultCode, type FolderError } from '../files/disk.js';

const PAUSE_MS = 100;
const DEFAULT_PATIENCE_MS = 10_000;
/** We hold a lock for moments; an older one is that of a process whose number lives on. */
const STALE_MS = 10 * 60_000;

/** What is in a lock of ours; others may read the number. */
const OWN = /^(\d+) postern\n$/;

export interface LockOptions {
  readonly clock: Clock;
  /** How long others are waited for; default ten seconds. */
  readonly patienceMs?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** Paths that this process holds: a lock of ours on any other is that of a dead one. */
const held = new Set<string>();

/**
 * Runs `use` with the lock of an mbox.
 *
 * @errors `folder` — `locked`: somebody else has it for too long; or it cannot be made
 */
export const withLock = <T, E>(
  path: string,
  options: LockOptions,
  use: () => ResultAsync<T, E>,
): ResultAsync<T, E | FolderError> =>
  new ResultAsync(
    (async (): Promise<Result<T, E | FolderError>> => {
      const taken = await acquire(path, options);
      if (taken.isErr()) return err(taken.error);
      const used = await use();
      held.delete(path);
      await attempt(path, unlink(lockOf(path))).unwrapOr(undefined);
      return used;
    })(),
  );

const lockOf = (path: string): string => `${path}.lock`;

const acquire = async (
  path: string,
  { clock, signal, patienceMs = DEFAULT_PATIENCE_MS }: LockOptions,
): Promise<Result<void, FolderError>> => {
  const end = clock.monotonic() + patienceMs;
  for (;;) {
    const taken = await attempt(path, take(path, clock));
    if (taken.isErr() || taken.value) return taken.map(() => undefined);
    if (signal?.aborted === true || clock.monotonic() >= end) {
      return err({ kind: 'folder', path, reason: 'locked' });
    }
    await clock.sleep(PAUSE_MS, signal);
  }
};

/** @returns whether we have it */
const take = async (path: string, clock: Clock): Promise<boolean> => {
  if (held.has(path)) return false;
  held.add(path);
  try {
    if (!(await create(lockOf(path)))) await removeIfStale(lockOf(path), clock);
    else if (!(await isLockedElsewhere(path))) return true;
    else await unlink(lockOf(path));
  } catch (thrown) {
    held.delete(path);
    throw thrown;
  }
  held.delete(path);
  return false;
};

const create = async (lock: string): Promise<boolean> => {
  try {
    await writeFile(lock, `${process.pid} postern\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (thrown) {
    if (faultCode(thrown) === 'EEXIST') return false;
    throw thrown;
  }
};

/** Only locks of ours: whoever made another one knows best. */
const removeIfStale = async (lock: string, clock: Clock): Promise<void> => {
  const text = await readFile(lock, 'latin1').catch(() => '');
  const pid = Number(OWN.exec(text)?.[1]);
  if (Number.isNaN(pid)) return;
  const ageMs = await stat(lock).then(
    ({ mtimeMs }) => clock.now() - mtimeMs,
    () => 0,
  );
  const isDead = pid === process.pid || !isAlive(pid) || ageMs > STALE_MS;
  if (isDead) await unlink(lock).catch(() => undefined);
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return faultCode(thrown) !== 'ESRCH';
  }
};

/** `1: POSIX ADVISORY WRITE 1234 fd:01:5678 0 EOF`; those who wait have an arrow in front. */
const KERNEL_LOCK = /^\d+: (?!->)\S+ +\S+ +\S+ +-?\d+ \w+:\w+:(\d+) /;

/**
 * Whether the kernel knows a lock of a file by its inode. Its device is written in another way than
 * `stat` has it, so a file elsewhere may be meant: then we wait for nothing.
 */
const isLockedElsewhere = async (path: string): Promise<boolean> => {
  const inode = await stat(path).then(
    ({ ino }) => String(ino),
    () => undefined,
  );
  if (inode === undefined) return false;
  const locks = await readFile('/proc/locks', 'latin1').catch(() => '');
  return locks.split('\n').some((line) => KERNEL_LOCK.exec(line)?.[1] === inode);
};
