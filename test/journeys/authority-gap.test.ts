/**
 * The authority killed for three epochs and started again: the network goes on with its last
 * document until that expires, says so, stops, and comes back by itself.
 */
import { expect, it } from 'vitest';
import { epochAt, epochStart, KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import { openTestWorld, type TestWorld } from '../../testkit/world.js';
import { must } from '../../testkit/users.js';

const [ALICE, BOB] = ['alice@p1.test', 'bob@p2.test'];
/** Hours pass here, and few packets are enough to see whether any leave. */
const SLOW = { mu: 50, lambdaP: 15_000, lambdaL: 60_000, lambdaD: 60_000, lambdaM: 60_000 };
const MINUTE = 60_000;
const STOP_LIMIT_MS = MINUTE;
const EXPIRED_MS = 12 * MINUTE;

const epochOf = ({ io }: TestWorld): number => epochAt(KATZENPOST_EPOCHS, io.clock.now());

/** Lets time pass until `afterMs` of an epoch. */
const reach = async ({ io }: TestWorld, epoch: number, afterMs: number): Promise<void> =>
  io.clock.advance(epochStart(KATZENPOST_EPOCHS, epoch) + afterMs - io.clock.now());

const during = async (world: TestWorld, work: Promise<unknown>): Promise<void> => {
  let isDone = false;
  void work.finally(() => (isDone = true));
  expect(await world.until(() => isDone, STOP_LIMIT_MS)).toBe(true);
};

/** Each member's word on the document that it goes by. */
const documents = ({ network, clients }: TestWorld): ReadonlySet<string> =>
  new Set([
    ...network.nodes.map((node) => node.status().document),
    ...[...clients.values()].flatMap((client) =>
      client.accounts.status().map(({ document }) => document),
    ),
  ]);

/** Packets that the network's nodes have sent to each other so far, as their links count them. */
const packets = ({ network }: TestWorld): number =>
  network.nodes
    .flatMap((node) => Object.entries(node.status().counters))
    .filter(([name]) => name === 'packets.sent')
    .reduce((sum, [, count]) => sum + count, 0);

const sendMail = async (world: TestWorld, subject: string): Promise<void> => {
  const mail = { subject, text: 'hello' };
  must(await world.client(ALICE).send({ account: ALICE, to: BOB, mail }));
};

const arrives = async (world: TestWorld, subject: string): Promise<void> => {
  const mail = await world.nextMail(BOB, 10 * MINUTE);
  expect(new TextDecoder().decode(mail.bytes)).toContain(subject);
};

it('goes on, says that it is stale, stops, and comes back', async () => {
  const world = await openTestWorld({
    users: [ALICE, BOB],
    clock: 'standing',
    seed: 'gap',
    means: SLOW,
    geometry: smallGeometry(1024),
  });
  expect(await world.until(() => world.isReady(), 10 * MINUTE)).toBe(true);
  const last = epochOf(world);
  expect(documents(world)).toEqual(new Set(['current']));
  await during(world, world.network.stop('authority'));

  await reach(world, last + 1, MINUTE);
  expect(documents(world)).toEqual(new Set(['stale']));
  await sendMail(world, 'on the old document');
  await arrives(world, 'on the old document');

  await reach(world, last + 2, 19 * MINUTE);
  await reach(world, last + 3, MINUTE);
  expect(documents(world)).toEqual(new Set(['missing']));
  await sendMail(world, 'without one');
  const before = packets(world);
  expect(before).toBeGreaterThan(0);
  await world.io.clock.advance(EXPIRED_MS);
  expect(packets(world)).toBe(before);

  await reach(world, last + 4, MINUTE);
  await during(world, Promise.resolve(world.network.start('authority')));
  expect(await world.until(() => world.isReady(), 20 * MINUTE)).toBe(true);
  expect(documents(world)).toEqual(new Set(['current']));
  await arrives(world, 'without one');
  await world.close();
});
