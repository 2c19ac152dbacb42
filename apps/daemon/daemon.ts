/**
 * The daemon: a client with its bridges, opened in order and closed in the reverse order.
 * @module
 */
import { errAsync, ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { serveManagement } from '../../bridges/management/index.js';
import { Resources } from '../../servers/node/resources.js';
import { fileNameOf } from '../../src/client/account/plan.js';
import type { RunningBridge } from '../../src/control/serve.js';
import type { FilesError, Io, Listener } from '../../src/io/contracts.js';
import {
  MixClient,
  openSqliteStore,
  type AccountConfig,
  type Address,
  type OpenStore,
  type RecipientError,
  type UnknownAccount,
} from '../../src/index.js';
import type { AskPassphrase } from '../config/passphrase.js';
import { ensurePrivateDirectory } from '../config/private-files.js';
import { startNotifier } from '../notify/notifiers.js';
import { loadStorageKey } from '../config/storage-key.js';
import { AccountDesk } from './account-desk.js';
import { openListeners, type OpenListeners } from './bridges.js';
import { addressOf, foldersOf, type DaemonConfig } from './config.js';
import type { DaemonError } from './errors.js';
import type { AccountFolders } from './folder-config.js';
import { bindControlSocket, handingOver } from './lock.js';
import { daemonMethods } from './methods.js';
import { patientStore } from './patient-store.js';
import { newState, type DaemonState, type Listeners } from './state.js';

export interface DaemonWorld {
  /** This machine: sockets of mail programs, folders, the log. */
  readonly io: Io;
  /** The client's world, where it is another: a network in memory, a clock turned by hand. */
  readonly clientIo?: Io;
  readonly openStore?: OpenStore;
  /** Who knows the passphrase; absent: whoever started this process. */
  readonly askPassphrase?: AskPassphrase;
  /** Somebody asks over the control socket that the program ends. */
  readonly shutdown: () => void;
  /** Somebody asks there that the configuration is read again; absent: it cannot be. */
  readonly reload?: () => Promise<void>;
}

export interface RunningDaemon extends Listeners {
  readonly client: MixClient;
  /** Absolute path of the control socket. */
  readonly socket: string;
  /** What mail programs log in with, by account. */
  readonly passwords: ReadonlyMap<Address, string>;
  /** What the daemon remembers of itself, for `status`. */
  readonly state: DaemonState;
  /** Reads the recipients' directory again; problems are per file. */
  rescan(): ResultAsync<readonly RecipientError[], RecipientError>;
  /** Reads the passwords of mail programs again. */
  renewPasswords(): ResultAsync<void, FilesError>;
  /** Reads the certificate of the listeners again; after an error they go on with the one they have. */
  renewCertificate(): ResultAsync<void, DaemonError>;
  /** Opens one more account with its folders; all of it or nothing. */
  addAccount(account: AccountConfig, folders: AccountFolders): ResultAsync<void, AddError>;
  /** Closes an account; what is on disk stays. */
  removeAccount(account: Address): ResultAsync<void, UnknownAccount>;
  close(): Promise<void>;
}

/** Why an account could not be added. */
export type AddError = DaemonError | { readonly kind: 'closed' };

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
  world: Pick<DaemonWorld, 'io' | 'openStore' | 'askPassphrase'>,
): ResultAsync<ReadonlyMap<Address, Uint8Array>, DaemonError> =>
  withOfflineClient(config, world, (client) =>
    ResultAsync.fromSafePromise(Promise.resolve(identityKeysOf(client))),
  );

/** Opens the accounts without a connection, for as long as `use` needs them. */
export const withOfflineClient = <T, E>(
  config: DaemonConfig,
  world: Pick<DaemonWorld, 'io' | 'openStore' | 'askPassphrase'>,
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
    // The lock: it goes when nothing is open any more.
    resources.add(() => control.close());
    const client = yield* openClient(config, world, { offline: false });
    resources.add(() => client.close());
    const desk = new AccountDesk({ io, client, dataDir: config.client.dataDir });
    resources.add(() => desk.closeAll());
    const folders = foldersOf(config);
    for (const account of client.accounts.list()) {
      yield* desk.open(account, folders.get(account) ?? {});
    }
    for (const rule of config.notify ?? []) {
      const notifier = yield* startNotifier({ io, client }, rule);
      resources.add(() => notifier.close());
    }
    const served: RunningBridge[] = [];
    // All take their time to say goodbye, so they do it together.
    resources.add(async () => {
      await Promise.all(served.map((bridge) => bridge.close()));
    });
    const listeners = yield* openListeners(config, { io, client, passwords: desk.passwords });
    const { smtp, pop3, lmtp } = listeners;
    served.push(...[smtp, pop3, lmtp].flatMap((bridge) => bridge ?? []));
    const running = { client, desk, listeners, state: newState(io.clock) };
    served.push(yield* openManagement(config, world, { ...running, control }));
    return ok(describe(config, running, resources));
  });

const openClient = (
  config: DaemonConfig,
  {
    io,
    clientIo,
    openStore = openSqliteStore,
    askPassphrase,
  }: Omit<DaemonWorld, 'shutdown' | 'reload'>,
  { offline }: { readonly offline: boolean },
): ResultAsync<MixClient, DaemonError> =>
  loadStorageKey({ ...io, askPassphrase }, config, storesOf(config))
    .mapErr((error): DaemonError => error)
    .andThen((storageKey) =>
      MixClient.open({
        ...config.client,
        storageKey,
        offline,
        io: clientIo ?? io,
        openStore: offline ? openStore : patientStore(openStore, io.clock),
      }),
    );

/** What the storage key must open. */
const storesOf = ({ client }: DaemonConfig): readonly string[] => [
  `${client.dataDir}/recipients.db`,
  ...client.accounts.flatMap((account) =>
    addressOf(client, account)
      .map((address) => [`${client.dataDir}/${fileNameOf(address)}/store.db`])
      .unwrapOr([]),
  ),
];

interface Running {
  readonly client: MixClient;
  readonly desk: AccountDesk;
  readonly listeners: OpenListeners;
  readonly state: DaemonState;
}

const openManagement = (
  { documentVerbs }: DaemonConfig,
  { io, shutdown, reload }: DaemonWorld,
  { client, desk, listeners, state, control }: Running & { readonly control: Listener },
): ResultAsync<RunningBridge, DaemonError> =>
  serveManagement({
    ...io,
    network: handingOver(io.network, control),
    address: control.address,
    client,
    methods: daemonMethods({
      clock: io.clock,
      client,
      passwords: desk.passwords,
      setPassword: (account, password) => desk.setPassword(account, password),
      removeAccount: (account) => desk.remove(account),
      bridges: listeners,
      state,
      shutdown,
      ...(reload === undefined ? {} : { reload }),
    }),
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
  { client, desk, listeners, state }: Running,
  resources: Resources,
): RunningDaemon => ({
  smtp: listeners.smtp?.address,
  pop3: listeners.pop3?.address,
  client,
  socket,
  state,
  passwords: desk.passwords,
  rescan: () => client.recipients.rescan(),
  renewPasswords: () => desk.renewPasswords(),
  renewCertificate: () => listeners.renewCertificate(),
  addAccount: (account, folders) =>
    client.accounts
      .add(account)
      .mapErr((error): AddError => error)
      .andThen((address) =>
        desk.open(address, folders).orElse((error) =>
          desk
            .remove(address)
            .orElse(() => okAsync(undefined))
            .andThen(() => errAsync(error)),
        ),
      ),
  removeAccount: (account) => desk.remove(account),
  close: () => resources.close(),
});
