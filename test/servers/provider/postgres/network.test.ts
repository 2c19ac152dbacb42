/** Two processes of one provider in a whole network: both take and send, and either may go. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errAsync } from 'neverthrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMixClient } from '../../../../src/client/mix-client.js';
import { selectPrimitives } from '../../../../src/crypto/select.js';
import type { MixClient } from '../../../../src/index.js';
import type { Io } from '../../../../src/io/contracts.js';
import { memoryLog } from '../../../../src/io/memory.js';
import { nodeIo } from '../../../../src/io/node.js';
import { memoryStores } from '../../../../src/store/memory.js';
import type { RunningNode } from '../../../../servers/node/node.js';
import type { DataSource } from '../../../../servers/provider/postgres/data-source.js';
import { startProvider, type RunningProvider } from '../../../../servers/provider/provider.js';
import { startNetwork, type TestNetwork } from '../../../../testkit/network.js';
import {
  identityKeyOf,
  makeSecrets,
  parseUser,
  register,
  type UserSecrets,
} from '../../../../testkit/users.js';
import { freeAddress } from '../../../../testkit/free-ports.js';
import { QUICK_MEANS } from '../../../../testkit/world.js';
import { noPostgres, startCluster, type Cluster } from '../../../support/postgres.js';

const PROVIDER = 'p1.test';
const READER = 'inbox';
const ROUND = 10;
const PATIENCE = { timeout: 120_000, interval: 50 };
const KEY_FILES = ['identity.private.pem', 'identity.public.pem', 'link.private.pem'];

const io: Io = { ...nodeIo(), log: memoryLog() };
const primitives = selectPrimitives();

/** The world of a client that finds nobody at an address. */
const without = (hidden: () => string | undefined): Io => ({
  ...io,
  network: {
    listen: (address) => io.network.listen(address),
    dial: (address, signal) =>
      address === hidden()
        ? errAsync({ kind: 'dial', address, reason: 'refused' })
        : io.network.dial(address, signal),
  },
});

/** A client that notes the subject of whatever arrives. */
class Correspondent {
  readonly received: string[] = [];
  readonly #client: MixClient;
  readonly #address: string;
  readonly #receiving: Promise<void>;
  readonly #stop = new AbortController();

  constructor(client: MixClient, address: string) {
    this.#client = client;
    this.#address = address;
    this.#receiving = this.#receive();
  }

  get isConnected(): boolean {
    return this.#client.accounts.status()[0]?.connection.kind === 'connected';
  }

  async send(to: string, subjects: readonly string[]): Promise<void> {
    for (const subject of subjects) {
      const mail = { subject, text: subject };
      (await this.#client.send({ account: this.#address, to, mail }))._unsafeUnwrap();
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#receiving;
    await this.#client.close();
  }

  async #receive(): Promise<void> {
    const options = { reader: READER, signal: this.#stop.signal };
    for await (const mail of this.#client.receive(this.#address, options)) {
      this.received.push(
        /^Subject: (.*)\r$/m.exec(new TextDecoder().decode(mail.bytes))?.[1] ?? '',
      );
      (await mail.done())._unsafeUnwrap();
    }
  }
}

const numbered = (who: string, from: number): readonly string[] =>
  Array.from({ length: ROUND }, (_, at) => `${who} ${from + at}`);

describe.skipIf(noPostgres)('two processes of a provider in a network', () => {
  let cluster: Cluster;
  let directory: string;
  const closers: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    cluster = await startCluster();
    directory = await mkdtemp(join(tmpdir(), 'postern-several-'));
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
    await cluster.dispose();
    await rm(directory, { recursive: true, force: true });
  });

  /** A network whose first provider lists two addresses, of which its first process has one. */
  const openNetwork = async (source: DataSource, addresses: readonly string[]) => {
    const [first = ''] = addresses;
    const told = {
      database: source,
      addresses: [first],
      advertise: new Map([['tcp4', addresses]]),
    };
    const network = (
      await startNetwork({
        io,
        openStore: memoryStores().open,
        dataDir: directory,
        means: QUICK_MEANS,
        providerOptions: { [PROVIDER]: told },
      })
    )._unsafeUnwrap();
    closers.push(() => network.close());
    await expect.poll(() => network.isReady(), PATIENCE).toBe(true);
    return { network, told };
  };

  /** The same provider once more, with its key files and a data directory of its own. */
  const startSecond = async (
    network: TestNetwork,
    told: { readonly database: DataSource; readonly advertise: Map<string, readonly string[]> },
    address: string,
  ): Promise<RunningProvider> => {
    const dataDir = join(directory, 'second');
    (await io.files.makeDirectory(dataDir))._unsafeUnwrap();
    for (const file of KEY_FILES) {
      const bytes = (await io.files.read(join(directory, PROVIDER, file)))._unsafeUnwrap();
      (await io.files.write(join(dataDir, file), bytes))._unsafeUnwrap();
    }
    return (
      await startProvider({
        ...{ ...told, io, dataDir, network: network.config },
        identifier: PROVIDER,
        addresses: [address],
        openStore: memoryStores().open,
        storageKey: new Uint8Array(32),
        tuning: { retryStepMs: 500 },
      })
    )._unsafeUnwrap();
  };

  const openClient = async (
    network: TestNetwork,
    users: readonly UserSecrets[],
    { user, hidden }: { readonly user: UserSecrets; readonly hidden: () => string | undefined },
  ): Promise<Correspondent> => {
    const world = without(hidden);
    const { open: openStore } = memoryStores();
    const client = await openMixClient(
      {
        ...{ io: world, openStore, networks: { test: network.config } },
        dataDir: join(directory, user.user),
        accounts: [{ ...user, network: 'test' }],
        storageKey: new Uint8Array(32),
        recipients: Object.fromEntries(users.map((each) => [each.address, identityKeyOf(each)])),
      },
      { io: world, openStore, primitives },
    );
    const correspondent = new Correspondent(client._unsafeUnwrap(), user.address);
    closers.push(() => correspondent.close());
    return correspondent;
  };

  it('both send to the same mix, and no mail is lost or doubled when one goes', async () => {
    const source = await cluster.makeDatabase();
    const [one, two] = [
      (await freeAddress(io))._unsafeUnwrap(),
      (await freeAddress(io))._unsafeUnwrap(),
    ];
    const { network, told } = await openNetwork(source, [one, two]);
    const second = await startSecond(network, told, two);
    closers.push(() => second.close());

    const isUp = ({
      connections: { outgoingPlanned, outgoingUp },
    }: ReturnType<RunningNode['status']>) => outgoingPlanned > 0 && outgoingPlanned === outgoingUp;
    await expect.poll(() => isUp(second.status()), PATIENCE).toBe(true);
    const firstMix = network.nodes.find((node) => node.status().place === 0);
    // Two of this provider and one of the other.
    await expect.poll(() => firstMix?.status().connections.nodes, PATIENCE).toBe(3);

    const [alice, carol] = ['alice@p1.test', 'carol@p1.test'].map((address) => ({
      ...parseUser(address),
      ...makeSecrets(io.random),
    }));
    if (!alice || !carol) throw new Error('two users were made');
    const users = [alice, carol];
    for (const user of users) await register(network, user);
    const ofAlice = await openClient(network, users, { user: alice, hidden: () => two });
    let gone = one;
    const ofCarol = await openClient(network, users, { user: carol, hidden: () => gone });
    await expect.poll(() => ofAlice.isConnected && ofCarol.isConnected, PATIENCE).toBe(true);
    const clientsOf = (node: RunningNode): number => node.status().connections.clients;
    expect([clientsOf(network.provider(PROVIDER)), clientsOf(second)]).toEqual([1, 1]);

    const arrived = (count: number) =>
      expect
        .poll(() => [ofAlice.received.length, ofCarol.received.length], PATIENCE)
        .toEqual([count, count]);
    await ofAlice.send(carol.address, numbered('alice', 0));
    await ofCarol.send(alice.address, numbered('carol', 0));
    await arrived(ROUND);
    expect(second.status().counters['packets.sent']).toBeGreaterThanOrEqual(ROUND);
    expect(firstMix?.status().counters['link.duplicate']).toBeUndefined();

    // The second process goes in the midst of the next ones.
    await ofAlice.send(carol.address, numbered('alice', ROUND));
    await ofCarol.send(alice.address, numbered('carol', ROUND));
    gone = two;
    await second.close();
    await arrived(2 * ROUND);
    await expect.poll(() => firstMix?.status().connections.nodes, PATIENCE).toBe(2);
    const all = (who: string) => [...numbered(who, 0), ...numbered(who, ROUND)].sort();
    expect(ofAlice.received.toSorted()).toEqual(all('carol'));
    expect(ofCarol.received.toSorted()).toEqual(all('alice'));
  });
});
