import { describe, expect, it } from 'vitest';
import { begin, SHORT, type Journey } from './journey.js';
import { during } from './provider.js';

const drops = (journey: Journey, index: number) =>
  Object.fromEntries(
    Object.entries(journey.counters(index)).filter(([name]) => name.startsWith('drop.')),
  );

describe('a mix that is stopped', () => {
  it('holds its packets again after the start, for what is left of their delays', async () => {
    const journey = await begin('stopped');
    const { network, mixes, send, restart, close } = journey;
    const { clock } = network.io;
    const [, exit] = network.providers;
    const sentMs = clock.now();
    for (const delayMs of [5000, 8000, 9000]) await send(network.packet(mixes, [delayMs, 1, 1]));
    expect(mixes[0]?.status().queues.mix).toBe(3);
    await restart(0);
    const { queues, queuedOnDisk, counters } = mixes[0]?.status() ?? {};
    expect((queues?.mix ?? 0) + (counters?.['packets.sent'] ?? 0)).toBe(3);
    expect(queuedOnDisk).toBe(0);
    await clock.advance(15_000);
    const afterMs = exit.received.map(({ atMs }) => atMs - sentMs);
    expect(afterMs).toHaveLength(3);
    expect(afterMs[0]).toBeGreaterThanOrEqual(5000);
    expect(afterMs[1]).toBeGreaterThanOrEqual(8000);
    // Neither later than asked for: the time of the stop counts as delay.
    expect(afterMs[2]).toBeGreaterThanOrEqual(9000);
    expect(afterMs[2]).toBeLessThan(9500);
    expect(mixes.every((mix) => mix.status().idle)).toBe(true);
    await close();
  });

  it('never holds longer than was asked for, whatever the clock says', async () => {
    const journey = await begin('wall');
    const { network, mixes, send, close } = journey;
    const { clock } = network.io;
    await clock.advance(120_000);
    await send(network.packet(mixes, [5000, 1, 1]));
    await during(network.io, mixes[0]?.close() ?? Promise.resolve());
    clock.jumpWall(-60_000);
    mixes[0] = await network.start(0);
    await network.settle(mixes);
    await clock.advance(5100);
    expect(network.providers[1].received).toHaveLength(1);
    await close();
  });

  it('drops what nobody can open when it is started again', async () => {
    const journey = await begin('stale');
    const { network, mixes, send, close } = journey;
    await send(network.packet(mixes, [5000, 1, 1]));
    await during(network.io, mixes[0]?.close() ?? Promise.resolve());
    await network.io.clock.advance(25 * 60_000);
    mixes[0] = await network.start(0);
    await network.io.clock.advance(60_000);
    await network.settle(mixes);
    expect(drops(journey, 0)).toEqual({ 'drop.next-key-gone': 1 });
    expect(mixes[0].status()).toMatchObject({ queuedOnDisk: 0, idle: true });
    await close();
  });

  it('keeps what waits for a node that is down', async () => {
    const journey = await begin('waits');
    const { network, mixes, send, restart, close } = journey;
    await during(network.io, mixes[1]?.close() ?? Promise.resolve());
    for (let i = 0; i < 5; i++) await send(network.packet(mixes, SHORT));
    await network.io.clock.advance(1000);
    expect(mixes[0]?.status().queues).toMatchObject({ mix: 0, outgoing: 5 });
    await during(network.io, mixes[0]?.close() ?? Promise.resolve());
    mixes[0] = await network.start(0);
    expect(mixes[0].status()).toMatchObject({ queues: { outgoing: 5 }, queuedOnDisk: 5 });
    await restart(1);
    await network.io.clock.advance(60_000);
    expect(network.providers[1].received).toHaveLength(5);
    expect(mixes[0].status()).toMatchObject({ queuedOnDisk: 0, idle: true });
    await close();
  });

  const stop = ({ network, mixes }: Journey) =>
    during(network.io, mixes[0]?.close() ?? Promise.resolve());

  it('has after a stop that is cut off what was written before, whole and once', async () => {
    const journey = await begin('cut');
    const { network, mixes, send, restart, close } = journey;
    const [, exit] = network.providers;
    let before = 0;
    for (const [commits, kept] of [0, 64, 128, 130].entries()) {
      for (let i = 0; i < 130; i++) await send(network.packet(mixes, [9000, 1, 1]));
      network.stores.failCommits({ kind: 'store-io', reason: 'power' }, commits);
      await stop(journey);
      network.stores.failCommits(undefined);
      mixes[0] = await network.start(0);
      await network.settle(mixes);
      await network.io.clock.advance(15_000);
      expect(exit.received).toHaveLength(before + kept);
      before += kept;
      expect(mixes[0].status()).toMatchObject({ queuedOnDisk: 0, idle: true });
      expect(drops(journey, 0)).toEqual({});
      await restart(0);
    }
    expect(drops(journey, 1)).toEqual({});
    await close();
  });

  it('loses in a start that is cut off only what it had in memory', async () => {
    const journey = await begin('start');
    const { network, mixes, send, restart, close } = journey;
    const [, exit] = network.providers;
    let before = 0;
    for (const commits of [0, 1, 2, 3, 4]) {
      for (let i = 0; i < 4; i++) await send(network.packet(mixes, [9000, 1, 1]));
      await stop(journey);
      network.stores.failCommits({ kind: 'store-io', reason: 'power' }, commits);
      const killed = await network.start(0);
      await network.io.clock.settled();
      network.stores.crash('/m0');
      await during(network.io, killed.close());
      network.stores.failCommits(undefined);
      mixes[0] = await network.start(0);
      await network.settle(mixes);
      await network.io.clock.advance(15_000);
      expect(exit.received).toHaveLength(before + 4 - commits);
      before += 4 - commits;
      expect(mixes[0].status()).toMatchObject({ queuedOnDisk: 0, idle: true });
      await restart(0);
    }
    expect(drops(journey, 1)).toEqual({});
    await close();
  });
});
