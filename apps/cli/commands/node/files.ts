/**
 * `postern node ROLE check-config` and `upgrade`: what needs a part's files only.
 * @module
 */
import type { Command } from 'commander';
import type { Role } from '../../../node/role.js';
import { finishWith, type Cli } from '../../cli.js';
import { roleConfigPath } from '../../files.js';
import { checkFile } from '../check-config.js';
import { upgradeStores } from '../upgrade.js';
import { configuredOf, quietly, type NodeFlags } from './config.js';

interface CheckFlags extends NodeFlags {
  readonly printEffective?: boolean;
}

export const addFileVerbs = (command: Command, cli: Cli, role: Role): void => {
  command
    .command('check-config')
    .description('check its configuration file; nothing is made or connected to')
    .option('-f, --config <file>', 'configuration file')
    .option('--print-effective', 'print what it says, with all defaults')
    .option('-Q, --quiet', 'print nothing but errors')
    .option('--json', 'print JSON')
    .action((flags: CheckFlags) => {
      const shown = quietly(cli, flags.quiet);
      const file = roleConfigPath(cli.terminal, role, flags.config);
      return finishWith(
        cli,
        checkFile(shown, file, flags).andThen(() => configuredOf(cli, role, flags.config)),
      );
    });
  command
    .command('upgrade')
    .description('bring its store to the format of this version; the old one stays beside it')
    .option('-f, --config <file>', 'configuration file')
    .option('-Q, --quiet', 'print nothing but errors')
    .option('--json', 'print JSON')
    .action((flags: NodeFlags) =>
      finishWith(
        cli,
        configuredOf(cli, role, flags.config).andThen(() => {
          const file = roleConfigPath(cli.terminal, role, flags.config);
          return upgradeStores(quietly(cli, flags.quiet), file, flags.json);
        }),
      ),
    );
};
