/** A whole network with users, in memory, on a clock turned by hand. */
import { MixClient, type AccountStatus } from '../../src/index.js';
import { utf8 } from '../../src/bytes/text.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import { memoryIo, type MemoryIo } from '../../src/io/memory.js';
import { KATZENPOST_EPOCHS, epochStart } from '../../src/pki/epoch.js';
import type { SphinxGeometry } from '../../src/sphinx/geometry.js';
import { memoryStores } from '../../src/store/memory.js';
import type { ClientTuning } from '../../src/client/types.js';
import { faultStage, type FaultOptions } from '../../testkit/faults.js';
import { startNetwork, type MeanTimes, type TestNetwork } from '../../testkit/network.js';

export const START_MS = epochStart(KATZENPOST_EPOCHS, 250_000) + 60_000;
export const FAST: MeanTimes = {
  mu: 100,
  lambdaP: 100,
  lambdaL: 1000,
  lambdaD: 1000,
  lambdaM: 10_000,
};

export interface WorldOptions {
  readonly seed: string | number;
  readonly users: readonly string[];
  readonly means?: MeanTimes;
  readonly geometry?: SphinxGeometry;
  readonly faults?: Omit<FaultOptions, 'random'>;
  readonly tuning?: ClientTuning;
}

export interface World {
  readonly io: MemoryIo;
  readonly network: TestNetwork;
  readonly clients: ReadonlyMap<string, MixClient>;
  client(user: string): MixClient;
  status(user: string): AccountStatus;
  /** Turns the clock until `done`; false when it was not after `limitMs`. */
  until(done: () => boolean, limitMs: number): Promise<boolean>;
  /** Opens every client again without cover traffic, so that queues can be seen to empty. */
  stopDecoys(): Promise<void>;
  close(): Promise<void>;
}

export const mailOf = (subject: string, body: string): Uint8Array =>
  utf8(`From: <a@p1.test>\r\nTo: <b@p2.test>\r\nSubject: ${subject}\r\n\r\n${body}\r\n`);

const secretOf = (io: MemoryIo): Uint8Array => io.random(32);

export const openWorld = async (options: WorldOptions): Promise<World> => {
  const io = memoryIo({ seed: options.seed, startMs: START_MS });
  const stores = memoryStores();
  const { x25519 } = selectPrimitives();
  const publicOf = (secret: Uint8Array) => x25519.publicKey(x25519.scalar(secret));
  const network = (
    await startNetwork({
      io,
      openStore: stores.open,
      dataDir: '/net',
      means: options.means ?? FAST,
      ...(options.geometry ? { geometry: options.geometry } : {}),
      ...(options.faults ? { faults: faultStage({ ...options.faults, random: io.random }) } : {}),
    })
  )._unsafeUnwrap();
  const keys = new Map(
    options.users.map((user) => [user, { link: secretOf(io), identity: secretOf(io) }]),
  );
  const recipients = Object.fromEntries(
    [...keys].map(([user, { identity }]) => [user, publicOf(identity)]),
  );
  const clients = new Map<string, MixClient>();
  const openClient = async (address: string, tuning: ClientTuning = {}): Promise<void> => {
    const [user = '', provider = ''] = address.split('@');
    const { link: linkKey, identity: identityKey } = keys.get(address)!;
    const client = await MixClient.open({
      io,
      openStore: stores.open,
      dataDir: `/${address}`,
      networks: { test: network.config },
      accounts: [{ user, provider, network: 'test', linkKey, identityKey }],
      storageKey: new Uint8Array(32),
      recipients,
      tuning,
    });
    clients.set(address, client._unsafeUnwrap());
  };
  /** Waits for work that needs the clock to turn. */
  const turning = async (work: Promise<unknown>): Promise<void> => {
    let isDone = false;
    const done = work.then(() => (isDone = true));
    await io.clock.runUntil(() => isDone, 60_000);
    await done;
  };
  for (const [address, { link, identity }] of keys) {
    const [user = '', provider = ''] = address.split('@');
    const added = await network
      .provider(provider)
      .users.add(user, { linkKey: publicOf(link), identityKey: publicOf(identity) });
    added._unsafeUnwrap();
    await openClient(address, options.tuning);
  }
  const client = (user: string): MixClient => {
    const found = clients.get(user);
    if (!found) throw new Error(`no client ${user}`);
    return found;
  };
  return {
    io,
    network,
    clients,
    client,
    status: (user) => client(user).accounts.status()[0]!,
    until: (done, limitMs) => io.clock.runUntil(done, limitMs),
    stopDecoys: async () => {
      for (const address of options.users) {
        await turning(client(address).close());
        await openClient(address, { ...options.tuning, sendDecoyTraffic: false });
      }
    },
    close: async () => {
      await turning(Promise.all([...clients.values()].map((each) => each.close())));
      await turning(network.close());
    },
  };
};
