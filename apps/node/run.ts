/**
 * One part of a network as a program: its files, its start, its management socket.
 * @module
 */
import { errAsync, ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { startAuthority, type RunningAuthority } from '../../servers/authority/authority.js';
import type { AuthorityError } from '../../servers/authority/options.js';
import { startMix } from '../../servers/mix/mix.js';
import { loadIdentity } from '../../servers/node/keys.js';
import { serveManagement } from '../../servers/node/management.js';
import type { RunningNode } from '../../servers/node/node.js';
import type { NodeError, NodeOptions } from '../../servers/node/options.js';
import { Resources } from '../../servers/node/resources.js';
import type { SpoolCounts } from '../../servers/provider/contracts.js';
import { startProvider, type RunningProvider } from '../../servers/provider/provider.js';
import type { VerbTable } from '../../src/control/dialogue.js';
import type { Json } from '../../src/control/json.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { Io, ListenError } from '../../src/io/contracts.js';
import type { OpenStore } from '../../src/index.js';
import { collectForPackets } from '../../src/io/node.js';
import { faultStage } from '../../testkit/faults.js';
import type { AskPassphrase } from '../config/passphrase.js';
import { ensurePrivateDirectory, type PrivateFileError } from '../config/private-files.js';
import { loadStorageKey } from '../config/storage-key.js';
import type { AuthorityConfig, NodeConfig, ServerConfig } from './config.js';

export type NodeRunError =
  | AuthorityError
  | NodeError
  | PrivateFileError
  | {
      readonly kind: 'management';
      readonly path: string;
      readonly reason: ListenError['reason'];
    };

export interface NodeWorld {
  readonly io: Io;
  readonly openStore: OpenStore;
  /** Who knows the passphrase; absent: whoever started this process. */
  readonly askPassphrase?: AskPassphrase;
  /** Somebody asks over the management socket that the program ends. */
  readonly shutdown: () => void;
}

export interface RunningPart {
  readonly addresses: readonly string[];
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
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
  { dataDir }: NodeConfig,
  io: Io,
): ResultAsync<Uint8Array, NodeRunError> =>
  ensurePrivateDirectory(dataDir)
    .mapErr((error): NodeRunError => error)
    .andThen(() => loadIdentity({ ...io, primitives: selectPrimitives(io.log) }, dataDir))
    .map(({ identityKey }) => identityKey);

const assemble = (
  config: NodeConfig,
  world: NodeWorld,
  resources: Resources,
): ResultAsync<RunningPart, NodeRunError> =>
  safeTry(async function* () {
    const { io, askPassphrase } = world;
    yield* ensurePrivateDirectory(config.dataDir);
    const store = `${config.dataDir}/${config.kind === 'authority' ? 'authority' : 'node'}.db`;
    const storageKey = yield* loadStorageKey({ ...io, askPassphrase }, config, [store]);
    const running = yield* config.kind === 'authority'
      ? startDirectory(config, world, { resources, storageKey })
      : startServer(config, world, { resources, storageKey });
    const { addresses, identityKey } = running;
    return ok({ addresses, identityKey, close: () => resources.close() });
  });

interface Ground {
  readonly resources: Resources;
  readonly storageKey: Uint8Array;
}

const startDirectory = (
  { options }: AuthorityConfig,
  world: NodeWorld,
  { resources, storageKey }: Ground,
): ResultAsync<RunningAuthority, NodeRunError> =>
  startAuthority({ ...world, ...options, storageKey })
    .mapErr((error): NodeRunError => error)
    .map((authority) => {
      resources.add(() => authority.close());
      return authority;
    });

const startServer = (
  config: ServerConfig,
  world: NodeWorld,
  { resources, storageKey }: Ground,
): ResultAsync<RunningNode, NodeRunError> =>
  safeTry(async function* () {
    const { io, openStore } = world;
    collectForPackets();
    const options = { ...config.options, ...faultsOf(config, io), io, openStore, storageKey };
    const node = yield* startRole(config.kind, options);
    resources.add(() => node.close());
    yield* openManagement(config, world, { resources, node });
    return ok(node);
  });

const startRole = (
  kind: ServerConfig['kind'],
  options: NodeOptions,
): ResultAsync<RunningNode | RunningProvider, NodeRunError> =>
  kind === 'mix' ? startMix(options) : startProvider(options);

const faultsOf = ({ faults }: ServerConfig, { random }: Io): Pick<NodeOptions, 'faults'> =>
  faults === undefined ? {} : { faults: faultStage({ random, ...faults }) };

const openManagement = (
  { socket, options }: ServerConfig,
  { io, shutdown }: NodeWorld,
  {
    resources,
    node,
  }: { readonly resources: Resources; readonly node: RunningNode | RunningProvider },
): ResultAsync<void, NodeRunError> => {
  if (socket === undefined) return okAsync(undefined);
  const verbs: VerbTable = 'verbs' in node ? node.verbs : {};
  const address = `unix:${socket}`;
  const { identifier } = options;
  return serveManagement({ io, address, identifier, verbs, status: () => nodeJson(node), shutdown })
    .map((bridge) => resources.add(() => bridge.close()))
    .mapErr(({ reason }) => ({ kind: 'management', path: socket, reason }));
};

/** A node's numbers, and our process for those who must find it. */
const nodeJson = (node: RunningNode | RunningProvider): Json => {
  const { place, ...status } = node.status();
  return {
    ...status,
    pid: process.pid,
    inDocument: place !== undefined,
    spooled: 'spooled' in node ? waitingOf(node.spooled()) : 0,
  };
};

/** Mail blocks; all items where nobody but the users can tell them apart. */
const waitingOf = ({ items, messages = items }: SpoolCounts): number => messages;
