/** A mix that no document lists carries what is sent through it, where its neighbours try it. */
import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../src/bytes/text.js';
import { smallGeometry } from '../../src/index.js';
import { givenItem } from '../../src/pki/path-spec.js';
import { startMix } from '../../servers/mix/mix.js';
import type { RunningNode } from '../../servers/node/node.js';
import { openTestWorld, type TestWorld } from '../../testkit/index.js';
import { mailOf } from './world.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const EPOCH_MS = 1_200_000;
const SOON_MS = EPOCH_MS / 10;
const TRIAL = '/trial/current-desc';
const RETRY = { retryStepMs: 500, reauthenticateMs: 1000 };

const open = (): Promise<TestWorld> =>
  openTestWorld({
    users: [ALICE, BOB],
    geometry: smallGeometry(1000),
    tuning: { pathsByHand: true, sendDecoyTraffic: false },
  });

/** A mix that has signed its descriptor, which the authority does not take. */
const startUnlisted = async ({ io, stores, network }: TestWorld): Promise<RunningNode> => {
  const mix = await startMix({
    io,
    network: network.config,
    dataDir: '/trial',
    identifier: 'newmix',
    addresses: ['127.0.0.1:0'],
    openStore: stores.open,
    storageKey: new Uint8Array(32),
    tuning: { ...RETRY, tryNodes: [TRIAL] },
  });
  return mix._unsafeUnwrap();
};

const itemOf = async ({ io }: TestWorld): Promise<string> => {
  const place = fromUtf8((await io.files.read(TRIAL))._unsafeUnwrap()).trim();
  return givenItem((await io.files.read(place))._unsafeUnwrap());
};

const tryIt = ({ network }: TestWorld, tryNodes: readonly string[]): void => {
  for (const node of network.nodes) node.retune({ ...RETRY, tryNodes });
};

const linksOf = (mix: RunningNode) => {
  const { nodes, outgoingUp } = mix.status().connections;
  return { in: nodes, out: outgoingUp };
};

const receivedBy = (mix: RunningNode): number => mix.status().counters['packets.received'] ?? 0;

const send = (world: TestWorld, path: string | undefined, body: string) =>
  world.client(ALICE).send({ account: ALICE, to: BOB, mail: mailOf('trial', body), path });

describe('a mix on trial', () => {
  it('carries packets both ways without being listed, until it is tried no more', async () => {
    const world = await open();
    const mix = await startUnlisted(world);
    expect(await world.until(() => mix.status().onTrial.length > 0, SOON_MS)).toBe(true);
    tryIt(world, [TRIAL]);
    // Both providers and all three mixes, in both directions.
    const isLinked = (): boolean => linksOf(mix).in === 5 && linksOf(mix).out === 5;
    expect(await world.until(isLinked, SOON_MS)).toBe(true);
    const item = await itemOf(world);
    for (const path of [`${item},*`, `?,${item},?`, `~2,${item}`]) {
      const before = receivedBy(mix);
      (await send(world, path, 'x'.repeat(3000)))._unsafeUnwrap();
      expect((await world.nextMail(BOB)).sender).toBe(ALICE);
      const isDone = (): boolean => world.status(ALICE).outbox.mails === 0;
      expect(await world.until(isDone, SOON_MS)).toBe(true);
      // There and back, four blocks at least.
      expect(receivedBy(mix) - before).toBeGreaterThanOrEqual(8);
    }
    const pong = await world.client(ALICE).accounts.ping(ALICE, [item]);
    expect(pong._unsafeUnwrap().roundTripMs).toBeGreaterThan(0);
    expect(mix.status().place).toBeUndefined();
    const nodes = world.client(ALICE).accounts.nodes(ALICE)._unsafeUnwrap();
    expect(nodes.map(({ name }) => name)).not.toContain('newmix');

    tryIt(world, []);
    expect(await world.until(() => linksOf(mix).in === 0 && linksOf(mix).out === 0, SOON_MS)).toBe(
      true,
    );
    await mix.close();
    await world.close();
  });

  it('has no links with those who do not try it, and they carry on', async () => {
    const world = await open();
    const mix = await startUnlisted(world);
    expect(await world.until(() => mix.status().onTrial.length > 0, SOON_MS)).toBe(true);
    await world.until(() => false, SOON_MS);
    expect(linksOf(mix)).toEqual({ in: 0, out: 0 });
    expect(mix.status().counters['connect.failed']).toBeGreaterThan(5);
    for (const node of world.network.nodes) expect(node.status().onTrial).toEqual([]);
    (await send(world, `${await itemOf(world)},*`, 'lost'))._unsafeUnwrap();
    (await send(world, undefined, 'found'))._unsafeUnwrap();
    expect(fromUtf8((await world.nextMail(BOB)).bytes)).toContain('found');
    await world.until(() => false, SOON_MS);
    expect(world.status(BOB).inbox.count).toBe(0);
    expect(receivedBy(mix)).toBe(0);
    await mix.close();
    await world.close();
  });
});
