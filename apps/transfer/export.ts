/**
 * An account's received mail as a Maildir or an mbox. Nobody is done with a mail because of it.
 * @module
 */
import { constants } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import {
  attempt,
  makeFolder,
  syncDirectory,
  withFile,
  type FolderError,
} from '../../bridges/files/disk.js';
import { toFile } from '../../bridges/files/line-ends.js';
import { idsIn, putMail } from '../../bridges/maildir/deliver.js';
import { MAILDIR_DIRECTORIES } from '../../bridges/maildir/folder.js';
import { encodeRecord } from '../../bridges/mbox/format.js';
import type { AccountInbox, AccountInboxError, HeldEntry } from './inbox.js';

export type ExportError = AccountInboxError | FolderError;

/** Where mails go; `put` gets each once, in order of arrival. */
type Put = (entry: HeldEntry, mail: Uint8Array) => ResultAsync<void, FolderError>;

/**
 * Writes mails into a Maildir, which is made where it is missing. Those that are there, new or seen,
 * are not written again.
 *
 * @returns how many were written
 */
export const exportToMaildir = (
  directory: string,
  inbox: AccountInbox,
  entries: readonly HeldEntry[],
): ResultAsync<number, ExportError> =>
  makeFolder(directory, MAILDIR_DIRECTORIES)
    .andThen(() => idsIn([directory]))
    .mapErr((error): ExportError => error)
    .andThen((known) => {
      const missing = entries.filter(({ id }) => !known.has(id));
      return putAll(inbox, missing, ({ id, receivedAt }, bytes) =>
        putMail(directory, { id, receivedAt, bytes }),
      );
    });

/**
 * Writes mails into an mbox that is not there yet; it appears when it is whole.
 *
 * @returns how many were written
 */
export const exportToMbox = (
  path: string,
  inbox: AccountInbox,
  entries: readonly HeldEntry[],
): ResultAsync<number, ExportError> => {
  const unfinished = join(dirname(path), `.${basename(path)}.unfinished`);
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW;
  const write = withFile(unfinished, flags, async (file) => {
    const put: Put = ({ receivedAt }, mail) =>
      attempt(path, file.writeFile(encodeRecord(toFile(mail), receivedAt)));
    const written = await putAll(inbox, entries, put);
    await file.sync();
    return written;
  });
  return attempt<Result<number, ExportError>>(path, write)
    .mapErr((error): ExportError => error)
    .andThen((written) => written)
    .andThrough(() => attempt(path, rename(unfinished, path)))
    .andThrough(() => attempt(path, syncDirectory(dirname(path))));
};

const putAll = (
  inbox: AccountInbox,
  entries: readonly HeldEntry[],
  put: Put,
): ResultAsync<number, ExportError> =>
  new ResultAsync(
    (async (): Promise<Result<number, ExportError>> => {
      let count = 0;
      for (const entry of entries) {
        const mail = await inbox.read(entry.id);
        if (mail.isErr()) return err(mail.error);
        if (mail.value === undefined) continue;
        const done = await put(entry, mail.value);
        if (done.isErr()) return err(done.error);
        count++;
      }
      return ok(count);
    })(),
  );
