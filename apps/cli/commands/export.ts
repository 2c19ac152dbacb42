/**
 * `postern export`: an account's received mail as a Maildir or an mbox.
 * @module
 */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import type { DaemonConfig } from '../../daemon/config.js';
import { exportToMaildir, exportToMbox } from '../../transfer/export.js';
import { heldBy } from '../../transfer/inbox.js';
import { finishWith, printData, type Cli } from '../cli.js';
import { daemonConfigOf } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import {
  placeOf,
  readersOf,
  refuseOutgoing,
  withInbox,
  type Place,
  type PlaceFlags,
} from './transfer.js';

interface ExportFlags extends PlaceFlags {
  readonly config?: string;
  readonly account?: string;
  readonly json?: boolean;
}

export const addExport = (program: Command, cli: Cli): void => {
  program
    .command('export')
    .description('write an account’s received mail into a Maildir or mbox; it stays received')
    .option('-f, --config <file>', 'configuration file')
    .option('--account <address>', 'which account, where there are several')
    .option('--maildir <dir>', 'a Maildir; mail that is there already is not written again')
    .option('--mbox <file>', 'an mbox, which must not be there yet')
    .option('--json', 'print JSON')
    .action((flags: ExportFlags) => finishWith(cli, runExport(cli, flags)));
};

const runExport = (cli: Cli, flags: ExportFlags): ResultAsync<void, CliError> => {
  process.umask(0o077);
  return placeOf(flags, cli.terminal.workingDirectory).asyncAndThen((place) =>
    daemonConfigOf(cli, flags.config)
      .andThen((config) => refuseOutgoing(config, place).map(() => config))
      .andThen((config) => refuseExisting(place).map(() => config))
      .andThen((config) => write(config, flags.account, place))
      .map((exported) =>
        printData(cli, { exported }, { json: flags.json, lines: [`${exported} written`] }),
      ),
  );
};

/** An mbox holds no names, so what is there already could not be told from what is not. */
const refuseExisting = ({ kind, path }: Place): Result<void, CliError> =>
  kind === 'mbox' && existsSync(path)
    ? err({ kind: 'usage', option: '--mbox', problem: `${path} is there already` })
    : ok(undefined);

const write = (
  config: DaemonConfig,
  named: string | undefined,
  { kind, path }: Place,
): ResultAsync<number, CliError> =>
  withInbox(config, named, (inbox, account) =>
    heldBy(inbox, readersOf(config, account))
      .mapErr((error): CliError => error)
      .andThen((entries) =>
        kind === 'maildir'
          ? exportToMaildir(path, inbox, entries)
          : exportToMbox(path, inbox, entries),
      ),
  );
