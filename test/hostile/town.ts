/** A whole network and two people over real loopback sockets, for attacks on every port. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from 'neverthrow';
import { serveManagement } from '../../bridges/management/index.js';
import { servePop3 } from '../../bridges/pop3/index.js';
import { serveSmtp } from '../../bridges/smtp/index.js';
import { openMixClient } from '../../src/client/mix-client.js';
import type { RunningBridge } from '../../src/control/serve.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { MixClient } from '../../src/index.js';
import { inlineWorkers, manualClock, memoryLog, type ManualClock } from '../../src/io/memory.js';
import type { Io } from '../../src/io/contracts.js';
import { nodeIo } from '../../src/io/node.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import { memoryStores } from '../../src/store/memory.js';
import { startNetwork, type TestNetwork } from '../../testkit/network.js';
import { repeated } from '../support/bytes.js';
import { openDirectory } from '../support/directory.js';

export const ALICE = 'alice@p1.test';
export const BOB = 'bob@p2.test';
export const PASSWORD = 'correct-horse-battery';

const GEOMETRY = smallGeometry(4000);
const MEANS = { mu: 20, lambdaP: 60, lambdaL: 500, lambdaD: 500, lambdaM: 10_000 };
const READY_MS = 90_000;

/** How patient nodes are here with those who do not finish their handshake. */
export const HANDSHAKE_MS = 3000;

/** A busy machine is late, which is no attack. */
const LATE_MS = 30_000;
const TUNING = {
  handshakeTimeoutMs: HANDSHAKE_MS,
  maxHandshakes: 64,
  publishPollMs: 500,
  unwrapBudgetMs: LATE_MS,
  holdBudgetMs: LATE_MS,
  sendBudgetMs: LATE_MS,
  deliveryBudgetMs: LATE_MS,
  serviceBudgetMs: LATE_MS,
};

export interface Town {
  readonly network: TestNetwork;
  readonly client: MixClient;
  readonly smtp: RunningBridge;
  readonly pop3: RunningBridge;
  readonly management: RunningBridge;
  /** The time of the three bridges, which stands until it is turned. */
  readonly patience: ManualClock;
  close(): Promise<void>;
}

const quietIo = (): Io => ({ ...nodeIo(), workers: inlineWorkers, log: memoryLog() });

const must = <T, E>(result: Result<T, E>): T => result._unsafeUnwrap();

const until = async (done: () => boolean): Promise<void> => {
  const lastMs = Date.now() + READY_MS;
  while (!done()) {
    if (Date.now() > lastMs) throw new Error('the town did not come up');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const publicOf = (secret: Uint8Array): Uint8Array => {
  const { x25519 } = selectPrimitives();
  return x25519.publicKey(x25519.scalar(secret));
};

const openClient = async (network: TestNetwork, dataDir: string): Promise<MixClient> => {
  const io = quietIo();
  const people = [ALICE, BOB].map((address, at) => {
    const [user = '', provider = ''] = address.split('@');
    const [linkKey, identityKey] = [repeated(at + 1, 32), repeated(at + 11, 32)];
    return { address, user, provider, linkKey, identityKey };
  });
  for (const { user, provider, linkKey } of people) {
    const keys = { linkKey: publicOf(linkKey), identityKey: undefined };
    must(await network.provider(provider).users.add(user, keys));
  }
  const config = {
    dataDir,
    networks: { town: network.config },
    accounts: people.map(({ user, provider, linkKey, identityKey }) => ({
      user,
      provider,
      linkKey,
      identityKey,
      network: 'town',
    })),
    storageKey: new Uint8Array(32),
    recipients: Object.fromEntries(
      people.map(({ address, identityKey }) => [address, publicOf(identityKey)]),
    ),
  };
  const world = { io, openStore: memoryStores().open, primitives: selectPrimitives() };
  return must(await openMixClient(config, world));
};

/** Builds it; mail can flow when this resolves. */
export const buildTown = async (): Promise<Town> => {
  const directory = await openDirectory();
  const io = quietIo();
  const network = must(
    await startNetwork({
      io,
      openStore: memoryStores().open,
      dataDir: join(directory.path, 'network'),
      means: MEANS,
      geometry: GEOMETRY,
      tuning: TUNING,
    }),
  );
  const client = await openClient(network, join(directory.path, 'client'));
  await until(
    () =>
      network.isReady() &&
      client.accounts.status().every(({ connection }) => connection.kind === 'connected'),
  );
  const patience = manualClock();
  const bridges = await openBridges(client, directory.path, patience);
  return {
    network,
    client,
    ...bridges,
    patience,
    close: async () => {
      const closing = Object.values(bridges).map((bridge) => bridge.close());
      await patience.advance(10_000);
      await Promise.all(closing);
      await client.close();
      await network.close();
      await directory.dispose();
    },
  };
};

const openBridges = async (client: MixClient, directory: string, clock: ManualClock) => {
  const io = quietIo();
  const { network, random, log } = io;
  const accounts = new Map([
    [ALICE, PASSWORD],
    [BOB, PASSWORD],
  ]);
  const common = { network, client, clock, log, accounts, address: '127.0.0.1:0' };
  await mkdir(directory, { recursive: true });
  return {
    smtp: must(await serveSmtp(common)),
    pop3: must(await servePop3(common)),
    management: must(
      await serveManagement({
        ...common,
        random,
        address: `unix:${join(directory, 'control')}`,
        methods: {},
        enableDocumentVerbs: true,
        shutdown: () => undefined,
      }),
    ),
  };
};
