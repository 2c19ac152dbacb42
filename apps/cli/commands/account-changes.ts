/**
 * `postern account pause`, `resume` and `remove`: an account's life in a running daemon.
 * @module
 */
import type { Command } from 'commander';
import type { ResultAsync } from 'neverthrow';
import { finishWith, type Cli } from '../cli.js';
import { askRunning, daemonConfigOf } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';

interface ChangeOptions {
  readonly config?: string;
}

/** One thing that can be done with an account. */
interface Change {
  readonly verb: 'pause' | 'resume' | 'remove';
  readonly about: string;
  /** Said when it is done. */
  readonly done: (account: string) => string;
}

const CHANGES: readonly Change[] = [
  {
    verb: 'pause',
    about: 'end an account’s connection; its mail is still accepted, kept and read',
    done: (account) => `${account} is paused until it is resumed or the daemon starts again`,
  },
  {
    verb: 'resume',
    about: 'connect a paused account again',
    done: (account) => `${account} connects`,
  },
  {
    verb: 'remove',
    about: 'close an account; what it has on disk stays',
    done: (account) =>
      `${account} is closed; take its [[Account]] out of the configuration to keep it so`,
  },
];

export const addAccountChanges = (account: Command, cli: Cli): void => {
  for (const change of CHANGES) {
    account
      .command(`${change.verb} <address>`)
      .description(change.about)
      .option('-f, --config <file>', 'configuration file')
      .action((address: string, options: ChangeOptions) =>
        finishWith(cli, run(cli, change, { ...options, address })),
      );
  }
};

const run = (
  cli: Cli,
  { verb, done }: Change,
  { address, config }: ChangeOptions & { readonly address: string },
): ResultAsync<void, CliError> =>
  daemonConfigOf(cli, config)
    .andThen((found) => askRunning(found, `accounts.${verb}`, { account: address }))
    .map(() => cli.terminal.print(done(address)));
