/**
 * Bridge passwords: what a mail program on this machine logs in with, one per account.
 *
 * They are made here, or given by the account's owner; whoever may read the account's directory may
 * read them.
 * @module
 */
import { err, errAsync, okAsync, ResultAsync } from 'neverthrow';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/text.js';
import { fileNameOf } from '../../src/client/account/plan.js';
import type { Files, FilesError, Random } from '../../src/io/contracts.js';
import type { Address } from '../../src/index.js';

const PASSWORD_BYTES = 12;
/** No spaces, and nothing that programs write in different ways. */
const USABLE = /^[\x21-\x7e]{8,128}$/;

/** A password that mail programs could not be given. */
export interface BadPassword {
  readonly kind: 'bad-password';
}

/** Where the accounts keep their directories. */
export interface PasswordPlace {
  readonly files: Files;
  readonly dataDir: string;
}

/** A new one, of 96 bits. */
export const makePassword = (random: Random): string => toHex(random(PASSWORD_BYTES));

/**
 * Puts a password in the place of an account's; durable when ok.
 *
 * @param account - its normalised address
 * @errors `bad-password`: it has not 8 to 128 visible characters of ASCII
 */
export const writePassword = (
  { files, dataDir }: PasswordPlace,
  account: Address,
  password: string,
): ResultAsync<void, FilesError | BadPassword> => {
  if (!USABLE.test(password)) return errAsync({ kind: 'bad-password' });
  const directory = `${dataDir}/${fileNameOf(account)}`;
  return files
    .makeDirectory(directory)
    .andThen(() => files.write(passwordFile(directory), utf8(`${password}\n`)));
};

const passwordFile = (directory: string): string => `${directory}/bridge.password`;

/** The passwords of these accounts; missing ones are made. */
export const loadPasswords = (
  deps: { readonly files: Files; readonly random: Random },
  dataDir: string,
  accounts: readonly Address[],
): ResultAsync<ReadonlyMap<Address, string>, FilesError> =>
  ResultAsync.combine(
    accounts.map((account) =>
      loadPassword(deps, passwordFile(`${dataDir}/${fileNameOf(account)}`)).map(
        (password) => [account, password] as const,
      ),
    ),
  ).map((entries) => new Map(entries));

const loadPassword = (
  { files, random }: { readonly files: Files; readonly random: Random },
  path: string,
): ResultAsync<string, FilesError> =>
  files
    .read(path)
    .map((bytes) => fromUtf8(bytes).trim())
    .orElse((error) => (error.reason === 'missing' ? okAsync('') : err(error)))
    .andThen((kept) => {
      if (kept !== '') return okAsync(kept);
      const made = makePassword(random);
      return files.write(path, utf8(`${made}\n`)).map(() => made);
    });
