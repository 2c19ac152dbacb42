/**
 * `postern account passwd`: another password for the mail programs of an account.
 * @module
 */
import type { Command } from 'commander';
import { err, errAsync, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import { fromUtf8 } from '../../../src/bytes/text.js';
import type { JsonObject } from '../../../src/control/json.js';
import { nodeIo } from '../../../src/io/node.js';
import type { Address } from '../../../src/index.js';
import { firstLineOf } from '../../config/passphrase.js';
import { addressOf, type DaemonConfig } from '../../daemon/config.js';
import { makePassword, writePassword } from '../../daemon/passwords.js';
import { finishWith, printData, type Cli } from '../cli.js';
import { askRunning, daemonConfigOf } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import type { Prompter } from '../prompter.js';
import type { Terminal } from '../terminal.js';

interface PasswdFlags {
  readonly config?: string;
  readonly stdin?: boolean;
  readonly json?: boolean;
}

export const addAccountPasswd = (account: Command, cli: Cli): void => {
  account
    .command('passwd <address>')
    .description('make mail programs a new password, and show it')
    .option('-f, --config <file>', 'configuration file')
    .option('--stdin', 'take the first line of standard input, or ask at a terminal')
    .option('--json', 'print JSON')
    .action((address: string, flags: PasswdFlags) => finishWith(cli, passwd(cli, address, flags)));
};

const passwd = (
  cli: Cli,
  named: string,
  { config: file, stdin, json }: PasswdFlags,
): ResultAsync<void, CliError> =>
  daemonConfigOf(cli, file).andThen((config) =>
    accountIn(config, named).asyncAndThen((account) =>
      (stdin === true ? givenTo(cli.terminal) : okAsync(makePassword(nodeIo().random)))
        .andThen((password) => set(config, account, password).map(() => password))
        // Who gave it knows it.
        .map((password) => {
          const shown = stdin === true ? undefined : password;
          printData(cli, jsonOf(account, shown), { json, lines: linesOf(account, shown) });
        }),
    ),
  );

/** An account of the configuration, by any spelling. */
const accountIn = ({ client }: DaemonConfig, named: string): Result<Address, CliError> => {
  const at = named.lastIndexOf('@');
  const place = { user: named.slice(0, Math.max(0, at)), provider: named.slice(at + 1) };
  const wanted = addressOf(client, place).unwrapOr(undefined);
  const known = client.accounts.map((account) => addressOf(client, account).unwrapOr(undefined));
  return wanted !== undefined && known.includes(wanted)
    ? ok(wanted)
    : err({ kind: 'unknown-account', account: named });
};

/** By the daemon, which takes it over at once, or in its place where none runs. */
const set = (
  config: DaemonConfig,
  account: Address,
  password: string,
): ResultAsync<unknown, CliError> =>
  askRunning(config, 'account.setPassword', { account, password }).orElse((error) =>
    error.kind === 'not-running'
      ? writePassword({ ...nodeIo(), dataDir: config.client.dataDir }, account, password).mapErr(
          (failure): CliError => failure,
        )
      : errAsync(error),
  );

const givenTo = (terminal: Terminal): ResultAsync<string, CliError> =>
  terminal.prompter === undefined
    ? ResultAsync.fromSafePromise(terminal.input()).map((bytes) => fromUtf8(firstLineOf(bytes)))
    : new ResultAsync(askTwice(terminal.prompter));

const askTwice = async (prompter: Prompter): Promise<Result<string, CliError>> => {
  const first = await prompter.secret('New password for mail programs');
  if (first === undefined) return err({ kind: 'aborted' });
  const second = await prompter.secret('The same again');
  if (second === undefined) return err({ kind: 'aborted' });
  return first === second ? ok(first) : err({ kind: 'passwords-differ' });
};

const jsonOf = (account: Address, password: string | undefined): JsonObject => ({
  account,
  ...(password === undefined ? {} : { password }),
});

const linesOf = (account: Address, password: string | undefined): readonly string[] => [
  `${account} has a new password for mail programs${password === undefined ? '' : `: ${password}`}`,
];
