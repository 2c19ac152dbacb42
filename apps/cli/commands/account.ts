/**
 * `postern account`: an account's keys, what a mail program needs to use it, and its life in a daemon.
 * @module
 */
import type { Command } from 'commander';
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import { nodeIo } from '../../../src/io/node.js';
import type { DaemonConfig } from '../../daemon/config.js';
import { showAccount } from '../../daemon/methods.js';
import { loadPasswords } from '../../daemon/passwords.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import { askDaemon, daemonConfigOf, type DaemonAsk } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import { addAccountChanges } from './account-changes.js';
import { addAccountCreate } from './account-create.js';
import { addAccountDelay } from './account-delay.js';
import { addAccountList } from './account-list.js';
import { addAccountPasswd } from './account-passwd.js';
import { addAccountRemote, showRemote } from './account-remote.js';

interface ShowOptions {
  readonly config?: string;
  readonly account?: string;
  readonly json?: boolean;
  readonly password?: boolean;
  readonly remote?: boolean;
}

export const addAccount = (program: Command, cli: Cli): void => {
  const account = program.command('account').description('accounts of a configuration');
  addAccountCreate(account, cli);
  addAccountList(account, cli);
  account
    .command('show')
    .description('show an account’s public keys, password and listeners')
    .option('-f, --config <file>', 'configuration file')
    .option('--account <address>', 'which account, where there are several')
    .option('--password', 'print the password alone')
    .option('--remote', 'ask its provider what that knows of it, over the network')
    .option('--json', 'print JSON')
    .action((options: ShowOptions) => finishWith(cli, show(cli, options)));
  addAccountPasswd(account, cli);
  addAccountDelay(account, cli);
  addAccountChanges(account, cli);
  addAccountRemote(account, cli);
};

const show = (cli: Cli, options: ShowOptions): ResultAsync<void, CliError> =>
  daemonConfigOf(cli, options.config).andThen((config) =>
    chooseAccount(config, options.account).asyncAndThen((account) =>
      options.remote === true
        ? showRemote(cli, account, options)
        : askDaemon(config, questionOf(account)).map((found) => printShown(cli, found, options)),
    ),
  );

const printShown = (cli: Cli, found: JsonObject, { password, json }: ShowOptions): void => {
  if (password === true) cli.terminal.print(textOf(found['password']));
  else printData(cli, found, { json, lines: linesOf(found) });
};

/** The account that was named, or the only one. */
export const chooseAccount = (
  { client }: DaemonConfig,
  named: string | undefined,
): Result<string, CliError> => {
  const accounts = client.accounts.map(({ user, provider }) => `${user}@${provider}`);
  if (named !== undefined) return ok(named);
  const [only] = accounts;
  return only === undefined || accounts.length > 1
    ? err({ kind: 'which-account', accounts })
    : ok(only);
};

/** The account as `account.show` shows it, with its password and the listeners. */
export const questionOf = (account: string): DaemonAsk<JsonObject> => ({
  method: 'account.show',
  params: { account },
  read: (answer) => (isObject(answer) ? answer : {}),
  offline: (client, config) =>
    loadPasswords(nodeIo(), config.client.dataDir, client.accounts.list())
      .mapErr((error): CliError => error)
      .andThen((passwords): Result<JsonObject, CliError> => {
        const listeners = { smtp: config.smtp, pop3: config.pop3 };
        const shown = showAccount({ client, passwords, listeners }, account);
        return shown === undefined ? err({ kind: 'unknown-account', account }) : ok(shown);
      }),
});

const linesOf = (found: JsonObject): readonly string[] =>
  Object.entries({
    address: found['account'],
    'identity key': found['identityKey'],
    'link key': found['linkKey'],
    delay: delayText(found),
    'SMTP server': found['smtp'],
    'POP3 server': found['pop3'],
    'user name': found['account'],
    password: found['password'],
  }).map(
    ([name, value]) =>
      `${`${name}:`.padEnd(14)} ${value === undefined || value === null ? 'none' : textOf(value)}`,
  );

const delayText = ({ delay = null, nextBatchAtMs }: JsonObject): Json =>
  typeof nextBatchAtMs === 'number'
    ? `${textOf(delay)}, the next at ${new Date(nextBatchAtMs).toISOString()}`
    : delay;
