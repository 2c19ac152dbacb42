/**
 * `postern node ROLE init`: makes keys and a commented configuration, and says who needs what.
 * @module
 */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { errAsync, type ResultAsync } from 'neverthrow';
import { nodeIo } from '../../../../src/io/node.js';
import type { Role } from '../../../node/role.js';
import { initialiseNode, type NodeWish } from '../../../node/init.js';
import { finishWith, printData, type Cli } from '../../cli.js';
import type { CliError } from '../../errors.js';
import { quietly } from './config.js';

interface InitFlags {
  readonly config?: string;
  readonly dir?: string;
  readonly identifier?: string;
  readonly address?: readonly string[];
  readonly authority?: string;
  readonly authorityKey?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** As nodes look for it in their working directory. */
const CONFIG_FILE = 'katzenpost.toml';

export const addNodeInit = (command: Command, cli: Cli, role: Role): void => {
  const init = command
    .command('init')
    .description('make its keys and a commented configuration, and print what others need')
    .option('--dir <dir>', 'where all of it goes')
    .option('-f, --config <file>', `configuration file; by default ${CONFIG_FILE} in --dir`)
    .option('--address <ip:port...>', 'where to listen');
  if (role !== 'authority') {
    init
      .option('--identifier <name>', 'its name; for a provider the domain of its users')
      .option('--authority <ip:port>', 'the network’s authority')
      .option('--authority-key <key>', 'its identity key, as its init prints it');
  }
  init
    .option('-Q, --quiet', 'print nothing but errors')
    .option('--json', 'print JSON')
    .action((flags: InitFlags) => finishWith(cli, initialise(cli, role, flags)));
};

const REQUIRED: Readonly<Record<Role, readonly (keyof InitFlags)[]>> = {
  authority: ['dir', 'address'],
  mix: ['dir', 'address', 'identifier', 'authority', 'authorityKey'],
  provider: ['dir', 'address', 'identifier', 'authority', 'authorityKey'],
};

const initialise = (cli: Cli, role: Role, flags: InitFlags): ResultAsync<void, CliError> => {
  const missing = REQUIRED[role].find((name) => flags[name] === undefined);
  if (missing !== undefined) {
    const option = `--${missing.replace('K', '-k')}`;
    return errAsync({ kind: 'usage', option, problem: 'must be given' });
  }
  process.umask(0o077);
  return initialiseNode(nodeIo(), wishOf(cli, role, flags))
    .mapErr((error): CliError => error)
    .map(({ configFile, identityKey, forOthers }) =>
      printData(
        quietly(cli, flags.quiet),
        { configFile, identityKey, forOthers },
        {
          json: flags.json,
          lines: [
            `configuration: ${configFile}`,
            `identity key: ${identityKey}`,
            role === 'authority' ? 'For the files of all nodes:' : 'For the authority’s file:',
            forOthers,
          ],
        },
      ),
    );
};

const wishOf = ({ terminal }: Cli, role: Role, flags: InitFlags): NodeWish => {
  const directory = resolve(terminal.workingDirectory, flags.dir ?? '.');
  const { identifier, authority, authorityKey } = flags;
  return {
    role,
    configFile: resolve(terminal.workingDirectory, flags.config ?? join(directory, CONFIG_FILE)),
    dataDir: join(directory, 'data'),
    addresses: flags.address ?? [],
    ...(identifier === undefined ? {} : { identifier }),
    ...(authority === undefined || authorityKey === undefined
      ? {}
      : { authority: { address: authority, publicKey: authorityKey } }),
  };
};
