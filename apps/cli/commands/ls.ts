/**
 * `postern ls nodes`: the network's nodes, as an account's own loops find them.
 * @module
 */
import type { Command } from 'commander';
import type { ResultAsync } from 'neverthrow';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import { askRunning, daemonConfigOf, withoutDocument } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import { chooseAccount } from './account.js';

interface LsFlags {
  readonly config?: string;
  readonly account?: string;
  readonly json?: boolean;
}

export const addLs = (program: Command, cli: Cli): void => {
  program
    .command('ls')
    .description('list what a running daemon knows of the network')
    .command('nodes')
    .description('list the network’s nodes, and whether an account’s own loops come back from them')
    .option('-f, --config <file>', 'configuration file')
    .option('--account <address>', 'whose loops, where there are several accounts')
    .option('--json', 'print JSON')
    .action((flags: LsFlags) => finishWith(cli, listNodes(cli, flags)));
};

const listNodes = (
  cli: Cli,
  { config: told, account: named, json }: LsFlags,
): ResultAsync<void, CliError> =>
  daemonConfigOf(cli, told).andThen((config) =>
    chooseAccount(config, named).asyncAndThen((account) =>
      askRunning(config, 'accounts.nodes', { account })
        .mapErr((error) => withoutDocument(account, error))
        .map(objectsIn)
        .map((nodes) => printData(cli, nodes, { json, lines: nodes.map(lineOf) })),
    ),
  );

const objectsIn = (answer: Json): readonly JsonObject[] =>
  Array.isArray(answer) ? answer.filter((each: Json) => isObject(each)) : [];

const lineOf = ({ name, layer, state, avoided, returned, lost }: JsonObject): string => {
  const place = layer === 'provider' ? 'provider' : `layer ${textOf(layer)}`;
  const loops = `${textOf(returned)} loops came back, ${textOf(lost)} were lost`;
  return `${textOf(name)}: ${place}, ${textOf(state)}, ${loops}${avoided === true ? ', avoided' : ''}`;
};
