/**
 * `postern import --maildir` and `--mbox`: mails put into an account's inbox.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { mailsInMaildir, mailsInMbox, restoreAll, type Restored } from '../../transfer/import.js';
import { printData, type Cli } from '../cli.js';
import { daemonConfigOf } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import { placeOf, withInbox, type PlaceFlags } from './transfer.js';

export interface ImportMailFlags extends PlaceFlags {
  readonly config?: string;
  readonly account?: string;
  readonly json?: boolean;
}

export const importMails = (cli: Cli, flags: ImportMailFlags): ResultAsync<void, CliError> =>
  placeOf(flags, cli.terminal.workingDirectory).asyncAndThen(({ kind, path }) =>
    (kind === 'maildir' ? mailsInMaildir(path) : mailsInMbox(path))
      .mapErr((error): CliError => error)
      .andThen((mails) =>
        daemonConfigOf(cli, flags.config).andThen((config) =>
          withInbox(config, flags.account, (inbox) => restoreAll(inbox, mails)),
        ),
      )
      .andThen((restored) => tell(cli, flags, restored)),
  );

const tell = (cli: Cli, { json }: ImportMailFlags, restored: Restored): Result<void, CliError> => {
  const { count, bad } = restored;
  for (const name of bad) cli.terminal.tell(`${name}: this is no mail`);
  printData(cli, { imported: count }, { json, lines: [`${count} in the inbox`] });
  return bad.length > 0 ? err({ kind: 'import-incomplete', problems: bad.length }) : ok(undefined);
};
