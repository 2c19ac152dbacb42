/**
 * `postern upgrade`: brings the stores of a daemon, node or authority to this program's format.
 * @module
 */
import type { Command } from 'commander';
import { ok, okAsync, type ResultAsync, safeTry, type Result } from 'neverthrow';
import type { JsonObject } from '../../../src/control/json.js';
import { nodeIo } from '../../../src/io/node.js';
import { upgradeSqliteStore, type Upgrade } from '../../../src/store/sqlite.js';
import { fileKindOf } from '../../config/kind.js';
import { loadStorageKey, type StorageSources } from '../../config/storage-key.js';
import { storesIn } from '../../config/stores.js';
import type { ConfigProblem } from '../../config/toml.js';
import { readDaemonConfig } from '../../daemon/config.js';
import { readAuthorityConfig, readServerConfig, type NodeConfig } from '../../node/config.js';
import { directoriesOf } from '../../node/places.js';
import { checkUpgradable, writeVersion } from '../../node/version.js';
import { finishWith, printData, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';
import { configPath, readConfigFile } from '../files.js';

interface UpgradeFlags {
  readonly config?: string;
  readonly json?: boolean;
}

interface Upgraded {
  readonly store: string;
  readonly upgrade: Exclude<Upgrade, { kind: 'no-store' }>;
}

/** Where stores lie, and what opens them. */
interface Place extends StorageSources {
  readonly directories: readonly string[];
  /** Of a part of a network: where its file `version` is. */
  readonly versionIn?: string;
}

export const addUpgrade = (program: Command, cli: Cli): void => {
  program
    .command('upgrade')
    .description('bring stores of an older version to this one; the old ones stay beside them')
    .option('-f, --config <file>', 'configuration file of a daemon, authority, mix or provider')
    .option('--json', 'print JSON')
    .action((flags: UpgradeFlags) => finishWith(cli, upgrade(cli, flags)));
};

const upgrade = (cli: Cli, { config, json }: UpgradeFlags): ResultAsync<void, CliError> =>
  upgradeStores(cli, configPath(cli.terminal, config), json);

/** Upgrades the stores of a configuration file, whosever it is. */
export const upgradeStores = (
  cli: Cli,
  file: string,
  json: boolean | undefined,
): ResultAsync<void, CliError> =>
  readConfigFile(file, placeOf)
    .mapErr((error): CliError => error)
    .andThen((place) => upgradeAll(place))
    .map((all) => printData(cli, all.map(jsonOf), { json, lines: all.map(lineOf) }));

const placeOf = (source: string, file: string): Result<Place, readonly ConfigProblem[]> => {
  switch (fileKindOf(source)) {
    case 'authority':
      return readAuthorityConfig(source, file).map(partPlace);
    case 'server':
      return readServerConfig(source, file).map(partPlace);
    case 'daemon':
      return readDaemonConfig(source, file).map((config) => ({
        ...config,
        directories: [config.client.dataDir],
      }));
  }
};

const partPlace = (config: NodeConfig): Place => ({
  ...config,
  directories: directoriesOf(config),
  versionIn: config.dataDir,
});

/** One store after the other; where one cannot be upgraded, those before it have been. */
const upgradeAll = (place: Place): ResultAsync<readonly Upgraded[], CliError> =>
  safeTry(async function* () {
    const { directories, versionIn } = place;
    // One directory may be within another.
    const stores = [...new Set((await Promise.all(directories.map(storesIn))).flat())];
    if (versionIn !== undefined) yield* checkUpgradable(nodeIo().files, versionIn);
    const upgraded: Upgraded[] = [];
    // A directory without stores has no need of a key, and must not be given one.
    const key =
      stores.length === 0 ? okAsync(new Uint8Array(0)) : loadStorageKey(nodeIo(), place, stores);
    const storageKey = yield* key;
    for (const store of stores) {
      const upgrade = yield* upgradeSqliteStore(store, storageKey).mapErr((error): CliError => ({
        kind: 'upgrade',
        path: store,
        error,
      }));
      if (upgrade.kind !== 'no-store') upgraded.push({ store, upgrade });
    }
    if (versionIn !== undefined && stores.length > 0) {
      yield* writeVersion(nodeIo().files, versionIn);
    }
    return ok(upgraded);
  });

const jsonOf = ({ store, upgrade }: Upgraded): JsonObject =>
  upgrade.kind === 'current'
    ? { store, from: upgrade.format, to: upgrade.format, backup: null }
    : { store, from: upgrade.from, to: upgrade.to, backup: upgrade.backup };

const lineOf = ({ store, upgrade }: Upgraded): string =>
  upgrade.kind === 'current'
    ? `${store}: nothing to do, it has format ${upgrade.format}`
    : `${store}: format ${upgrade.from} became ${upgrade.to}; as it was: ${upgrade.backup}`;
