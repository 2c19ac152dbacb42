/**
 * The ground of a node: its keys, its store, the memory of what it has seen, and the documents.
 * @module
 */
import { err, ok, okAsync, ResultAsync, safeTry, type Result } from 'neverthrow';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { Io } from '../../src/io/contracts.js';
import { authoritySource, type DirectoryDeps } from '../../src/pki/directory.js';
import { epochAt } from '../../src/pki/epoch.js';
import {
  MIX_WANTS,
  openDocumentKeeper,
  PROVIDER_WANTS,
  type DocumentKeeper,
} from '../../src/pki/keeper.js';
import type { SphinxSuite } from '../../src/sphinx/suite.js';
import type { Store } from '../../src/store/store.js';
import type { LinkDeps } from '../../src/wire/contracts.js';
import { limitBandwidth } from './bandwidth.js';
import { makeCounters, type Counters } from './drops.js';
import { loadIdentity, type NodeIdentity } from './keys.js';
import { openMixKeys, type MixKeys } from './mix-keys.js';
import { DEFAULT_TUNING, type NodeError, type NodeOptions, type NodeTuning } from './options.js';
import { keyDirOf, queueStoreOf, storeOf, workDirOf } from './places.js';
import { openReplayLog, type ReplayLog } from './replay.js';
import type { Resources } from './resources.js';
import type { NodeRole, RoleMaker } from './role.js';
import type { SharedMemory } from './shared.js';
import { Trials } from './trials.js';

export interface Ground {
  readonly io: Io;
  readonly options: NodeOptions;
  readonly tuning: NodeTuning;
  readonly roleKind: NodeRole['kind'];
  readonly suite: SphinxSuite;
  readonly link: LinkDeps;
  readonly directory: DirectoryDeps;
  readonly identity: NodeIdentity;
  readonly store: Store;
  /** Where packets wait. */
  readonly queueStore: Store;
  /** Where signed descriptors are kept. */
  readonly publications: Store;
  readonly mixKeys: MixKeys;
  readonly replay: ReplayLog;
  readonly documents: DocumentKeeper;
  readonly trials: Trials;
  readonly counters: Counters;
  readonly resources: Resources;
}

const STORAGE_KEY_LENGTH = 32;

/** Opens everything that has to be there before the first connection. */
export const openGround = (
  given: NodeOptions,
  maker: RoleMaker,
  resources: Resources,
): ResultAsync<Ground, NodeError> =>
  safeTry(async function* () {
    const options = withinBandwidth(given);
    yield* checkOptions(options);
    const { io, network } = options;
    const { clock, random, files } = io;
    yield* files.makeDirectory(options.dataDir);
    const suite = { geometry: network.geometry, primitives: selectPrimitives(io.log) };
    const link: LinkDeps = { ...suite, profile: network.link, clock, random };
    const identity = yield* loadIdentity({ ...suite, files, random }, keyDirOf(options));
    const stores = yield* openStores(options, resources);
    const shared = yield* openShared(maker, resources);
    const { mixKeys, replay } = yield* openKeys(options, suite, shared ?? stores);
    const directory = directoryOf(options, link);
    const documents = openDocuments(options, { roleKind: maker.kind, suite, directory });
    resources.add(() => documents.close());
    const tuning = { ...DEFAULT_TUNING, ...options.tuning };
    return ok({
      io,
      options,
      tuning,
      roleKind: maker.kind,
      suite,
      link,
      directory,
      identity,
      ...stores,
      publications: (shared ?? stores).store,
      mixKeys,
      replay,
      documents,
      trials: new Trials({ ...io, suite, tuning, identityKey: identity.identityKey }),
      counters: makeCounters(io.log),
      resources,
    });
  });

/** The options whose network has the limit that they ask for. */
const withinBandwidth = (options: NodeOptions): NodeOptions => {
  const { io, tuning } = options;
  if (!tuning?.bandwidth) return options;
  const network = limitBandwidth(io.network, io.clock, tuning.bandwidth);
  return { ...options, io: { ...io, network } };
};

const checkOptions = ({ storageKey, addresses }: NodeOptions): Result<void, NodeError> => {
  if (storageKey.length !== STORAGE_KEY_LENGTH) {
    return err({ kind: 'bad-option', option: 'storageKey', rule: `${STORAGE_KEY_LENGTH} bytes` });
  }
  return addresses.length > 0 ? ok(undefined) : err({ kind: 'no-address' });
};

const directoryOf = (
  { io, network, directoryVia = (all) => all }: NodeOptions,
  link: LinkDeps,
): DirectoryDeps => ({
  network: directoryVia(io.network),
  link,
  authority: network.authority,
  clock: io.clock,
});

const openStores = (
  options: NodeOptions,
  resources: Resources,
): ResultAsync<Pick<Ground, 'store' | 'queueStore'>, NodeError> =>
  openOne(options, storeOf('node', options), resources).andThen((store) => {
    const path = queueStoreOf(options);
    return path === undefined
      ? okAsync({ store, queueStore: store })
      : openOne(options, path, resources).map((queueStore) => ({ store, queueStore }));
  });

/** A store in a directory that is made when it is missing. */
const openOne = (
  { io, openStore, storageKey }: NodeOptions,
  path: string,
  resources: Resources,
): ResultAsync<Store, NodeError> =>
  io.files
    .makeDirectory(path.slice(0, path.lastIndexOf('/')))
    .andThen((): ResultAsync<Store, NodeError> => openStore(path, storageKey))
    .map((store) => {
      resources.add(() => store.close());
      return store;
    });

const openShared = (
  { share }: RoleMaker,
  resources: Resources,
): ResultAsync<SharedMemory | undefined, NodeError> =>
  share === undefined
    ? okAsync(undefined)
    : share().map((shared) => {
        resources.add(() => shared.close());
        return shared;
      });

/** The mix keys with their replay tags; the keys of this epoch and the next two are there. */
const openKeys = (
  { io, network }: NodeOptions,
  suite: SphinxSuite,
  { store, replay: shared }: Partial<SharedMemory> & Pick<SharedMemory, 'store'>,
): ResultAsync<{ mixKeys: MixKeys; replay: ReplayLog }, NodeError> =>
  safeTry(async function* () {
    const { primitives } = suite;
    const now = epochAt(network.epochTime, io.clock.now());
    const { random } = io;
    const mixKeys = yield* openMixKeys({ store, random, primitives, epochTime: network.epochTime });
    const epochs = mixKeys.all.map(({ epoch }) => epoch);
    const replay = yield* shared === undefined ? openReplayLog(store, epochs) : okAsync(shared);
    yield* mixKeys.prune(now, (epoch) => replay.forget(epoch));
    yield* mixKeys.ensure(now);
    return ok({ mixKeys, replay });
  });

const openDocuments = (
  options: NodeOptions,
  ground: Pick<Ground, 'roleKind' | 'suite' | 'directory'>,
): DocumentKeeper => {
  const { io, network } = options;
  return openDocumentKeeper({
    clock: io.clock,
    config: network,
    primitives: ground.suite.primitives,
    random: io.random,
    sources: [authoritySource(ground.directory)],
    wanted: ground.roleKind === 'provider' ? PROVIDER_WANTS : MIX_WANTS,
    files: io.files,
    cachePath: `${workDirOf(options)}/documents`,
    log: io.log,
  });
};
