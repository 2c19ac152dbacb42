/**
 * Records appended to an mbox, each once: through crashes at any moment, and beside other programs.
 *
 * What is about to be appended is written to a file beside the mbox first, with the place where it
 * will stand. Behind a crash the two tell what was reached: nothing, a torn record, which is cut off,
 * or the whole of it. All of this is under the lock of the mbox.
 * @module
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { readFile, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { attempt, syncDirectory, withFile, writeDurably, type FolderError } from '../files/disk.js';
import { withLock, type LockOptions } from './lock.js';

const LF = 0x0a;

/** What is to be appended. */
export interface Appending {
  /** A name of this very record; one line. */
  readonly id: string;
  /** With its last empty line. */
  readonly record: Uint8Array;
}

/**
 * Appends a record, unless it stands there already because a crash came before `settled`.
 *
 * @param settled - called when the record is on disk; when it is ok, the id is not known any more
 */
export const appendOnce = <E>(
  path: string,
  options: LockOptions,
  { id, record, settled }: Appending & { readonly settled: () => ResultAsync<void, E> },
): ResultAsync<void, E | FolderError> =>
  withLock(path, options, () =>
    repair(path)
      .andThen((known) => (known === id ? okAsync(undefined) : append(path, { id, record })))
      .mapErr((error): E | FolderError => error)
      .andThen(settled)
      .andThen(() => forget(path)),
  );

/** Cuts off what a crash has left half-written. @errors `folder` */
export const repairMbox = (path: string, options: LockOptions): ResultAsync<void, FolderError> =>
  withLock(path, options, () => repair(path)).map(() => undefined);

interface Pending extends Appending {
  /** Where the record begins. */
  readonly offset: number;
}

/** Beside the mbox, on the same disk. */
const pendingOf = (path: string): string => join(dirname(path), `.${basename(path)}.pending`);

/** @returns the id of the record that is whole, though nobody knows it yet */
const repair = (path: string): ResultAsync<string | undefined, FolderError> =>
  attempt(path, readPending(path)).andThen((pending) =>
    pending === undefined
      ? okAsync(undefined)
      : attempt(path, repairTail(path, pending)).orElse((error) =>
          error.reason === 'missing' ? okAsync(undefined) : errAsync(error),
        ),
  );

const repairTail = (path: string, pending: Pending): Promise<string | undefined> =>
  withFile(path, constants.O_RDWR | constants.O_NOFOLLOW, async (file) => {
    const { size } = await file.stat();
    const { id, record, offset } = pending;
    const tail = await readAt(file, offset, Math.min(record.length, Math.max(0, size - offset)));
    const isOurs = equal(tail, record.subarray(0, tail.length));
    if (isOurs && tail.length === record.length) return id;
    // Where somebody has written behind it, it stays: no mail but ours may be cut off.
    if (isOurs && tail.length > 0 && size === offset + tail.length) {
      await file.truncate(offset);
      await file.sync();
    }
    return undefined;
  });

const append = (path: string, appending: Appending): ResultAsync<void, FolderError> =>
  attempt(path, appendDurably(path, appending));

const APPENDING = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;

const appendDurably = (path: string, { id, record }: Appending): Promise<void> =>
  withFile(path, APPENDING, async (file) => {
    const stats = await file.stat();
    if (!stats.isFile()) throw new TypeError('no plain file');
    const offset = stats.size;
    const whole = concat(await missingEnd(file, offset), record);
    await writePending(path, { id, offset, record: whole });
    try {
      await file.writeFile(whole);
      await file.sync();
    } catch (thrown) {
      await file.truncate(offset).catch(() => undefined);
      throw thrown;
    }
    if (offset === 0) await syncDirectory(dirname(path));
  });

/** What another program has left out at the end: a record begins behind an empty line. */
const missingEnd = async (file: FileHandle, size: number): Promise<Uint8Array> => {
  if (size === 0) return new Uint8Array();
  const [before, last] = await readAt(file, Math.max(0, size - 2), Math.min(2, size));
  const ends = last ?? before;
  if (ends !== LF) return Uint8Array.of(LF, LF);
  return before === LF ? new Uint8Array() : Uint8Array.of(LF);
};

const readAt = async (file: FileHandle, at: number, length: number): Promise<Uint8Array> => {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, at);
  return bytes.subarray(0, bytesRead);
};

/** A line of facts, and the record; the sum tells whether all of it is there. */
const writePending = (path: string, { id, offset, record }: Pending): Promise<void> => {
  const facts = [sumOf(id, offset, record), String(offset), id].join(' ');
  return writeDurably(pendingOf(path), concat(utf8(`${facts}\n`), record));
};

const readPending = async (path: string): Promise<Pending | undefined> => {
  const bytes = await readFile(pendingOf(path)).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf(LF);
  const [, sum = '', digits = '', id = ''] =
    /^(\w+) (\d+) (.*)$/.exec(fromUtf8(bytes.subarray(0, Math.max(0, end)))) ?? [];
  const record = new Uint8Array(bytes.subarray(end + 1));
  const offset = Number(digits);
  return sum === sumOf(id, offset, record) ? { id, offset, record } : undefined;
};

const sumOf = (id: string, offset: number, record: Uint8Array): string =>
  createHash('sha256').update(`${id} ${offset}\n`).update(record).digest('hex');

const forget = (path: string): ResultAsync<void, FolderError> =>
  attempt(path, unlink(pendingOf(path))).orElse((error) =>
    error.reason === 'missing' ? okAsync(undefined) : errAsync(error),
  );
