/**
 * One part of a network as a program: its lock, its files, its start, its control socket.
 * @module
 */
import { errAsync, ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import type { AuthorityError } from '../../servers/authority/options.js';
import { loadIdentity } from '../../servers/node/keys.js';
import { serveManagement } from '../../servers/node/management.js';
import type { NodeError } from '../../servers/node/options.js';
import { keyDirOf } from '../../servers/node/places.js';
import { Resources } from '../../servers/node/resources.js';
import type { JsonObject } from '../../src/control/json.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { Io, Listener } from '../../src/io/contracts.js';
import type { OpenStore } from '../../src/index.js';
import { collectForPackets } from '../../src/io/node.js';
import { faultStage } from '../../testkit/faults.js';
import type { AskPassphrase } from '../config/passphrase.js';
import type { PrivateFileError } from '../config/private-files.js';
import { loadStorageKey } from '../config/storage-key.js';
import { bindControlSocket, handingOver, type LockError } from '../daemon/lock.js';
import type { NodeConfig, ServerConfig } from './config.js';
import type { DirectoryVia } from './environment-proxy.js';
import { serveMetrics } from './metrics.js';
import { operatorMethods } from './methods.js';
import { openAuthority, openServer, type Part } from './parts.js';
import { directoriesOf, storesOf } from './places.js';
import { NodeReloader, type Reloaded, type ReloadError, type ReloadSource } from './reload.js';
import { openStatistics, type Statistics } from './statistics.js';
import { checkVersion, writeVersion, type VersionError } from './version.js';

export type NodeRunError = AuthorityError | NodeError | PrivateFileError | LockError | VersionError;

export interface NodeWorld {
  readonly io: Io;
  readonly openStore: OpenStore;
  /** Who knows the passphrase; absent: whoever started this process. */
  readonly askPassphrase?: AskPassphrase;
  /** How authorities are reached; as everybody is where absent. */
  readonly directoryVia?: DirectoryVia;
  /** Takes private files that others could read; whoever starts us has been warned. */
  readonly lax?: boolean;
  readonly source: ReloadSource;
  /** Somebody asks over the control socket that the program ends. */
  readonly shutdown: () => void;
}

export interface RunningPart {
  readonly addresses: readonly string[];
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  /** Reads the configuration file again. */
  reload(): ResultAsync<Reloaded, ReloadError>;
  close(): Promise<void>;
}

/**
 * Starts an authority, a mix or a provider as its file says.
 *
 * @errors whatever was opened is closed again
 */
export const startPart = (
  config: NodeConfig,
  world: NodeWorld,
): ResultAsync<RunningPart, NodeRunError> => {
  const resources = new Resources();
  return assemble(config, world, resources).orElse((error) =>
    ResultAsync.fromSafePromise(resources.close()).andThen(() => errAsync(error)),
  );
};

/** Makes what is missing of a node's lasting keys. @returns its identity key */
export const generateIdentity = (
  config: NodeConfig,
  io: Io,
): ResultAsync<Uint8Array, NodeRunError> =>
  loadIdentity({ ...io, primitives: selectPrimitives(io.log) }, keyDirOf(config)).map(
    ({ identityKey }) => identityKey,
  );

const assemble = (
  config: NodeConfig,
  world: NodeWorld,
  resources: Resources,
): ResultAsync<RunningPart, NodeRunError> =>
  safeTry(async function* () {
    const { io } = world;
    for (const directory of directoriesOf(config)) yield* io.files.makeDirectory(directory);
    const control = yield* bindControlSocket(io.network, config.socket);
    // The lock: it goes when nothing is open any more.
    resources.add(() => control.close());
    yield* checkVersion(io.files, config.dataDir);
    const stores = storesOf(config.kind, config);
    const storageKey = yield* loadStorageKey({ ...io, ...world }, config, stores);
    const part = yield* openPart(config, world, storageKey);
    resources.add(() => part.close());
    yield* writeVersion(io.files, config.dataDir);
    const reloader = new NodeReloader(world.source, part.apply);
    const statistics = yield* keepStatistics(config, world, { resources, part });
    yield* openControl(config, world, { control, resources, part, reloader, statistics });
    const { addresses, identityKey } = part;
    const reload = () => reloader.reload();
    return ok({ addresses, identityKey, reload, close: () => resources.close() });
  });

const openPart = (
  config: NodeConfig,
  { io, openStore, directoryVia }: NodeWorld,
  storageKey: Uint8Array,
): ResultAsync<Part, NodeRunError> => {
  const worldly = { io, openStore, storageKey };
  if (config.kind === 'authority') {
    return openAuthority({ ...config.options, ...worldly }).mapErr((error) => error);
  }
  collectForPackets();
  return openServer(config.kind, {
    ...config.options,
    ...faultsOf(config, io),
    ...(directoryVia === undefined ? {} : { directoryVia }),
    ...worldly,
  }).mapErr((error) => error);
};

const faultsOf = ({ faults }: ServerConfig, { random }: Io) =>
  faults === undefined ? {} : { faults: faultStage({ random, ...faults }) };

interface Opened {
  readonly control: Listener;
  readonly resources: Resources;
  readonly part: Part;
  readonly reloader: NodeReloader;
  readonly statistics: Statistics | undefined;
}

/** Counts until everything is closed, and then keeps what was counted. */
const keepStatistics = (
  config: NodeConfig,
  { io }: NodeWorld,
  { resources, part }: Pick<Opened, 'resources' | 'part'>,
): ResultAsync<Statistics | undefined, NodeRunError> => {
  const { kind: role, statistics } = config;
  if (statistics === undefined) return okAsync(undefined);
  return openStatistics({ ...statistics, role }, { ...io, counters: part.counters }).map(
    (opened) => {
      const running = opened.run(resources.signal);
      resources.add(() => running);
      return opened;
    },
  );
};

const openControl = (
  config: NodeConfig,
  { io, shutdown }: NodeWorld,
  { control, resources, part, reloader, statistics }: Opened,
): ResultAsync<void, NodeRunError> => {
  const startedMs = io.clock.monotonic();
  const status = (): JsonObject => ({
    ...part.status(),
    pid: process.pid,
    upMs: Math.round(io.clock.monotonic() - startedMs),
    needsRestart: [...reloader.needsRestart],
  });
  return serveManagement({
    io: { ...io, network: handingOver(io.network, control) },
    address: control.address,
    identifier: config.kind === 'authority' ? 'authority' : config.options.identifier,
    verbs: config.documentVerbs ? part.verbs : {},
    methods: { ...operatorMethods({ reloader, statistics }), ...part.methods },
    status,
    shutdown,
  })
    .map((bridge) => resources.add(() => bridge.close()))
    .mapErr(({ address, reason }): NodeRunError => ({
      kind: 'listener',
      key: 'Management.Path',
      address,
      reason,
    }))
    .andThen(() => openMetrics(config, io, { resources, status }));
};

const openMetrics = (
  { metrics }: NodeConfig,
  io: Io,
  { resources, status }: Pick<Opened, 'resources'> & { readonly status: () => JsonObject },
): ResultAsync<void, NodeRunError> =>
  metrics === undefined
    ? okAsync(undefined)
    : serveMetrics(io, metrics, status).map((bridge) => resources.add(() => bridge.close()));
