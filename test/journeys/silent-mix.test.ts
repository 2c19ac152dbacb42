/** A mix that dies is found by each client's own loops, and mail goes round it. */
import { describe, expect, it } from 'vitest';
import type { NodeHealth } from '../../src/client/types.js';
import { smallGeometry } from '../../src/index.js';
import { openTestWorld, type TestWorld } from '../../testkit/index.js';
import { mailOf } from '../client/support/world.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const MIXES = ['mix1', 'mix2', 'mix3', 'mix4', 'mix5', 'mix6'];
const EPOCH_MS = 1_200_000;

const open = (): Promise<TestWorld> =>
  openTestWorld({
    users: [ALICE, BOB],
    mixes: MIXES,
    geometry: smallGeometry(1000),
    tuning: { pathsByHand: true },
  });

const nodesOf = (world: TestWorld): readonly NodeHealth[] =>
  world.client(ALICE).accounts.nodes(ALICE).unwrapOr([]);
const silentIn = (world: TestWorld): readonly string[] =>
  nodesOf(world).flatMap(({ name, state }) => (state === 'silent' ? name : []));

describe('a dead mix', () => {
  it('is found in less than three epochs, and gone round where no path names it', async () => {
    const world = await open();
    const isWell = (): boolean => nodesOf(world).every(({ state }) => state === 'well');
    expect(await world.until(isWell, EPOCH_MS)).toBe(true);
    expect(nodesOf(world).map(({ name }) => name)).toEqual(
      expect.arrayContaining([...MIXES, 'p1.test', 'p2.test']),
    );
    await world.network.stop('mix4');
    const diedMs = world.io.clock.monotonic();
    expect(await world.until(() => silentIn(world).length > 0, 3 * EPOCH_MS)).toBe(true);
    expect(world.io.clock.monotonic() - diedMs).toBeLessThan(3 * EPOCH_MS);
    expect(silentIn(world)).toEqual(['mix4']);
    expect(nodesOf(world).filter(({ avoided }) => avoided)).toMatchObject([{ name: 'mix4' }]);
    const { accounts } = world.client(ALICE);
    expect((await accounts.ping(ALICE, ['mix4']))._unsafeUnwrapErr().kind).toBe('timeout');
    const sent = await world
      .client(ALICE)
      .send({ account: ALICE, to: BOB, mail: mailOf('round it') });
    expect(sent.isOk()).toBe(true);
    expect((await world.nextMail(BOB)).sender).toBe(ALICE);

    (await world.network.start('mix4'))._unsafeUnwrap();
    expect(await world.until(() => world.network.isReady(), EPOCH_MS)).toBe(true);
    const through = await world
      .client(ALICE)
      .send({ account: ALICE, to: BOB, mail: mailOf('through it'), path: '~1,mix4,~1' });
    expect(through.isOk()).toBe(true);
    expect((await world.nextMail(BOB)).sender).toBe(ALICE);
    expect(nodesOf(world).filter(({ avoided }) => avoided)).toMatchObject([{ name: 'mix4' }]);
    await world.close();
  });

  it('is told from the others by pings', async () => {
    const world = await open();
    const { accounts } = world.client(ALICE);
    const layers = nodesOf(world).map(({ layer, name }) => [layer, name] as const);
    const inLayer = (wanted: number): readonly string[] =>
      layers.flatMap(([layer, name]) => (layer === wanted ? name : []));
    const [[first = '', second = ''], [other = '']] = [inLayer(0), inLayer(1)];
    for (const path of [[first], [second, other], ['p1.test'], ['p2.test', first]]) {
      const pong = (await accounts.ping(ALICE, path))._unsafeUnwrap();
      expect(pong.roundTripMs).toBeGreaterThan(0);
    }
    const nodes = expect.arrayContaining([...MIXES, 'p1.test', 'p2.test']) as readonly string[];
    for (const path of [[], ['mix9'], [first, second], [first, first]]) {
      const refused = (await accounts.ping(ALICE, path))._unsafeUnwrapErr();
      expect(refused).toEqual({ kind: 'not-crossed', nodes });
    }
    expect((await accounts.ping(BOB, [first]))._unsafeUnwrapErr().kind).toBe('unknown-account');
    await world.close();
  });

  it('is nothing that can be seen without a document', async () => {
    const world = await openTestWorld({ users: [ALICE], openClients: false });
    const alice = await world.open(ALICE);
    expect(alice.accounts.nodes(ALICE)._unsafeUnwrapErr()).toEqual({ kind: 'no-document' });
    expect(alice.accounts.nodes(BOB)._unsafeUnwrapErr().kind).toBe('unknown-account');
    await world.close();
  });
});
