/**
 * `postern check-config`: the problems of a configuration file, or what it really says.
 * @module
 */
import type { Command } from 'commander';
import { ok, type Result, type ResultAsync } from 'neverthrow';
import { parse, stringify, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { toBase64 } from '../../../src/bytes/text.js';
import { readToml, type ConfigProblem } from '../../config/toml.js';
import { readDaemonConfig } from '../../daemon/config.js';
import { daemonSchema } from '../../daemon/schema.js';
import { readAuthorityConfig, readServerConfig } from '../../node/config.js';
import { authoritySchema, serverSchema } from '../../node/schema.js';
import { finishWith, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';
import { configPath, readConfigFile } from '../files.js';

interface CheckOptions {
  readonly config?: string;
  readonly printEffective?: boolean;
}

type Problems = readonly ConfigProblem[];

/** One kind of file: what tells it from the others, its shape, and all of its rules. */
interface FileKind {
  readonly table: string;
  readonly schema: z.ZodType;
  readonly check: (source: string, file: string) => Result<unknown, Problems>;
}

const DAEMON: FileKind = { table: 'proxy', schema: daemonSchema, check: readDaemonConfig };
const KINDS: readonly FileKind[] = [
  { table: 'authority', schema: authoritySchema, check: readAuthorityConfig },
  { table: 'server', schema: serverSchema, check: readServerConfig },
  DAEMON,
];

export const addCheckConfig = (program: Command, cli: Cli): void => {
  program
    .command('check-config')
    .description('check a configuration file of a daemon, authority, mix or provider')
    .argument('[file]', 'the file; same as --config')
    .option('-f, --config <file>', 'configuration file')
    .option('--print-effective', 'print what it says, with all defaults')
    .action((file: string | undefined, options: CheckOptions) =>
      finishWith(cli, check(cli, file ?? options.config, options)),
    );
};

const check = (
  cli: Cli,
  file: string | undefined,
  { printEffective }: CheckOptions,
): ResultAsync<void, CliError> => {
  const path = configPath(cli.terminal, file);
  return readConfigFile(path, effectiveOf)
    .mapErr((error): CliError => error)
    .map((effective) => {
      cli.terminal.print(printEffective === true ? effective.trimEnd() : `${path}: no problems`);
    });
};

/** The file as it is understood: every default filled in, every key in base64. */
const effectiveOf = (source: string, file: string): Result<string, Problems> => {
  const { schema, check: checkAll } = kindOf(source);
  return checkAll(source, file)
    .andThen(() => readToml(schema, source, file))
    .andThen((read) => ok(stringify(canonical(read))));
};

/** A file that cannot be parsed is as good as any kind's. */
const kindOf = (source: string): FileKind => {
  try {
    const tables = Object.keys(parse(source)).map((name) => name.toLowerCase());
    return KINDS.find(({ table }) => tables.includes(table)) ?? DAEMON;
  } catch (thrown) {
    if (thrown instanceof TomlError) return DAEMON;
    throw thrown;
  }
};

const canonical = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return toBase64(value);
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const present = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(present.map(([name, each]) => [name, canonical(each)]));
};
