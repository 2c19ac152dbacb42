/**
 * Configuration files, read for a command.
 * @module
 */
import { resolve } from 'node:path';
import { okAsync, type Result, type ResultAsync } from 'neverthrow';
import { fromUtf8 } from '../../src/bytes/text.js';
import type { ConfigFileError } from '../config/errors.js';
import { plainFileProblem, readPlainFile } from '../config/plain-file.js';
import type { ConfigProblem } from '../config/toml.js';
import type { Terminal } from './terminal.js';

/** As the reference's program names it. */
const DEFAULT_FILE = 'katzenpost.toml';

/** The file that a command means: what it was told, else `POSTERN_CONFIG`, else the default. */
export const configPath = (terminal: Terminal, told: string | undefined): string =>
  resolve(terminal.workingDirectory, told ?? terminal.env['POSTERN_CONFIG'] ?? DEFAULT_FILE);

/** Reads a file and makes a configuration of it. */
export const readConfigFile = <T>(
  path: string,
  read: (source: string, file: string) => Result<T, readonly ConfigProblem[]>,
): ResultAsync<T, ConfigFileError> =>
  readText(path).asyncAndThen((source) =>
    read(source, path)
      .mapErr((problems): ConfigFileError => ({ kind: 'config-problems', problems }))
      .asyncAndThen((config) => okAsync(config)),
  );

/** What a plain file says; nothing else is read, so that no command and no daemon waits for ever. */
const readText = (path: string): Result<string, ConfigFileError> =>
  readPlainFile(path)
    .map(fromUtf8)
    .mapErr((problem) => ({ kind: 'config-file', path, reason: plainFileProblem(problem) }));
