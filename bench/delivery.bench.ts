/**
 * Whole mails through an embedded network over loopback links: how many a second, and how much
 * longer one takes than the delays that it was told to take.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MixClient } from '../src/index.js';
import { selectPrimitives } from '../src/crypto/select.js';
import { exponential } from '../src/crypto/sample.js';
import type { Random } from '../src/io/contracts.js';
import { nodeIo, nodeLog } from '../src/io/node.js';
import { openSqliteStore } from '../src/store/sqlite.js';
import { startNetwork, type TestNetwork } from '../testkit/network.js';
import { measured, runArea } from './area.js';
import { isQuick } from './measure.js';
import type { AreaReport } from './report.js';
import { summarise } from './stats.js';

const MEANS = { mu: 100, lambdaP: 100, lambdaL: 1000, lambdaD: 1000, lambdaM: 60_000 };
const POLLING_MS = 30;
const HOPS_WITH_DELAY = 4;
const SINGLE_MAILS = isQuick() ? 20 : 100;
const MANY_MAILS = isQuick() ? 50 : 200;
const MODEL_SAMPLES = 20_000;
const MOST_ADDED_MS = 50;
const LONGEST_MANY_S = 30;
const READY_MS = 60_000;

const io = { ...nodeIo(), log: nodeLog({ level: 'error' }) };
const body = new TextEncoder().encode(`Subject: bench\r\n\r\n${'x'.repeat(480)}\r\n`);

interface User {
  readonly address: string;
  readonly client: MixClient;
}

const publicOf = (secret: Uint8Array): Uint8Array => {
  const { x25519 } = selectPrimitives();
  return x25519.publicKey(x25519.scalar(secret));
};

const openUsers = async (network: TestNetwork, directory: string): Promise<readonly User[]> => {
  const people = ['alice@p1.test', 'bob@p2.test'].map((address) => {
    const [user = '', provider = ''] = address.split('@');
    return { address, user, provider, linkKey: io.random(32), identityKey: io.random(32) };
  });
  const keys = people.map(({ address, identityKey }) => [address, publicOf(identityKey)] as const);
  return Promise.all(
    people.map(async ({ address, ...account }) => {
      const { user, linkKey, identityKey } = account;
      const registered = { linkKey: publicOf(linkKey), identityKey: publicOf(identityKey) };
      (await network.provider(account.provider).users.add(user, registered))._unsafeUnwrap();
      const opened = await MixClient.open({
        io,
        openStore: openSqliteStore,
        dataDir: join(directory, user),
        storageKey: io.random(32),
        networks: { bench: network.config },
        accounts: [{ ...account, network: 'bench' }],
        recipients: Object.fromEntries(keys),
        tuning: { pollingIntervalMs: POLLING_MS },
      });
      return { address, client: opened._unsafeUnwrap() };
    }),
  );
};

const until = async (isSo: () => boolean): Promise<void> => {
  const limit = performance.now() + READY_MS;
  while (!isSo()) {
    if (performance.now() > limit) throw new Error('not in time');
    await io.clock.sleep(2);
  }
};

const inboxOf = ({ client }: User): number => client.accounts.status()[0]?.inbox.count ?? 0;

const send = async (from: User, to: User): Promise<void> => {
  const sent = await from.client.send({ account: from.address, to: to.address, mail: body });
  sent._unsafeUnwrap();
};

/** Ms from handing in to having received, one mail after another. */
const oneByOne = async (from: User, to: User): Promise<readonly number[]> => {
  const times: number[] = [];
  for (let i = 0; i < SINGLE_MAILS; i++) {
    const expected = inboxOf(to) + 1;
    const startMs = performance.now();
    await send(from, to);
    await until(() => inboxOf(to) >= expected);
    times.push(performance.now() - startMs);
  }
  return times;
};

/** Seconds for many mails handed in at once. */
const allAtOnce = async (from: User, to: User): Promise<number> => {
  const expected = inboxOf(to) + MANY_MAILS;
  const startMs = performance.now();
  for (let i = 0; i < MANY_MAILS; i++) await send(from, to);
  await until(() => inboxOf(to) >= expected);
  return (performance.now() - startMs) / 1000;
};

/** What the network's processes ask a mail to take: a send, four hops, a retrieval. */
const configuredMs = (random: Random): number => {
  const wait = (meanMs: number): number => Math.floor(exponential(random, 1 / meanMs));
  let total = wait(MEANS.lambdaP) + wait(POLLING_MS);
  for (let hop = 0; hop < HOPS_WITH_DELAY; hop++) total += wait(MEANS.mu) + 1;
  return total;
};

const bench = async (): Promise<AreaReport> => {
  const directory = await mkdtemp(join(tmpdir(), 'postern-bench-'));
  const network = (
    await startNetwork({ io, openStore: openSqliteStore, dataDir: directory, means: MEANS })
  )._unsafeUnwrap();
  const users = await openUsers(network, directory);
  const [alice, bob] = users;
  if (!alice || !bob) throw new Error('nobody there');
  const isUp = ({ client }: User): boolean =>
    client.accounts.status()[0]?.connection.kind === 'connected';
  await until(() => network.isReady() && users.every(isUp));
  const single = await oneByOne(alice, bob);
  const manyS = await allAtOnce(alice, bob);
  for (const { client } of users) await client.close();
  await network.close();
  await rm(directory, { recursive: true, force: true });
  const model = Array.from({ length: MODEL_SAMPLES }, () => configuredMs(io.random));
  const addedMs = summarise(single).median - summarise(model).median;
  return {
    area: 'delivery',
    measures: [
      measured('500-byte mail, handed in to received', 'ms', single),
      measured('the delays configured for it', 'ms', model),
      measured(`mails a second, ${MANY_MAILS} at once`, '/s', [MANY_MAILS / manyS]),
    ],
    requirements: [
      {
        name: 'delivery: median over the configured delays',
        value: addedMs,
        unit: 'ms',
        bound: 'at-most',
        limit: MOST_ADDED_MS,
      },
      {
        name: 'delivery: 200 mails, seconds',
        value: (manyS * 200) / MANY_MAILS,
        unit: 's',
        bound: 'at-most',
        limit: LONGEST_MANY_S,
      },
    ],
  };
};

await runArea(bench);
