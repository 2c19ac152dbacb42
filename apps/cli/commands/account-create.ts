/**
 * `postern account create`: one more account beside those of a configuration.
 * @module
 */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { nodeIo } from '../../../src/io/node.js';
import { addAccount, type AddWish } from '../../init/add.js';
import { finishWith, printData, type Cli } from '../cli.js';
import { askRunning, daemonConfigOf } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import { configPath } from '../files.js';
import { createdLines, initialisedJson } from './init.js';

interface CreateFlags extends Omit<AddWish, 'address'> {
  readonly config?: string;
  readonly json?: boolean;
}

export const addAccountCreate = (account: Command, cli: Cli): void => {
  account
    .command('create <address>')
    .description('make one more account: keys, registration, configuration; a second run goes on')
    .option('-f, --config <file>', 'configuration file')
    .option('--network <label>', 'its network, where the configuration has several')
    .option('--provider-key <key>', 'the provider’s identity key; no other is talked to')
    .option('--registration <address>', 'where to register; as the provider says where not given')
    .option('--registration-without-https', 'register over plain HTTP')
    .option('--maildir <dir>', 'file received mail here')
    .option('--insecure-key-discovery', 'use keys of strangers as their providers tell them')
    .option('--json', 'print JSON')
    .action((address: string, flags: CreateFlags) => finishWith(cli, create(cli, address, flags)));
};

const create = (
  cli: Cli,
  address: string,
  { config, json, maildir, ...flags }: CreateFlags,
): ResultAsync<void, CliError> => {
  process.umask(0o077);
  const { terminal } = cli;
  const file = realPath(configPath(terminal, config));
  const io = { ...nodeIo(), log: { write: () => undefined } };
  const wish = {
    ...flags,
    address,
    ...(maildir === undefined ? {} : { maildir: resolve(terminal.workingDirectory, maildir) }),
  };
  return addAccount({ io, tell: (line) => terminal.tell(line) }, file, wish)
    .mapErr((error): CliError => error)
    .andThen((made) =>
      takenOver(cli, file).map((running) =>
        printData(
          cli,
          { ...initialisedJson(made), running },
          {
            json,
            lines: createdLines(made, running),
          },
        ),
      ),
    );
};

/** A link stays one: its file is written. */
const realPath = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};

/** Has a running daemon read the file. @returns whether one runs */
const takenOver = (cli: Cli, file: string): ResultAsync<boolean, CliError> =>
  daemonConfigOf(cli, file)
    .andThen((config) => askRunning(config, 'reload', {}))
    .map(() => true)
    .orElse((error) => (error.kind === 'not-running' ? okAsync(false) : errAsync(error)));
