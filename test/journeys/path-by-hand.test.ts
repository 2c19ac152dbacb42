/** A mail whose path is written by hand takes that one, and no other. */
import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../src/bytes/text.js';
import { smallGeometry } from '../../src/index.js';
import {
  openTestWorld,
  QUICK_MEANS,
  type TestWorld,
  type TestWorldOptions,
} from '../../testkit/index.js';
import { mailOf } from './world.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const MIXES = ['mix1', 'mix2', 'mix3', 'mix4', 'mix5', 'mix6'];
const EPOCH_MS = 1_200_000;
/** Whatever crosses a mix is mail, or acknowledges it. */
const UNLOCKED = { pathsByHand: true, sendDecoyTraffic: false };

const open = (options: Partial<TestWorldOptions> = {}): Promise<TestWorld> =>
  openTestWorld({
    users: [ALICE, BOB],
    mixes: MIXES,
    geometry: smallGeometry(1000),
    tuning: UNLOCKED,
    ...options,
  });

/** Names of the mixes that the document lists, by layer. */
const layersOf = (world: TestWorld): readonly (readonly string[])[] => {
  const nodes = world.client(ALICE).accounts.nodes(ALICE).unwrapOr([]);
  return [0, 1, 2].map((wanted) =>
    nodes.flatMap(({ layer, name }) => (layer === wanted ? name : [])),
  );
};

/** How many packets each mix has received, while all run. */
const receivedBy = ({ network }: TestWorld): ReadonlyMap<string, number> =>
  new Map(
    network.nodes.flatMap((node, index) => {
      const name = MIXES[index];
      return name === undefined ? [] : [[name, node.status().counters['packets.received'] ?? 0]];
    }),
  );

const send = async (world: TestWorld, path: string, body = 'hello') =>
  world.client(ALICE).send({ account: ALICE, to: BOB, mail: mailOf('by hand', body), path });

const refusal = async (world: TestWorld, path: string) =>
  (await send(world, path))._unsafeUnwrapErr();

describe('a path written by hand', () => {
  it('is taken by every packet of a mail, there and back, after losses and a restart too', async () => {
    const world = await open({ faults: { loss: 0.4 } });
    const layers = layersOf(world);
    const drawn = layers.findLastIndex((names) => !names.includes('mix1'));
    // The first mix loses packets.
    const named = layers.flatMap(([first = '', other = ''], layer) =>
      layer === drawn ? [] : [other === 'mix1' ? other : first],
    );
    const path = [...named.slice(0, drawn), '?', ...named.slice(drawn)].join(', ');
    const body = 'x'.repeat(9000);
    const [sent] = (await send(world, path, body))._unsafeUnwrap();
    const queued = () => world.client(ALICE).outbox.list()[0];
    expect(await world.until(() => (queued()?.acknowledged ?? 0) > 0, EPOCH_MS)).toBe(true);
    const { blocks = 0 } = queued() ?? {};
    expect(blocks).toBeGreaterThan(8);
    expect(queued()?.acknowledged).toBeLessThan(blocks);

    await world.open(ALICE);
    expect(queued()?.messageId).toBe(sent?.messageId);
    const mail = await world.nextMail(BOB, EPOCH_MS);
    expect(fromUtf8(mail.bytes)).toContain(body);
    expect(await world.until(() => queued() === undefined, EPOCH_MS)).toBe(true);
    const received = receivedBy(world);
    for (const name of named) expect(received.get(name), name).toBeGreaterThan(2 * blocks);
    for (const name of layers[drawn] ?? []) expect(received.get(name), name).toBeGreaterThan(0);
    const crossed = [...received].flatMap(([name, packets]) => (packets > 0 ? name : []));
    expect(crossed).toEqual([...named, ...(layers[drawn] ?? [])].toSorted());
    await world.close();
  });

  it('is waited for while the document has not got it', async () => {
    const world = await open({ means: { ...QUICK_MEANS, lambdaP: 5_000 } });
    const isListed = (): boolean => layersOf(world).flat().includes('mix4');
    await world.network.stop('mix4');
    // One that stands in any layer.
    (await send(world, '~1,mix4,~1'))._unsafeUnwrap();
    expect(await world.until(() => !isListed(), 4 * EPOCH_MS)).toBe(true);
    expect(await refusal(world, '~1,mix4,~1')).toEqual({
      kind: 'bad-path',
      problem: 'item 2 (mix4) is no mix of the network',
    });
    await world.until(() => false, EPOCH_MS / 2);
    expect(world.status(ALICE).outbox.mails).toBe(1);
    expect(world.status(BOB).inbox.count).toBe(0);
    (await world.network.start('mix4'))._unsafeUnwrap();
    expect((await world.nextMail(BOB, 4 * EPOCH_MS)).sender).toBe(ALICE);
    await world.close();
  });

  it('is refused where it is wrong, before anything is queued', async () => {
    const world = await open();
    expect(await refusal(world, 'mix1,mix9,?')).toMatchObject({ kind: 'bad-path' });
    expect(await refusal(world, '')).toMatchObject({ kind: 'bad-path' });
    expect(await refusal(world, '*,p1.test')).toEqual({
      kind: 'bad-path',
      problem:
        'item 2 (p1.test) is not where the mail leaves the mixes, which is p2.test: leave it out',
    });
    const offline = await world.client(ALICE).accounts.pause(ALICE);
    expect(offline.isOk()).toBe(true);
    expect(await refusal(world, '*')).toMatchObject({
      kind: 'bad-path',
      problem: expect.stringMatching(/no document yet/) as string,
    });
    expect(world.client(ALICE).outbox.list()).toEqual([]);
    await world.close();
  });

  it('is locked unless the configuration unlocks it', async () => {
    const world = await open({ tuning: {} });
    expect(await refusal(world, '*')).toEqual({ kind: 'paths-locked' });
    expect(world.client(ALICE).outbox.list()).toEqual([]);
    await world.close();
  });
});
