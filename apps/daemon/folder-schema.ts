/**
 * The keys of an account that say where its mail lies for mail programs.
 * @module
 */
import * as z from 'zod';
import { normaliseAddress } from '../../src/mail/address.js';
import { normaliseDomain } from '../../src/mail/domain.js';
import { optionalPath } from '../config/keys.js';
import { exitSchema } from './exit-schema.js';

/** As people write it: the side behind the `@` alone means everybody there. */
const isSender = (text: string): boolean =>
  text.startsWith('@')
    ? normaliseDomain(text.slice(1)) !== undefined
    : normaliseAddress(text).isOk();

const FOLDER_NAME = /^[^./\p{Cc}][^/\p{Cc}]*$/u;
const MAX_FOLDER_LENGTH = 100;

/** Names within, between the dots, must not be empty either. */
const isFolderName = (name: string): boolean =>
  FOLDER_NAME.test(name) &&
  !name.includes('..') &&
  !name.endsWith('.') &&
  Buffer.byteLength(name) <= MAX_FOLDER_LENGTH;

const rule = z.strictObject({
  Sender: z
    .string()
    .refine(isSender, { error: 'must be an address, or @ and a provider’s name' })
    .optional()
    .describe('sealed by the key of this address; `"@provider"`: of anybody there'),
  Known: z.boolean().optional().describe('`true`: sealed by a key whose address is known'),
  Verified: z
    .boolean()
    .optional()
    .describe('`true`: sealed by a key whose fingerprint was compared'),
  Report: z.boolean().optional().describe('`true`: a report made here, such as a bounce'),
  Folder: z
    .string()
    .refine(isFolderName, { error: 'must be a name such as Friends, or Lists.postern' })
    .describe('where it goes: `"Friends"` is the folder `.Friends` of the Maildir'),
});

/** Keys of `[[Account]]`. */
export const folderKeys = {
  Maildir: optionalPath.describe(
    'received mail becomes files here; the account’s own, and apart from every `DropFolder`',
  ),
  Rule: z.array(rule).default([]).describe('which mail goes into folders of the Maildir'),
  PostDeliver: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'run when mail was delivered into the Maildir or mbox: a program and its arguments, such as ' +
        '`["notmuch", "new"]`',
    ),
  DropFolder: optionalPath.describe(
    'what is put in here is sent; `.Sent`, `.Failed` and `.Queued` in it tell what became of it; the ' +
      'account’s own',
  ),
  DropFolderKeep: z.boolean().default(true).describe('`false`: sent mail is removed, not kept'),
  Mbox: optionalPath.describe('received mail is appended to this mbox; the account’s own'),
  DropMbox: optionalPath.describe(
    'mail that is appended to this mbox is sent; the mboxes `.sent` and `.failed` beside it tell what ' +
      'became of it; the account’s own',
  ),
  Exit: z.array(exitSchema).default([]).describe('where received mail goes on to'),
};
