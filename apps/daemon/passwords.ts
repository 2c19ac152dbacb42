/**
 * Bridge passwords: what a mail program on this machine logs in with, one per account.
 *
 * They are made here and never change; whoever may read the account's directory may read them.
 * @module
 */
import { err, okAsync, ResultAsync } from 'neverthrow';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/text.js';
import { fileNameOf } from '../../src/client/account/plan.js';
import type { Files, FilesError, Random } from '../../src/io/contracts.js';
import type { Address } from '../../src/index.js';

const PASSWORD_BYTES = 12;

/** The passwords of these accounts; missing ones are made. */
export const loadPasswords = (
  deps: { readonly files: Files; readonly random: Random },
  dataDir: string,
  accounts: readonly Address[],
): ResultAsync<ReadonlyMap<Address, string>, FilesError> =>
  ResultAsync.combine(
    accounts.map((account) =>
      loadPassword(deps, `${dataDir}/${fileNameOf(account)}/bridge.password`).map(
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
      const made = toHex(random(PASSWORD_BYTES));
      return files.write(path, utf8(`${made}\n`)).map(() => made);
    });
