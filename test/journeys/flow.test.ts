import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes/writer.js';
import { FAST, mailOf, openWorld, type World } from './world.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const SECOND = 1000;

const connected = async (seed: string): Promise<World> => {
  const world = await openWorld({
    seed,
    users: [ALICE, BOB],
    means: FAST,
    tuning: { pollingIntervalMs: 30 },
  });
  const isUp = () =>
    [ALICE, BOB].every((user) => world.status(user).connection.kind === 'connected');
  expect(await world.until(() => world.network.isReady() && isUp(), 120 * SECOND)).toBe(true);
  return world;
};

/** Simulated time from the first send until all has come and is acknowledged. */
const deliver = async (world: World, mails: readonly Uint8Array[]) => {
  const startMs = world.io.clock.now();
  for (const mail of mails)
    (await world.client(ALICE).send({ account: ALICE, to: BOB, mail }))._unsafeUnwrap();
  let transmissions = 0;
  const isThere = (): boolean => {
    const queued = world.client(ALICE).outbox.list();
    transmissions = Math.max(
      transmissions,
      queued.reduce((sum, mail) => sum + mail.transmissions, 0),
    );
    return world.status(BOB).inbox.count === mails.length;
  };
  expect(await world.until(isThere, 300 * SECOND)).toBe(true);
  const tookMs = world.io.clock.now() - startMs;
  return { tookMs, transmissions };
};

describe('mail flows at the rate of the send process', () => {
  it('200 one-block mails take under 30 s of the network’s time', async () => {
    const world = await connected('flow/200');
    const mails = Array.from({ length: 200 }, (_, i) => mailOf(`mail ${i}`, 'x'.repeat(500)));
    const { tookMs } = await deliver(world, mails);
    console.log(`200 mails: ${(tookMs / SECOND).toFixed(1)} s`);
    expect(tookMs).toBeLessThan(30 * SECOND);
    await world.close();
  });

  it('a mail of 4 MB takes under 15 s with at most 1.2 transmissions per block', async () => {
    const world = await connected('flow/4MB');
    const mail = concat(mailOf('big', ''), new Uint8Array(4_000_000).fill(0x61));
    const { tookMs, transmissions } = await deliver(world, [mail]);
    const blocks = Math.ceil(mail.length / 50_522);
    console.log(
      `4 MB: ${(tookMs / SECOND).toFixed(1)} s, ${(transmissions / blocks).toFixed(2)} transmissions per block`,
    );
    expect(tookMs).toBeLessThan(15 * SECOND);
    expect(transmissions / blocks).toBeLessThanOrEqual(1.2);
    await world.close();
  });
});
