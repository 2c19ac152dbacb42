/**
 * `postern check-config`: the problems of a configuration file, or what it really says.
 *
 * It reads the file, and the key files that it names; nothing is written, made or connected to.
 * @module
 */
import type { Command } from 'commander';
import { errAsync, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { stringify } from 'smol-toml';
import { canonicalOf, type Table } from '../../config/canonical.js';
import { fileKindOf, type FileKind } from '../../config/kind.js';
import { describeProblem, readToml, type ConfigProblem } from '../../config/toml.js';
import { readDaemonConfig } from '../../daemon/config.js';
import { completeDaemonFile } from '../../daemon/effective.js';
import { daemonSchema } from '../../daemon/schema.js';
import { authoritySchema } from '../../node/authority-schema.js';
import { readAuthorityConfig, readServerConfig } from '../../node/config.js';
import { completeAuthorityFile, completeServerFile } from '../../node/effective.js';
import { serverSchema } from '../../node/schema.js';
import { finishWith, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';
import { configPath, readConfigFile } from '../files.js';

interface CheckOptions {
  readonly config?: string;
  readonly printEffective?: boolean;
  readonly json?: boolean;
}

interface Checked {
  readonly effective: Table;
  readonly warnings: readonly ConfigProblem[];
}

type Reader = (source: string, file: string) => Result<Checked, readonly ConfigProblem[]>;

/** All rules first, then the file with everything filled in. */
const READERS: Readonly<Record<FileKind, Reader>> = {
  daemon: (source, file) =>
    readDaemonConfig(source, file)
      .andThen(() => readToml(daemonSchema, source, file))
      .map((read) => canonicalOf(daemonSchema, completeDaemonFile(read)))
      .map((effective) => ({ effective, warnings: [] })),
  authority: (source, file) =>
    readAuthorityConfig(source, file).andThen(({ warnings }) =>
      readToml(authoritySchema, source, file)
        .map((read) => canonicalOf(authoritySchema, completeAuthorityFile(read)))
        .map((effective) => ({ effective, warnings })),
    ),
  server: (source, file) =>
    readServerConfig(source, file).andThen(({ warnings }) =>
      readToml(serverSchema, source, file)
        .map((read) => canonicalOf(serverSchema, completeServerFile(read)))
        .map((effective) => ({ effective, warnings })),
    ),
};

export const addCheckConfig = (program: Command, cli: Cli): void => {
  program
    .command('check-config')
    .description('check a configuration file of a daemon, authority, mix or provider')
    .argument('[file]', 'the file; same as --config')
    .option('-f, --config <file>', 'configuration file')
    .option('--print-effective', 'print what it says, with all defaults')
    .option('--json', 'print JSON')
    .action((file: string | undefined, options: CheckOptions) =>
      finishWith(cli, checkFile(cli, configPath(cli.terminal, file ?? options.config), options)),
    );
};

/** Checks one file, whosever it is. */
export const checkFile = (
  cli: Cli,
  path: string,
  options: Omit<CheckOptions, 'config'>,
): ResultAsync<void, CliError> =>
  readConfigFile(path, (source, name) => READERS[fileKindOf(source)](source, name))
    .mapErr((error): CliError => error)
    .map((checked) => show(cli, path, { checked, options }))
    .orElse((error) => {
      if (options.json === true && error.kind === 'config-problems') {
        cli.terminal.print(JSON.stringify({ file: path, problems: error.problems.map(plain) }));
      }
      return errAsync(error);
    })
    .andThen(() => okAsync(undefined));

const plain = ({ line, key, problem }: ConfigProblem) => ({ line, key, problem });

const show = (
  { terminal, emit }: Cli,
  path: string,
  {
    checked,
    options,
  }: { readonly checked: Checked; readonly options: Omit<CheckOptions, 'config'> },
): void => {
  const { effective, warnings } = checked;
  const { printEffective = false, json = false } = options;
  emit({ type: 'data', data: { file: path, problems: [] } });
  if (json) {
    const said = printEffective ? { effective } : {};
    const warned = warnings.length > 0 ? { warnings: warnings.map(plain) } : {};
    terminal.print(JSON.stringify({ file: path, problems: [], ...warned, ...said }));
    return;
  }
  for (const warning of warnings) terminal.tell(`warning: ${describeProblem(warning)}`);
  terminal.print(printEffective ? stringify(effective).trimEnd() : `${path}: no problems`);
};
