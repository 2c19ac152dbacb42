/**
 * What became of a dropped file, as folders that every mail program can open: `.Queued`, `.Sent`
 * and `.Failed` beneath the drop folder, made when they are needed.
 *
 * A file is moved and never copied, so that its bytes are its owner's to the last, and so that it
 * stays the same file to `identityOf`: wherever a crash leaves it, its mail is not sent again.
 *
 * Source: http://www.courier-mta.org/imap/README.maildirquota.html, "Maildir++"
 * @module
 */
import { createHash } from 'node:crypto';
import { lstat, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { err, errAsync, ok, okAsync, type ResultAsync } from 'neverthrow';
import type { Address } from '../../src/index.js';
import { attempt, FLAGS, identityOf, type FolderError } from '../files/disk.js';
import { toLf } from '../files/line-ends.js';
import { refusalReport } from '../files/refusal.js';
import { isQueued, type DroppedFile } from './drop-files.js';
import { deposit, makeFolderWithin } from './folder.js';

export const QUEUED = '.Queued';
export const SENT = '.Sent';
export const FAILED = '.Failed';

/** Octets of a file's own name that are kept in a longer one. */
const KEPT_NAME_LENGTH = 180;

/**
 * Moves a file whose mail was accepted to `.Sent`, seen. The first of its ids names it, as
 * `postern queue` does; no other file ever gets that name.
 *
 * @errors `folder` — `missing`: it is not where it was any more
 */
export const moveToSent = (
  root: string,
  file: DroppedFile,
  messageId: string,
): ResultAsync<void, FolderError> =>
  move(file.path, { root, folder: SENT, place: `cur/0.${messageId}.localhost:2,S` });

/** Moves a file to `.Queued`, unless it lies there or one of its name does: then it stays. */
export const moveToQueued = (root: string, file: DroppedFile): ResultAsync<void, FolderError> => {
  if (isQueued(root, file)) return okAsync(undefined);
  const place = `cur/${file.name.replace(FLAGS, '')}:2,`;
  return isThere(join(root, QUEUED, place)).andThen((isTaken) =>
    isTaken ? okAsync(undefined) : move(file.path, { root, folder: QUEUED, place }),
  );
};

const isThere = (path: string): ResultAsync<boolean, FolderError> =>
  attempt(path, lstat(path))
    .map(() => true)
    .orElse((error) => (error.reason === 'missing' ? ok(false) : err(error)));

/** Why a file cannot be sent, for the person who dropped it. */
export interface Refused {
  readonly account: Address;
  readonly reason: string;
  readonly nowMs: number;
  /** Absent where there was nothing to read: a link, a device, something too large. */
  readonly mail: Uint8Array | undefined;
  /** Mail programs must not open it: reading a pipe never ends. */
  readonly isOdd: boolean;
}

/**
 * Moves a file to `.Failed`, a report beside it; the report comes first, so nobody finds one without
 * the other.
 */
export const moveToFailed = (
  root: string,
  file: DroppedFile,
  refused: Refused,
): ResultAsync<void, FolderError> =>
  attempt(file.path, lstat(file.path, { bigint: true })).andThen((stats) => {
    const tag = tagOf(identityOf(file.name, stats));
    const name = `${shortened(file.name.replace(FLAGS, ''))}.${tag}`;
    const report = toLf(refusalReport({ ...refused, name, tag }));
    const place = refused.isOdd ? name : `new/${name}`;
    return makeFolderWithin(root, FAILED)
      .andThen((folder) => deposit(folder, `${name}.report`, report))
      .andThen(() => move(file.path, { root, folder: FAILED, place }));
  });

const tagOf = (identity: string): string =>
  createHash('sha256').update(identity).digest('hex').slice(0, 12);

const shortened = (name: string): string =>
  Buffer.from(name).subarray(0, KEPT_NAME_LENGTH).toString();

interface Destination {
  readonly root: string;
  readonly folder: string;
  /** Within the folder. */
  readonly place: string;
}

/** A rename that a crash undoes is made again, so nothing waits for the disk here. */
const move = (
  path: string,
  { root, folder, place }: Destination,
): ResultAsync<void, FolderError> => {
  const moved = () => attempt(path, rename(path, join(root, folder, place)));
  return moved().orElse((error) =>
    error.reason === 'missing' ? makeFolderWithin(root, folder).andThen(moved) : errAsync(error),
  );
};
