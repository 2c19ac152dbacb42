/**
 * `postern node ROLE start`: runs a part, here or in the background.
 * @module
 */
import type { Command } from 'commander';
import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { toBase64 } from '../../../../src/bytes/text.js';
import { nodeIo } from '../../../../src/io/node.js';
import { levelNamed, type LoggingConfig } from '../../../config/logging.js';
import { startInBackground } from '../../../node/background.js';
import type { NodeConfig } from '../../../node/config.js';
import { readConfiguredNode } from '../../../node/configured.js';
import type { Role } from '../../../node/role.js';
import { generateIdentity } from '../../../node/run.js';
import { finishWith, type Cli } from '../../cli.js';
import type { CliError } from '../../errors.js';
import { readConfigFile, roleConfigPath } from '../../files.js';
import { configuredOf, quietly, type NodeFlags } from './config.js';
import { guardFiles, serve } from './serve.js';

interface StartFlags extends NodeFlags {
  readonly generate?: boolean;
  readonly daemon?: boolean;
  readonly nodaemon?: boolean;
  readonly echo?: boolean;
  readonly severity?: string;
}

export const addStart = (command: Command, cli: Cli, role: Role): void => {
  command
    .command('start')
    .alias('run')
    .description('run it, until it is told to end')
    .option('-f, --config <file>', 'configuration file')
    .option('-g, --generate', 'make the keys that are missing, print the public one, and end')
    .option('--daemon', 'in the background; returns when it is ready')
    .option('--nodaemon', 'in the foreground, whatever the file says')
    .option('--echo', 'print the log on standard output too')
    .option('-Q, --quiet', 'print nothing but errors')
    .option('--severity <level>', 'log from this level on: ERROR, WARNING, NOTICE, INFO, DEBUG')
    .action((flags: StartFlags) => finishWith(cli, start(quietly(cli, flags.quiet), role, flags)));
};

const start = (cli: Cli, role: Role, flags: StartFlags): ResultAsync<void, CliError> => {
  const problem = problemWith(flags);
  if (problem !== undefined) return errAsync(problem);
  const file = roleConfigPath(cli.terminal, role, flags.config);
  const read = () => readConfigFile(file, readConfiguredNode(role));
  return configuredOf(cli, role, flags.config).andThen(
    (configured): ResultAsync<void, CliError> => {
      process.umask(0o077);
      const { config } = configured;
      if (flags.generate || config.generateOnly) return generate(cli, config);
      const inBackground = flags.daemon ?? (flags.nodaemon === true ? false : config.inBackground);
      return inBackground
        ? background(cli, config, flags)
        : serve(cli, { configured, read, logging: (of) => loggingWith(of, flags) });
    },
  );
};

const problemWith = ({ daemon, nodaemon, severity }: StartFlags): CliError | undefined => {
  if (daemon === true && nodaemon === true) {
    return { kind: 'usage', option: '--nodaemon', problem: 'cannot be given with --daemon' };
  }
  if (severity === undefined || levelNamed(severity) !== undefined) return undefined;
  const problem = 'must be one of ERROR, WARNING, NOTICE, INFO, DEBUG';
  return { kind: 'usage', option: '--severity', problem };
};

/** The file's `[Logging]`, and what the command line makes of it. */
const loggingWith = (
  config: LoggingConfig,
  { echo = false, quiet = false, severity }: StartFlags,
): LoggingConfig => ({
  ...config,
  level: (severity === undefined ? undefined : levelNamed(severity)) ?? config.level,
  echo,
  quiet,
});

const generate = (cli: Cli, config: NodeConfig): ResultAsync<void, CliError> => {
  const io = nodeIo();
  return guardFiles(cli, config, io.log)
    .andThen(() => generateIdentity(config, io))
    .map((key) => cli.terminal.print(toBase64(key)));
};

const background = (
  cli: Cli,
  config: NodeConfig,
  { config: told, severity }: StartFlags,
): ResultAsync<void, CliError> => {
  const file = roleConfigPath(cli.terminal, config.kind, told);
  const level = severity === undefined ? [] : ['--severity', severity];
  const words = ['node', config.kind, 'start', '--nodaemon', '-f', file, ...level];
  return guardFiles(cli, config, nodeIo().log)
    .andThen(() => startInBackground(words, config.dataDir))
    .andThen(({ pid, addresses }) => {
      cli.emit({ type: 'ready', pid, addresses: [...addresses] });
      cli.terminal.print(`process ${pid} listens on ${addresses.join(' ')}`);
      return okAsync(undefined);
    });
};
