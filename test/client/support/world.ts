/** Clients on a {@link FakeNetwork}. */
import { openMixClient } from '../../../src/client/mix-client.js';
import type {
  AccountConfig,
  ClientTuning,
  MixClient,
  MixClientConfig,
} from '../../../src/client/types.js';
import { selectPrimitives } from '../../../src/crypto/select.js';
import { memoryIo, type MemoryIo } from '../../../src/io/memory.js';
import { memoryStores, type MemoryStores } from '../../../src/store/memory.js';
import { FakeNetwork, type FakeNetworkOptions } from './fake-network.js';
import { utf8 } from '../../../src/bytes/text.js';

export interface World {
  readonly io: MemoryIo;
  readonly net: FakeNetwork;
  /** Alice's; bob has his own. */
  readonly stores: MemoryStores;
  /** Keys of both are set up front. */
  readonly alice: MixClient;
  readonly bob: MixClient;
  /** Opens alice's client again, after a close or a crash. */
  readonly reopenAlice: (
    change?: Partial<MixClientConfig>,
    account?: Partial<AccountConfig>,
  ) => Promise<MixClient>;
}

export const ALICE = 'alice@p1.test';
export const BOB = 'bob@p2.test';

export const mailOf = (subject: string, body = 'hello\r\n'): Uint8Array =>
  utf8(`From: ${ALICE}\r\nTo: ${BOB}\r\nSubject: ${subject}\r\n\r\n${body}`);

export interface WorldOptions extends Omit<FakeNetworkOptions, 'io'> {
  readonly seed?: string;
  readonly tuning?: ClientTuning;
  readonly latencyMs?: number;
}

/** alice@p1.test and bob@p2.test, who know each other. */
export const openWorld = async ({
  seed = 'world',
  tuning = {},
  latencyMs = 1,
  ...network
}: WorldOptions = {}): Promise<World> => {
  const io = memoryIo({ seed, latencyMs });
  const net = new FakeNetwork({ io, ...network });
  const stores = memoryStores();
  const { x25519 } = net.primitives;
  const publicKey = (secret: Uint8Array): Uint8Array => x25519.publicKey(x25519.scalar(secret));
  const secrets = [0, 1, 2, 3].map(() => io.random(32));
  const [aliceLink, aliceIdentity, bobLink, bobIdentity] = secrets as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  net.addUser(ALICE, { linkKey: publicKey(aliceLink), identityKey: publicKey(aliceIdentity) });
  net.addUser(BOB, { linkKey: publicKey(bobLink), identityKey: publicKey(bobIdentity) });
  const recipients = { [ALICE]: publicKey(aliceIdentity), [BOB]: publicKey(bobIdentity) };
  const base = {
    networks: { test: net.config },
    storageKey: new Uint8Array(32).fill(7),
    recipients,
    tuning,
    io,
    openStore: stores.open,
  };
  const open = async (config: MixClientConfig): Promise<MixClient> =>
    (
      await openMixClient(config, {
        io,
        openStore: stores.open,
        primitives: selectPrimitives(),
      })
    )._unsafeUnwrap();
  const account = { network: 'test', readers: ['inbox'] };
  const aliceConfig: MixClientConfig = {
    ...base,
    dataDir: '/alice',
    accounts: [
      {
        ...account,
        user: 'alice',
        provider: 'p1.test',
        linkKey: aliceLink,
        identityKey: aliceIdentity,
      },
    ],
  };
  const bobConfig: MixClientConfig = {
    ...base,
    openStore: memoryStores().open,
    dataDir: '/bob',
    accounts: [
      { ...account, user: 'bob', provider: 'p2.test', linkKey: bobLink, identityKey: bobIdentity },
    ],
  };
  return {
    io,
    net,
    stores,
    alice: await open(aliceConfig),
    bob: await open(bobConfig),
    reopenAlice: (change = {}, account = {}) => {
      const accounts = aliceConfig.accounts.map((each) => ({ ...each, ...account }));
      return open({ ...aliceConfig, accounts, ...change });
    },
  };
};

/** How many mails somebody has. */
export const inboxCount = (client: MixClient): number =>
  client.accounts.status()[0]?.inbox.count ?? 0;

/** How many blocks somebody has still to send or to see acknowledged. */
export const outboxCount = (client: MixClient): number =>
  client.accounts.status()[0]?.outbox.mails ?? 0;
