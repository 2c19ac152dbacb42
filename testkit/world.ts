/**
 * A whole network with its users in memory: what a program's unit test needs to send real mail.
 *
 * Nothing of the machine is touched. Time is the world's own; it passes as fast as the work in it
 * can be done.
 * @module
 */
import { openMixClient } from '../src/client/mix-client.js';
import type {
  AccountStatus,
  Address,
  ClientTuning,
  MixClientConfig,
  ReceivedMail,
} from '../src/client/types.js';
import type { MixClient } from '../src/index.js';
import { selectPrimitives } from '../src/crypto/select.js';
import type { Clock } from '../src/io/contracts.js';
import { memoryIo, type MemoryIo } from '../src/io/memory.js';
import { epochStart, type EpochTime, KATZENPOST_EPOCHS } from '../src/pki/epoch.js';
import type { SphinxGeometry } from '../src/sphinx/geometry.js';
import { memoryStores, type MemoryStores } from '../src/store/memory.js';
import { faultStage, type FaultOptions } from './faults.js';
import { startNetwork, type MeanTimes, type TestNetwork } from './network.js';
import {
  identityKeyOf,
  makeSecrets,
  must,
  parseUser,
  providersOf,
  register,
  type User,
  type UserSecrets,
} from './users.js';

export interface TestWorldOptions {
  /** Who has an account at the provider of their address; everybody knows everybody's key. */
  readonly users: readonly string[];
  /** With a standing clock the same seed gives the same run. */
  readonly seed?: string | number;
  /**
   * `running` (default): time passes by itself, and the world is handed out when mail can flow.
   * `standing`: time passes only in {@link TestWorld.until}.
   */
  readonly clock?: 'running' | 'standing';
  /** False where the program under test opens clients itself, by {@link TestWorld.configOf}. */
  readonly openClients?: boolean;
  /** Default {@link QUICK_MEANS}. */
  readonly means?: MeanTimes;
  readonly geometry?: SphinxGeometry;
  /** Default the 20 minutes of Katzenpost. */
  readonly epochTime?: EpochTime;
  /** Names of the mixes, in layers of as many; default three. */
  readonly mixes?: readonly string[];
  /** What the first mix does to packets. */
  readonly faults?: Omit<FaultOptions, 'random'>;
  readonly tuning?: ClientTuning;
  /** A user's own clock, where it is not the world's; only its wall time should differ. */
  readonly clockOf?: (address: Address, clock: Clock) => Clock;
}

/** A mail is there in a second or two of the world's time, and little is sent beside it. */
export const QUICK_MEANS: MeanTimes = {
  mu: 50,
  lambdaP: 250,
  lambdaL: 10_000,
  lambdaD: 10_000,
  lambdaM: 60_000,
};

/** A minute into an epoch, so that the first document comes soon. */
const START_MS = epochStart(KATZENPOST_EPOCHS, 250_000) + 60_000;
const STORAGE_KEY_LENGTH = 32;
const READER = 'inbox';
/** How far the clock runs before others may turn it. */
const TURN_MS = 250;
const OPEN_LIMIT_MS = 10 * 60_000;
const CLOSE_LIMIT_MS = 60_000;
const MAIL_LIMIT_MS = 2 * 60_000;

interface Parts {
  readonly options: TestWorldOptions;
  readonly io: MemoryIo;
  readonly stores: MemoryStores;
  readonly network: TestNetwork;
  readonly users: readonly UserSecrets[];
}

/** One world: its clock, its network, its users. */
export class TestWorld {
  readonly io: MemoryIo;
  readonly stores: MemoryStores;
  readonly network: TestNetwork;
  readonly #parts: Parts;
  readonly #clients = new Map<Address, MixClient>();
  #running: Promise<void> | undefined;
  #stopped = false;

  /** Only {@link openTestWorld} makes one. */
  constructor(parts: Parts) {
    this.#parts = parts;
    this.io = parts.io;
    this.stores = parts.stores;
    this.network = parts.network;
  }

  get clients(): ReadonlyMap<Address, MixClient> {
    return this.#clients;
  }

  /** @throws RangeError when the world has opened none for this address */
  client(address: string): MixClient {
    const client = this.#clients.get(address);
    if (!client) throw new RangeError(`no open client of ${address}`);
    return client;
  }

  /** What the one account of a user's client says of itself. */
  status(address: string): AccountStatus {
    const [status] = this.client(address).accounts.status();
    if (!status) throw new RangeError(`no account of ${address}`);
    return status;
  }

  /** The configuration of a client with this user as its only account. */
  configOf(address: string): MixClientConfig {
    const { users, options, network, io, stores } = this.#parts;
    const found = users.find((each) => each.address === address);
    if (!found) throw new RangeError(`no user ${address}`);
    const { user, provider, linkKey, identityKey } = found;
    const clock = options.clockOf?.(address, io.clock) ?? io.clock;
    return {
      io: { ...io, clock },
      openStore: stores.open,
      dataDir: `/${address}`,
      networks: { test: network.config },
      accounts: [{ user, provider, network: 'test', linkKey, identityKey }],
      storageKey: new Uint8Array(STORAGE_KEY_LENGTH),
      recipients: Object.fromEntries(users.map((each) => [each.address, identityKeyOf(each)])),
      tuning: options.tuning ?? {},
    };
  }

  /** Opens a user's client, again if there is one; `tuning` is put over that of the world. */
  async open(address: string, tuning: ClientTuning = {}): Promise<MixClient> {
    await this.closeClient(address);
    const config = this.configOf(address);
    const client = must(
      await openMixClient(
        { ...config, tuning: { ...config.tuning, ...tuning } },
        { io: this.io, openStore: this.stores.open, primitives: selectPrimitives() },
      ),
    );
    this.#clients.set(address, client);
    return client;
  }

  async closeClient(address: string): Promise<void> {
    const client = this.#clients.get(address);
    this.#clients.delete(address);
    if (client) await this.#whileTurning(client.close());
  }

  /** Whether every node is connected and every open client too. */
  isReady(): boolean {
    return (
      this.network.isReady() &&
      [...this.#clients.keys()].every(
        (address) => this.status(address).connection.kind === 'connected',
      )
    );
  }

  /** Lets time pass until `done`; false when it was not after `limitMs` of the world's time. */
  until(done: () => boolean, limitMs: number): Promise<boolean> {
    return this.io.clock.runUntil(done, limitMs);
  }

  /**
   * A user's next mail, which is taken out of the inbox.
   *
   * @throws Error when none has come after `limitMs` of the world's time
   */
  async nextMail(address: string, limitMs = MAIL_LIMIT_MS): Promise<ReceivedMail> {
    const client = this.client(address);
    const isThere = (): boolean => must(client.inbox.list(address, READER)).length > 0;
    await this.until(isThere, limitMs);
    if (isThere()) {
      for await (const mail of client.receive(address, { reader: READER })) {
        must(await mail.done());
        return mail;
      }
    }
    throw new Error(`no mail for ${address}`);
  }

  /** From now on time passes by itself, until {@link TestWorld.close}. */
  run(): void {
    this.#running ??= this.#turn();
  }

  /** Closes what the world has opened; clients of others should be closed before. */
  async close(): Promise<void> {
    const clients = [...this.#clients.keys()].map((address) => this.closeClient(address));
    await Promise.all(clients);
    await this.#whileTurning(this.network.close());
    this.#stopped = true;
    await this.#running;
  }

  async #turn(): Promise<void> {
    while (!this.#stopped) await this.io.clock.advance(TURN_MS);
  }

  /** Waits for work that needs time to pass. */
  async #whileTurning(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    await this.until(() => isDone, CLOSE_LIMIT_MS);
    await done;
  }
}

/**
 * Opens a world: an authority, three mixes, a provider for each domain, and a client per user.
 *
 * @example
 * ```ts
 * const world = await openTestWorld({ users: ['alice@p1.test', 'bob@p2.test'] });
 * await greet(world.client('alice@p1.test'), 'bob@p2.test');
 * expect((await world.nextMail('bob@p2.test')).sender).toBe('alice@p1.test');
 * ```
 * @throws RangeError when an address is none
 */
export const openTestWorld = async (options: TestWorldOptions): Promise<TestWorld> => {
  const io = memoryIo({ seed: options.seed ?? 'postern', startMs: START_MS });
  const stores = memoryStores();
  const named = options.users.map(parseUser);
  const network = await openNetwork(options, { io, stores, named });
  const users = named.map((user) => ({ ...user, ...makeSecrets(io.random) }));
  const world = new TestWorld({ options, io, stores, network, users });
  for (const user of users) {
    await register(network, user);
    if (options.openClients !== false) await world.open(user.address);
  }
  if (options.clock === 'standing') return world;
  if (!(await world.until(() => world.isReady(), OPEN_LIMIT_MS))) {
    throw new Error('the test world did not come up');
  }
  world.run();
  return world;
};

const openNetwork = async (
  { means = QUICK_MEANS, geometry, epochTime, mixes, faults }: TestWorldOptions,
  { io, stores, named }: Pick<Parts, 'io' | 'stores'> & { readonly named: readonly User[] },
): Promise<TestNetwork> =>
  must(
    await startNetwork({
      io,
      openStore: stores.open,
      dataDir: '/net',
      means,
      providers: providersOf(named),
      ...(geometry ? { geometry } : {}),
      ...(epochTime ? { epochTime } : {}),
      ...(mixes ? { mixes } : {}),
      ...(faults ? { faults: faultStage({ ...faults, random: io.random }) } : {}),
    }),
  );
