/**
 * `postern daemon`: runs a client with its bridges until it is told to end.
 * @module
 */
import type { Command } from 'commander';
import type { ResultAsync } from 'neverthrow';
import { toBase64 } from '../../../src/bytes/text.js';
import { nodeIo } from '../../../src/io/node.js';
import type { DaemonConfig } from '../../daemon/config.js';
import { generateKeys } from '../../daemon/daemon.js';
import { readConfigured } from '../../daemon/reload-plan.js';
import { runDaemon } from '../../daemon/run.js';
import { finishWith, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';
import { configPath, readConfigFile } from '../files.js';
import {
  referenceName,
  registerOptions,
  registerPlaces,
  registerWish,
  type RegisterFlags,
} from '../reference-flags.js';
import { makeAccount } from './init.js';

interface DaemonOptions extends RegisterFlags {
  readonly config?: string;
  readonly generate?: boolean;
  readonly register?: boolean;
  readonly unsafeDebug?: boolean;
}

export const addDaemon = (program: Command, cli: Cli): void => {
  const command = program
    .command('daemon')
    .description('run the mail daemon: SMTP, POP3, Maildir and drop folder over the mix network')
    .option('-f, --config <file>', 'configuration file')
    .option('-g, --generate', 'make the keys that are missing, print the public ones, and end')
    .option('-r, --register', 'make and register an account as mailproxy does, and end')
    .option('--unsafe-debug', 'print names and keys in the log');
  for (const option of registerOptions()) command.addOption(option);
  command.action((options: DaemonOptions) =>
    finishWith(cli, options.register ? register(cli, options) : daemon(cli, options)),
  );
};

const register = (cli: Cli, flags: DaemonOptions): ResultAsync<void, CliError> =>
  makeAccount(cli, {
    places: registerPlaces(cli.terminal.workingDirectory, flags.dataDir),
    wish: registerWish(flags),
    mayAsk: false,
    json: false,
  }).mapErr((error) =>
    error.kind === 'usage' ? { ...error, option: referenceName(error.option) } : error,
  );

const daemon = (cli: Cli, options: DaemonOptions): ResultAsync<void, CliError> => {
  const path = configPath(cli.terminal, options.config);
  const read = () => readConfigFile(path, readConfigured);
  return read().andThen((configured): ResultAsync<void, CliError> => {
    process.umask(0o077);
    const { config } = configured;
    if (options.generate || config.generateOnly) return generate(cli, config);
    const unsafeDebug = options.unsafeDebug ?? false;
    return runDaemon({ configured, read, unsafeDebug, env: cli.terminal.env });
  });
};

const generate = ({ terminal }: Cli, config: DaemonConfig): ResultAsync<void, CliError> =>
  generateKeys(config, { io: nodeIo() }).map((keys) => {
    for (const [account, key] of keys) terminal.print(`${account} ${toBase64(key)}`);
  });
