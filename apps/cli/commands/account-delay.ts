/**
 * `postern account delay`: whether an account's mail leaves at once, or in batches.
 * @module
 */
import { Argument, type Command } from 'commander';
import type { ResultAsync } from 'neverthrow';
import type { MailDelay } from '../../../src/index.js';
import { finishWith, type Cli } from '../cli.js';
import { withDaemon } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';

interface DelayFlags {
  readonly config?: string;
}

/** What each means to those who choose it. */
const MEANINGS: Readonly<Record<MailDelay, (account: string) => string>> = {
  usual: (account) => `mail of ${account} leaves as soon as it can`,
  batch: (account) => `mail of ${account} waits, and leaves in one batch about once a day`,
};

export const addAccountDelay = (account: Command, cli: Cli): void => {
  account
    .command('delay <address>')
    .description('have mail leave as soon as it can, or in one batch about once a day')
    .addArgument(new Argument('<delay>', 'which of them').choices(Object.keys(MEANINGS)))
    .option('-f, --config <file>', 'configuration file')
    .action((address: string, delay: MailDelay, flags: DelayFlags) =>
      finishWith(cli, setDelay(cli, { ...flags, account: address, delay })),
    );
};

interface Wish extends DelayFlags {
  readonly account: string;
  readonly delay: MailDelay;
}

const setDelay = (cli: Cli, { config, account, delay }: Wish): ResultAsync<void, CliError> =>
  withDaemon(cli, config, {
    method: 'accounts.setDelay',
    params: { account, delay },
    read: () => undefined,
    offline: (client) =>
      client.accounts.setDelay(account, delay).mapErr((error): CliError => error),
  }).map(() => cli.terminal.print(MEANINGS[delay](account)));
