/**
 * Configuration files, read for a command.
 * @module
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { okAsync, type Result, type ResultAsync } from 'neverthrow';
import { fromUtf8 } from '../../src/bytes/text.js';
import type { ConfigFileError } from '../config/errors.js';
import { plainFileProblem, readPlainFile } from '../config/plain-file.js';
import type { ConfigProblem } from '../config/toml.js';
import type { Role } from '../node/role.js';
import { CONFIG_FILE, defaultDirectory } from './places.js';
import type { Terminal } from './terminal.js';

/** As the reference's program names it. */
const DEFAULT_FILE = 'katzenpost.toml';

/** The file that a command means: what it was told, else `POSTERN_CONFIG`. */
const namedPath = (terminal: Terminal, told: string | undefined): string | undefined => {
  const named = told ?? terminal.env['POSTERN_CONFIG'];
  return named === undefined ? undefined : resolve(terminal.workingDirectory, named);
};

/** Where a role's file is looked for, in this order, when nobody names one. */
export const nodeSearchPath = (terminal: Terminal, role: Role): readonly string[] => {
  const home = terminal.env['HOME'] ?? homedir();
  return [
    resolve(terminal.workingDirectory, DEFAULT_FILE),
    ...[join(home, '.postern'), join(home, 'etc', 'postern'), '/etc/postern'].map((directory) =>
      join(directory, `${role}.toml`),
    ),
  ];
};

/** The named file, else the first that is there of those where it is looked for. */
export const roleConfigPath = (
  terminal: Terminal,
  role: Role,
  told: string | undefined,
): string => {
  const searched = nodeSearchPath(terminal, role);
  return (
    namedPath(terminal, told) ?? searched.find((path) => existsSync(path)) ?? searched[0] ?? ''
  );
};

/** The named file, else the one in the working directory. */
const nodeConfigPath = (terminal: Terminal, told: string | undefined): string =>
  namedPath(terminal, told) ?? resolve(terminal.workingDirectory, DEFAULT_FILE);

/**
 * The named file, else the one that `init` has written. Other programs call us in any directory, and
 * a file that somebody has left there must not take their mail.
 */
export const ownConfigPath = (terminal: Terminal, told: string | undefined): string =>
  namedPath(terminal, told) ?? join(defaultDirectory(terminal.env), CONFIG_FILE);

/** The named file, else the one in the working directory, else the one that `init` has written. */
export const configPath = (terminal: Terminal, told: string | undefined): string => {
  const here = nodeConfigPath(terminal, told);
  const own = ownConfigPath(terminal, told);
  return existsSync(here) || !existsSync(own) ? here : own;
};

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
