/**
 * Configuration files, read for a command.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ResultAsync, type Result } from 'neverthrow';
import type { ConfigProblem } from '../config/toml.js';
import type { ConfigFileError } from '../config/errors.js';
import type { Terminal } from './terminal.js';

/** As the reference's program names it. */
const DEFAULT_FILE = 'katzenpost.toml';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

/** The file that a command means: what it was told, else `POSTERN_CONFIG`, else the default. */
export const configPath = (terminal: Terminal, told: string | undefined): string =>
  resolve(terminal.workingDirectory, told ?? terminal.env['POSTERN_CONFIG'] ?? DEFAULT_FILE);

/** Reads a file and makes a configuration of it. */
export const readConfigFile = <T>(
  path: string,
  read: (source: string, file: string) => Result<T, readonly ConfigProblem[]>,
): ResultAsync<T, ConfigFileError> =>
  readText(path).andThen((source) =>
    read(source, path).mapErr((problems): ConfigFileError => ({
      kind: 'config-problems',
      problems,
    })),
  );

export const readText = (path: string): ResultAsync<string, ConfigFileError> =>
  ResultAsync.fromPromise(readFile(path, 'utf8'), (thrown) => ({
    kind: 'config-file',
    path,
    reason: reasonOf(thrown),
  }));

const reasonOf = (thrown: unknown): string => {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
  return REASONS[code] ?? code;
};
