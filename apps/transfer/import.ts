/**
 * Mails of a Maildir or an mbox, put into an account's inbox; what they come from is only read.
 *
 * A second run goes on where the first has ended: a mail that is in the inbox is not put there again,
 * and of mails with the same bytes each counts.
 * @module
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { err, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import { listNames, readPlainFile, type FolderError } from '../../bridges/files/disk.js';
import { fromFile } from '../../bridges/files/line-ends.js';
import { decodeMbox } from '../../bridges/mbox/format.js';
import type { AccountInbox, AccountInboxError } from './inbox.js';

export type RestoreAllError = AccountInboxError | FolderError;

/** What became of the mails; `bad` names those that are none. */
export interface Restored {
  readonly count: number;
  readonly bad: readonly string[];
}

/** A mail where it lies. */
export interface FoundMail {
  /** For people. */
  readonly name: string;
  readonly read: () => ResultAsync<Uint8Array, FolderError>;
}

/** A mail larger than what fits into a file of ours is none. */
const MAX_LENGTH = 1 << 30;

/** Flags of a mail that somebody has thrown away. */
const TRASHED = /:2,[A-Za-z]*T/;

/** The mails of a Maildir, without its folders, in the order of their names. */
export const mailsInMaildir = (directory: string): ResultAsync<readonly FoundMail[], FolderError> =>
  listNames(join(directory, 'new')).andThen((fresh) =>
    listNames(join(directory, 'cur')).map((seen) =>
      [...fresh.map((name) => join('new', name)), ...seen.map((name) => join('cur', name))]
        .filter((name) => !TRASHED.test(name))
        .sort()
        .map((name) => ({ name, read: () => readMail(join(directory, name)) })),
    ),
  );

/** The mails of an mbox. */
export const mailsInMbox = (path: string): ResultAsync<readonly FoundMail[], FolderError> =>
  readMail(path).map((bytes) =>
    decodeMbox(bytes).map((mail, at) => ({ name: `mail ${at + 1}`, read: () => okAsync(mail) })),
  );

const readMail = (path: string): ResultAsync<Uint8Array, FolderError> =>
  readPlainFile(path, MAX_LENGTH).andThen((content) =>
    content.kind === 'bytes'
      ? ok(content.bytes)
      : err<Uint8Array, FolderError>({ kind: 'folder', path, reason: 'io' }),
  );

/** Puts all of them into an inbox. @errors the first that keeps the others from it too */
export const restoreAll = (
  inbox: AccountInbox,
  mails: readonly FoundMail[],
): ResultAsync<Restored, RestoreAllError> =>
  new ResultAsync(
    (async (): Promise<Result<Restored, RestoreAllError>> => {
      const copies = new Map<string, number>();
      const bad: string[] = [];
      for (const { name, read } of mails) {
        const file = await read();
        if (file.isErr()) return err(file.error);
        const mail = fromFile(file.value);
        const sum = createHash('sha256').update(mail).digest('hex');
        const copy = copies.get(sum) ?? 0;
        copies.set(sum, copy + 1);
        const restored = await inbox.restore(mail, copy);
        if (restored.isErr() && !isBadMail(restored.error)) return err(restored.error);
        if (restored.isErr()) bad.push(name);
      }
      return ok({ count: mails.length - bad.length, bad });
    })(),
  );

const isBadMail = (error: AccountInboxError): boolean =>
  error.kind === 'bad-mail' ||
  (error.kind === 'refused' && JSON.stringify(error.data).includes('"bad-mail"'));
