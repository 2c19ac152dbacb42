/**
 * `postern config path`: which configuration file a command takes when nobody names one.
 * @module
 */
import { existsSync } from 'node:fs';
import { Argument, type Command } from 'commander';
import { okAsync } from 'neverthrow';
import type { Role } from '../../node/role.js';
import { finishWith, printData, type Cli } from '../cli.js';
import { configPath, nodeSearchPath, roleConfigPath } from '../files.js';

const PROGRAMS = ['daemon', 'authority', 'mix', 'provider'] as const;

export const addConfig = (program: Command, cli: Cli): void => {
  program
    .command('config')
    .description('configuration files')
    .command('path')
    .description('print which file is taken')
    .addArgument(new Argument('[program]', 'whose').choices(PROGRAMS).default('daemon'))
    .option('--json', 'print JSON')
    .action((of: 'daemon' | Role, { json }: { readonly json?: boolean }) => {
      const { path, searched } = pathsOf(cli, of);
      const found = { path, exists: existsSync(path), searched: [...searched] };
      printData(cli, found, { json, lines: [path] });
      return finishWith(cli, okAsync(undefined));
    });
};

const pathsOf = (
  { terminal }: Cli,
  of: 'daemon' | Role,
): { readonly path: string; readonly searched: readonly string[] } =>
  of === 'daemon'
    ? { path: configPath(terminal, undefined), searched: [] }
    : { path: roleConfigPath(terminal, of, undefined), searched: nodeSearchPath(terminal, of) };
