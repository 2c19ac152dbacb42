/**
 * `postern account list`: all accounts, and how each is connected.
 * @module
 */
import type { Command } from 'commander';
import { okAsync, type ResultAsync } from 'neverthrow';
import { accountJson } from '../../../bridges/management/shapes.js';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import { withDaemon, type DaemonAsk } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';

interface ListOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export const addAccountList = (account: Command, cli: Cli): void => {
  account
    .command('list')
    .description('list all accounts with their connection')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .action((options: ListOptions) => finishWith(cli, list(cli, options)));
};

const objectsIn = (answer: Json): readonly JsonObject[] =>
  Array.isArray(answer) ? answer.filter((each: Json) => isObject(each)) : [];

const ASK: DaemonAsk<readonly JsonObject[]> = {
  method: 'accounts.status',
  params: {},
  read: objectsIn,
  offline: (client) => okAsync(objectsIn(client.accounts.status().map(accountJson))),
};

const list = (cli: Cli, { config, json }: ListOptions): ResultAsync<void, CliError> =>
  withDaemon(cli, config, ASK).map((found) =>
    printData(cli, found, { json, lines: found.map(lineOf) }),
  );

const lineOf = ({ account, connection, problem }: JsonObject): string => {
  const why = isObject(problem) ? ` (${textOf(problem['kind'])})` : '';
  return `${textOf(account)}: ${textOf(connection)}${why}`;
};
