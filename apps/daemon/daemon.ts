/**
 * The daemon: a client with its bridges, opened in order and closed in the reverse order.
 * @module
 */
import { errAsync, ok, ResultAsync, safeTry } from 'neverthrow';
import { serveManagement } from '../../bridges/management/index.js';
import { Resources } from '../../servers/node/resources.js';
import { fileNameOf } from '../../src/client/plan.js';
import type { RunningBridge } from '../../src/control/serve.js';
import type { Io, Listener } from '../../src/io/contracts.js';
import { MixClient, type Address, type OpenStore, type RecipientError } from '../../src/index.js';
import { ensurePrivateDirectory, loadStorageKey } from '../config/private-files.js';
import { openBridges, type Listeners } from './bridges.js';
import type { DaemonConfig } from './config.js';
import type { DaemonError } from './errors.js';
import { bindControlSocket, handingOver } from './lock.js';
import { daemonMethods } from './methods.js';
import { loadPasswords } from './passwords.js';

export interface DaemonWorld {
  /** This machine: sockets of mail programs, folders, the log. */
  readonly io: Io;
  /** The client's world, where it is another: a network in memory, a clock turned by hand. */
  readonly clientIo?: Io;
  readonly openStore?: OpenStore;
  /** Somebody asks over the control socket that the program ends. */
  readonly shutdown: () => void;
}

export interface RunningDaemon extends Listeners {
  readonly client: MixClient;
  /** Absolute path of the control socket. */
  readonly socket: string;
  /** What mail programs log in with, by account. */
  readonly passwords: ReadonlyMap<Address, string>;
  /** Reads the recipients' directory again; problems are per file. */
  rescan(): ResultAsync<readonly RecipientError[], RecipientError>;
  close(): Promise<void>;
}

/**
 * Starts a daemon; mail programs can connect when ok.
 *
 * The control socket comes first, so that of two daemons in one directory the second changes
 * nothing, and goes last.
 *
 * @errors any {@link DaemonError}; whatever was opened is closed again
 */
export const startDaemon = (
  config: DaemonConfig,
  world: DaemonWorld,
): ResultAsync<RunningDaemon, DaemonError> => {
  const resources = new Resources();
  return assemble(config, world, resources).orElse((error) =>
    ResultAsync.fromSafePromise(resources.close()).andThen(() => errAsync(error)),
  );
};

/** Makes the keys of all accounts, and the storage key, without a connection. */
export const generateKeys = (
  config: DaemonConfig,
  world: Pick<DaemonWorld, 'io' | 'openStore'>,
): ResultAsync<ReadonlyMap<Address, Uint8Array>, DaemonError> =>
  withOfflineClient(config, world, (client) =>
    ResultAsync.fromSafePromise(Promise.resolve(identityKeysOf(client))),
  );

/** Opens the accounts without a connection, for as long as `use` needs them. */
export const withOfflineClient = <T, E>(
  config: DaemonConfig,
  world: Pick<DaemonWorld, 'io' | 'openStore'>,
  use: (client: MixClient) => ResultAsync<T, E>,
): ResultAsync<T, E | DaemonError> =>
  ensurePrivateDirectory(config.client.dataDir)
    .mapErr((error): E | DaemonError => error)
    .andThen(() => openClient(config, world, { offline: true }))
    .andThen((client) =>
      ResultAsync.fromSafePromise(
        (async () => {
          const used = await use(client);
          await client.close();
          return used;
        })(),
      ).andThen((used) => used),
    );

const identityKeysOf = (client: MixClient): ReadonlyMap<Address, Uint8Array> =>
  new Map(
    client.accounts.list().flatMap((account) =>
      client.accounts.keys(account).match(
        ({ identityKey }) => [[account, identityKey] as const],
        () => [],
      ),
    ),
  );

const assemble = (
  config: DaemonConfig,
  world: DaemonWorld,
  resources: Resources,
): ResultAsync<RunningDaemon, DaemonError> =>
  safeTry(async function* () {
    const { io } = world;
    yield* ensurePrivateDirectory(config.client.dataDir);
    const control = yield* bindControlSocket(io.network, config.socket);
    const served: RunningBridge[] = [];
    resources.add(async () => {
      for (const bridge of served) await bridge.close();
      await control.close();
    });
    const client = yield* openClient(config, world, { offline: false });
    resources.add(() => client.close());
    const passwords = yield* loadPasswords(io, config.client.dataDir, client.accounts.list());
    const listeners = yield* openBridges(config, { io, client, passwords, resources });
    const running = { client, passwords, listeners };
    served.push(yield* openManagement(config, world, { ...running, control }));
    return ok(describe(config, running, resources));
  });

const openClient = (
  config: DaemonConfig,
  world: Pick<DaemonWorld, 'io' | 'clientIo' | 'openStore'>,
  { offline }: { readonly offline: boolean },
): ResultAsync<MixClient, DaemonError> =>
  loadStorageKey(world.io, config.storageKeyFile, firstStoreOf(config))
    .mapErr((error): DaemonError => error)
    .andThen((storageKey) =>
      MixClient.open({
        ...config.client,
        storageKey,
        offline,
        io: world.clientIo ?? world.io,
        ...(world.openStore === undefined ? {} : { openStore: world.openStore }),
      }),
    );

/** A store that the storage key must open. */
const firstStoreOf = ({ client }: DaemonConfig): string | undefined => {
  const [first] = client.accounts;
  if (first === undefined) return undefined;
  return `${client.dataDir}/${fileNameOf(`${first.user}@${first.provider}`)}/store.db`;
};

interface Running {
  readonly client: MixClient;
  readonly passwords: ReadonlyMap<Address, string>;
  readonly listeners: Listeners;
}

const openManagement = (
  { documentVerbs }: DaemonConfig,
  { io, shutdown }: DaemonWorld,
  { client, passwords, listeners, control }: Running & { readonly control: Listener },
): ResultAsync<RunningBridge, DaemonError> =>
  serveManagement({
    ...io,
    network: handingOver(io.network, control),
    address: control.address,
    client,
    methods: daemonMethods({ client, passwords, listeners, shutdown }),
    enableDocumentVerbs: documentVerbs,
    shutdown,
  }).mapErr(({ address, reason }) => ({
    kind: 'listener',
    key: 'Management.Path',
    address,
    reason,
  }));

const describe = (
  { socket }: DaemonConfig,
  { client, passwords, listeners }: Running,
  resources: Resources,
): RunningDaemon => ({
  ...listeners,
  client,
  socket,
  passwords,
  rescan: () => client.recipients.rescan(),
  close: () => resources.close(),
});
