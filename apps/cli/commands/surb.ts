/**
 * `postern surb`: reply blocks, made here for others, and those of others looked at.
 * @module
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { ResultAsync } from 'neverthrow';
import { fromUtf8 } from '../../../src/bytes/text.js';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import { nodeIo } from '../../../src/io/node.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import { askDaemon, askRunning, daemonConfigOf, withoutDocument } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import { chooseAccount } from './account.js';

interface NewFlags {
  readonly config?: string;
  readonly account?: string;
  readonly via?: string;
  readonly json?: boolean;
}

type InspectFlags = Pick<NewFlags, 'config' | 'json'>;

export const addSurb = (program: Command, cli: Cli): void => {
  const surb = program
    .command('surb')
    .description('reply blocks: each lets one mail come from somebody who learns no address');
  surb
    .command('new')
    .description('make a reply block by a running daemon, and print it')
    .option('-f, --config <file>', 'configuration file')
    .option('--account <address>', 'who gets the answer, where there are several accounts')
    .option('--via <provider>', 'the provider of whoever shall answer; default the account’s own')
    .option('--json', 'print JSON')
    .action((flags: NewFlags) => finishWith(cli, make(cli, flags)));
  surb
    .command('inspect')
    .description('show what a reply block says of itself, and whether it was used from here')
    .argument('[file]', 'its text form; standard input where none is named')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .action((file: string | undefined, flags: InspectFlags) =>
      finishWith(cli, inspect(cli, file, flags)),
    );
};

const make = (cli: Cli, { config: told, account: named, via, json }: NewFlags) =>
  daemonConfigOf(cli, told).andThen((config) =>
    chooseAccount(config, named).asyncAndThen((account) =>
      askRunning(config, 'surbs.make', { account, ...(via === undefined ? {} : { via }) })
        .mapErr((error) => withoutDocument(account, error))
        .map(objectOf)
        .map((made) =>
          printData(cli, made, { json, lines: [textOf(made['text'] ?? '').trimEnd()] }),
        ),
    ),
  );

const inspect = (
  cli: Cli,
  file: string | undefined,
  { config: told, json }: InspectFlags,
): ResultAsync<void, CliError> =>
  daemonConfigOf(cli, told).andThen((config) =>
    blockText(cli, file)
      .andThen((block) =>
        askDaemon(config, {
          method: 'surbs.inspect',
          params: { block },
          read: objectOf,
          offline: (client) =>
            client.replyBlocks
              .inspect(block)
              .map((facts): JsonObject => ({ ...facts }))
              .mapErr((error): CliError => error),
        }),
      )
      .map((facts) => printData(cli, facts, { json, lines: linesOf(facts) })),
  );

/** A reply block's text, of a file or from standard input. */
export const blockText = (cli: Cli, file: string | undefined): ResultAsync<string, CliError> => {
  const { terminal } = cli;
  if (file === undefined) return ResultAsync.fromSafePromise(terminal.input()).map(fromUtf8);
  return nodeIo()
    .files.read(resolve(terminal.workingDirectory, file))
    .mapErr((error): CliError => error)
    .map(fromUtf8);
};

const objectOf = (answer: Json): JsonObject => (isObject(answer) ? answer : {});

const linesOf = ({ via, hops, validFrom, expiresAt, isExpired, isUsed }: JsonObject) => [
  `via: ${textOf(via)}`,
  `hops: ${textOf(hops)}`,
  `valid from: ${timeOf(validFrom)}`,
  `expires: ${timeOf(expiresAt)}${isExpired === true ? ' (expired)' : ''}`,
  `used: ${isUsed === true ? 'yes' : 'no'}`,
];

const timeOf = (ms: Json | undefined): string => new Date(Number(ms)).toISOString();
