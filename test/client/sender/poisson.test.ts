import { describe, expect, it } from 'vitest';
import { Pulse } from '../../../src/client/pulse.js';
import { runPoisson } from '../../../src/client/sender/poisson.js';
import { manualClock, seededRandom } from '../../../src/io/memory.js';
import type { Rate } from '../../../src/pki/document-codec.js';

const start = (rate: () => Rate | undefined, fire?: () => Promise<void>) => {
  const clock = manualClock();
  const changed = new Pulse();
  const stop = new AbortController();
  const firedAt: number[] = [];
  const deps = {
    clock,
    changed,
    rate,
    random: seededRandom('poisson'),
    fire: async () => {
      firedAt.push(clock.monotonic());
      await fire?.();
    },
  };
  const ended = runPoisson(deps, stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  return { clock, changed, firedAt, end };
};

describe('runPoisson', () => {
  it('fires with the mean of its rate and exponential gaps', async () => {
    const { clock, firedAt, end } = start(() => ({ perMs: 0.01, maxMs: 0 }));
    await clock.advance(200_000);
    expect(firedAt.length).toBeGreaterThan(1850);
    expect(firedAt.length).toBeLessThan(2200);
    const gaps = firedAt.slice(1).map((at, index) => at - (firedAt[index] ?? 0));
    const overMean = gaps.filter((gap) => gap > 100).length / gaps.length;
    expect(overMean).toBeCloseTo(Math.exp(-1), 1);
    await end();
  });

  it('never waits longer than the maximum', async () => {
    const { clock, firedAt, end } = start(() => ({ perMs: 0.0001, maxMs: 500 }));
    await clock.advance(10_000);
    expect(firedAt.length).toBeGreaterThanOrEqual(20);
    await end();
  });

  it('is parked without a rate and with a rate of zero', async () => {
    let rate: Rate | undefined;
    const { clock, changed, firedAt, end } = start(() => rate);
    await clock.advance(10_000);
    rate = { perMs: 0, maxMs: 10 };
    changed.fire();
    await clock.advance(10_000);
    expect(firedAt).toEqual([]);
    rate = { perMs: 0.1, maxMs: 0 };
    changed.fire();
    await clock.advance(1000);
    expect(firedAt.length).toBeGreaterThan(50);
    await end();
  });

  it('is not starved by changes, whether they change the rate or not', async () => {
    let odd = false;
    const { clock, changed, firedAt, end } = start(() => ({ perMs: 0.001, maxMs: odd ? 0 : 9e9 }));
    for (let i = 0; i < 10_000; i++) {
      odd = !odd;
      changed.fire();
      await clock.advance(10);
    }
    expect(firedAt.length).toBeGreaterThan(60);
    await end();
  });

  it('keeps its pace whatever the work takes, and does not catch up in a burst', async () => {
    const world: { clock?: ReturnType<typeof manualClock> } = {};
    let workMs = 40;
    const { clock, firedAt, end } = start(
      () => ({ perMs: 0.01, maxMs: 0 }),
      async () => world.clock?.sleep(workMs),
    );
    world.clock = clock;
    await clock.advance(100_000);
    expect(firedAt.length).toBeGreaterThan(850);
    workMs = 20_000;
    await clock.advance(30_000);
    workMs = 0;
    const before = firedAt.length;
    await clock.advance(21_000);
    expect(firedAt.length - before).toBeLessThan(250);
    await end();
  });
});
