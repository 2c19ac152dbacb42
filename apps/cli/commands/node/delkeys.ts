/**
 * `postern node mix|provider delkeys`: mix keys destroyed before their time, with the node down.
 * @module
 */
import { existsSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { err, errAsync, ok, ResultAsync, safeTry } from 'neverthrow';
import { deleteMixKeys } from '../../../../servers/node/delete-keys.js';
import { deleteIdentity } from '../../../../servers/node/keys.js';
import { keyDirOf } from '../../../../servers/node/places.js';
import { nodeIo } from '../../../../src/io/node.js';
import { openSqliteStore } from '../../../../src/store/sqlite.js';
import { loadStorageKey } from '../../../config/storage-key.js';
import { bindControlSocket } from '../../../daemon/lock.js';
import type { NodeConfig } from '../../../node/config.js';
import type { Role } from '../../../node/role.js';
import { mainStoreOf, storesOf } from '../../../node/places.js';
import { finishWith, printData, type Cli } from '../../cli.js';
import type { CliError } from '../../errors.js';
import { configuredOf, quietly, type NodeFlags } from './config.js';

interface DelkeysFlags extends NodeFlags {
  readonly epoch?: number;
  readonly all?: boolean;
  readonly identity?: boolean;
  readonly yes?: boolean;
}

export const addDelkeys = (command: Command, cli: Cli, role: Role): void => {
  // An authority has no mix keys.
  if (role === 'authority') return;
  command
    .command('delkeys')
    .description('destroy mix keys of a stopped node; packets made for them are lost')
    .option('-f, --config <file>', 'configuration file')
    .option('--epoch <n>', 'that of one epoch', epochOf)
    .option('--all', 'all of them')
    .option('--identity', 'the lasting keys too: the node must be listed anew')
    .option('--yes', 'really')
    .option('-Q, --quiet', 'print nothing but errors')
    .option('--json', 'print JSON')
    .action((flags: DelkeysFlags) =>
      finishWith(cli, delkeys(quietly(cli, flags.quiet), role, flags)),
    );
};

const epochOf = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('An epoch is a whole number.');
  return Number(text);
};

const delkeys = (cli: Cli, role: Role, flags: DelkeysFlags): ResultAsync<void, CliError> => {
  const problem = problemWith(flags);
  if (problem !== undefined) return errAsync(problem);
  return configuredOf(cli, role, flags.config)
    .andThen(({ config }) => destroy(config, flags))
    .map((epochs) => {
      const identity = flags.identity ?? false;
      const lines = [
        ...epochs.map((epoch) => `the key of epoch ${epoch} is gone`),
        ...(identity ? ['the lasting keys are gone'] : []),
      ];
      printData(cli, { epochs, identity }, { json: flags.json, lines });
    });
};

const problemWith = ({ epoch, all, identity, yes }: DelkeysFlags): CliError | undefined => {
  const usage = (option: string, problem: string): CliError => ({ kind: 'usage', option, problem });
  if ((epoch === undefined) === (all !== true)) return usage('--epoch', 'this or --all is needed');
  if (identity === true && all !== true) return usage('--identity', 'goes with --all only');
  return yes === true
    ? undefined
    : usage('--yes', 'is needed: what is deleted cannot be had again');
};

/** Under the node's lock, so that none runs meanwhile. */
const destroy = (
  config: NodeConfig,
  { epoch, identity }: DelkeysFlags,
): ResultAsync<number[], CliError> => {
  const path = mainStoreOf(config.kind, config);
  if (!existsSync(path)) return errAsync({ kind: 'no-store', path });
  const io = nodeIo();
  return safeTry<number[], CliError>(async function* () {
    const lock = yield* bindControlSocket(io.network, config.socket);
    const gone = await destroyHeld(config, epoch ?? 'all');
    const deleted =
      identity === true && gone.isOk()
        ? await deleteIdentity(io.files, keyDirOf(config))
        : ok(undefined);
    await lock.close();
    return deleted.isErr() ? err(deleted.error) : gone;
  });
};

const destroyHeld = (config: NodeConfig, wanted: number | 'all'): ResultAsync<number[], CliError> =>
  safeTry<number[], CliError>(async function* () {
    const path = mainStoreOf(config.kind, config);
    const key = yield* loadStorageKey(nodeIo(), config, storesOf(config.kind, config));
    const store = yield* openSqliteStore(path, key);
    const gone = await deleteMixKeys(store, wanted);
    await store.close();
    const epochs = yield* gone;
    if (typeof wanted === 'number' && epochs.length === 0) {
      return err<number[], CliError>({ kind: 'no-such-key', epoch: wanted });
    }
    return ok([...epochs]);
  });
