/**
 * A Maildir on disk: mails put into it and moved within, so that a crash loses or doubles none.
 *
 * Source: https://cr.yp.to/proto/maildir.html
 * @module
 */
import { rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResultAsync } from 'neverthrow';
import {
  attempt,
  makeFolder,
  syncDirectory,
  writeDurably,
  type FolderError,
} from '../files/disk.js';

export const MAILDIR_DIRECTORIES = ['tmp', 'new', 'cur'] as const;

/**
 * Puts a file into `new/` by way of `tmp/`, over one of its name.
 *
 * @returns when the file and its name are on disk
 */
export const deposit = (
  folder: string,
  name: string,
  bytes: Uint8Array,
  modifiedMs?: number,
): ResultAsync<void, FolderError> =>
  attempt(folder, writeDurably(join(folder, 'tmp', name), bytes, modifiedMs))
    .andThen(() => attempt(folder, rename(join(folder, 'tmp', name), join(folder, 'new', name))))
    .andThen(() => attempt(folder, syncDirectory(join(folder, 'new'))));

/**
 * Makes a folder within a Maildir++; the empty file is what marks it as one.
 *
 * @returns its path
 */
export const makeFolderWithin = (root: string, name: string): ResultAsync<string, FolderError> => {
  const folder = join(root, name);
  return makeFolder(folder, MAILDIR_DIRECTORIES)
    .andThen(() =>
      attempt(folder, writeFile(join(folder, 'maildirfolder'), '', { flag: 'a', mode: 0o600 })),
    )
    .map(() => folder);
};

/** Removes a file for good. */
export const removeFile = (directory: string, name: string): ResultAsync<void, FolderError> =>
  attempt(join(directory, name), unlink(join(directory, name))).andThen(() =>
    attempt(directory, syncDirectory(directory)),
  );
