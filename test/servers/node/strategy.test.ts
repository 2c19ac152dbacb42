import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponential, uniformInt } from '../../../src/crypto/sample.js';
import { manualClock, seededRandom } from '../../../src/io/memory.js';
import { KATZENPOST_EPOCHS as epochTime } from '../../../src/pki/epoch.js';
import { sampleDelay } from '../../../src/pki/view.js';
import type { DropReason } from '../../../servers/node/drops.js';
import { Hold } from '../../../servers/node/hold.js';
import { makeStrategy } from '../../../servers/node/make-strategy.js';
import type { Mixing, Strategy } from '../../../servers/node/strategy.js';
import { kolmogorovTail } from '../../support/kolmogorov-smirnov.js';

const ROUNDS = 10_000;
const INTERVAL_MS = 1000;

const poolOf = (kind: 'pool' | 'binomial', rate: number, minSize: number): Mixing => ({
  kind,
  intervalMs: INTERVAL_MS,
  rate,
  minSize,
});

const open = (mixing: Mixing, seed = 'strategy'): Strategy<number> =>
  makeStrategy<number>(mixing, { random: seededRandom(seed), startMs: 0 });

const fill = (strategy: Strategy<number>, count: number, nowMs: number): void => {
  for (let i = 0; i < count; i++) strategy.add(i, { nowMs, delayMs: 0 });
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const variance = (values: readonly number[]): number => {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
};

describe('a pool over 10,000 rounds', () => {
  it.each(['pool', 'binomial'] as const)('never goes below its minimum: %s', (kind) => {
    const random = seededRandom(kind);
    const minSize = 5;
    const rate = 0.6;
    const strategy = open(poolOf(kind, rate, minSize));
    let largest = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const nowMs = round * INTERVAL_MS;
      fill(strategy, uniformInt(random, 12), nowMs - 1);
      const before = strategy.size;
      const left = strategy.release(nowMs).length;
      expect(strategy.size).toBe(before - left);
      expect(strategy.size).toBeGreaterThanOrEqual(Math.min(before, minSize));
      const batch = Math.min(before - minSize, Math.max(1, Math.floor(rate * before)));
      if (kind === 'pool') expect(left).toBe(Math.max(0, batch));
      largest = Math.max(largest, left);
    }
    expect(largest).toBeGreaterThan(5);
  });

  it('lets each packet leave once with probability k / n where it is binomial', () => {
    const [size, p] = [100, 0.3];
    const strategy = open(poolOf('binomial', p, 5));
    const left: number[] = [];
    let firsts = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const nowMs = round * INTERVAL_MS;
      strategy.drain(0);
      fill(strategy, size, nowMs - 1);
      const departures = strategy.release(nowMs);
      left.push(departures.length);
      if (departures.some(({ item }) => item === 0)) firsts++;
    }
    const spread = size * p * (1 - p);
    expect(Math.abs(mean(left) - size * p)).toBeLessThan(3 * Math.sqrt(spread / ROUNDS));
    expect(Math.abs(variance(left) - spread)).toBeLessThan(3 * spread * Math.sqrt(2 / ROUNDS));
    expect(Math.abs(firsts - ROUNDS * p)).toBeLessThan(3 * Math.sqrt(ROUNDS * p * (1 - p)));
  });

  it('draws every packet as often as any other', () => {
    const [size, p] = [20, 0.25];
    const strategy = open(poolOf('pool', p, 2));
    const counts = new Array<number>(size).fill(0);
    for (let round = 1; round <= ROUNDS; round++) {
      strategy.drain(0);
      fill(strategy, size, round * INTERVAL_MS - 1);
      for (const { item } of strategy.release(round * INTERVAL_MS)) {
        counts[item] = (counts[item] ?? 0) + 1;
      }
    }
    const sigma = Math.sqrt(ROUNDS * p * (1 - p));
    for (const count of counts) expect(Math.abs(count - ROUNDS * p)).toBeLessThan(4 * sigma);
  });
});

/** Poisson arrivals through a strategy: how many were there on average, and for how long each. */
const observe = (mixing: Mixing, perMs: number, untilMs: number) => {
  const random = seededRandom('arrivals');
  const strategy = open(mixing);
  const stays: number[] = [];
  let [occupancyMs, arrivals, lastMs] = [0, 0, 0];
  const warmMs = untilMs / 10;
  const passTo = (ms: number): void => {
    occupancyMs += strategy.size * Math.max(0, ms - Math.max(lastMs, warmMs));
    lastMs = ms;
  };
  const runRound = (roundMs: number): void => {
    passTo(roundMs);
    const left = strategy.release(roundMs).filter(({ item }) => item > warmMs);
    stays.push(...left.map(({ item }) => roundMs - item));
  };
  for (let nextMs = exponential(random, perMs); nextMs < untilMs;) {
    while (strategy.nextMs <= nextMs) runRound(strategy.nextMs);
    passTo(nextMs);
    strategy.add(nextMs, { nowMs: nextMs, delayMs: exponential(random, 1 / 4000) });
    if (nextMs > warmMs) arrivals++;
    nextMs += exponential(random, perMs);
  }
  passTo(untilMs);
  const spanMs = untilMs - warmMs;
  return { occupancy: occupancyMs / spanMs, arrivals: arrivals / spanMs, stayMs: mean(stays) };
};

describe('the number of packets in a mix', () => {
  const perMs = 0.2;
  const cases: readonly (readonly [Mixing, number])[] = [
    // Each stays its delay.
    [{ kind: 'poisson' }, perMs * 4000],
    // Each stays half a round.
    [{ kind: 'timed', intervalMs: INTERVAL_MS }, (perMs * INTERVAL_MS) / 2],
    // m stay where m = (1 - r)(m + a) of a arrivals, and half the arrivals come on top.
    [poolOf('pool', 0.25, 5), perMs * INTERVAL_MS * (1 / 0.25 - 1 / 2)],
    [poolOf('binomial', 0.25, 5), perMs * INTERVAL_MS * (1 / 0.25 - 1 / 2)],
  ];

  it.each(cases)('follows Little’s law and the theory: %j', (mixing, expected) => {
    const { occupancy, arrivals, stayMs } = observe(mixing, perMs, 1_000_000);
    expect(occupancy / (arrivals * stayMs)).toBeCloseTo(1, 1);
    expect(Math.abs(occupancy / expected - 1)).toBeLessThan(0.03);
  });
});

describe('rounds', () => {
  it('are counted from the start, and those with nothing to send are left out', () => {
    const strategy = open({ kind: 'timed', intervalMs: INTERVAL_MS });
    expect(strategy.nextMs).toBe(Infinity);
    strategy.add(1, { nowMs: 3500, delayMs: 9 });
    expect(strategy.nextMs).toBe(4000);
    expect(strategy.release(3999)).toEqual([]);
    expect(strategy.release(7700)).toEqual([{ item: 1, dueMs: 7700 }]);
    strategy.add(2, { nowMs: 7800, delayMs: 9 });
    expect(strategy.nextMs).toBe(8000);
    // One that is waited for is not left out for a packet that comes meanwhile.
    strategy.add(3, { nowMs: 8100, delayMs: 9 });
    expect(strategy.nextMs).toBe(8000);
    expect(strategy.release(8200)).toHaveLength(2);
  });

  it('of no length are rounds of a millisecond', () => {
    const strategy = open({ kind: 'timed', intervalMs: 0 });
    strategy.add(1, { nowMs: 10, delayMs: 0 });
    expect(strategy.nextMs).toBe(11);
  });

  it('spread what leaves, and end before the next', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 2000 }), (n, ms) => {
        const strategy = open({ kind: 'timed', intervalMs: ms });
        fill(strategy, n, 0);
        const dueMs = strategy.release(ms).map((departure) => departure.dueMs);
        expect(dueMs).toEqual(dueMs.toSorted((a, b) => a - b));
        expect(dueMs.at(-1)).toBeLessThan(2 * ms);
      }),
    );
  });

  it('change the order: Kendall’s tau of 100 packets is small', () => {
    const strategy = open({ kind: 'timed', intervalMs: INTERVAL_MS });
    fill(strategy, 100, 0);
    const order = strategy.release(INTERVAL_MS).map(({ item }) => item);
    expect(order.toSorted((a, b) => a - b)).toEqual([...Array(100).keys()]);
    const signs = order.flatMap((a, i) => order.slice(i + 1).map((b) => Math.sign(b - a)));
    expect(Math.abs(mean(signs))).toBeLessThan(0.2);
  });
});

const hold = (mixing: Mixing | undefined, holdQueue = 0) => {
  const clock = manualClock();
  const drops: DropReason[] = [];
  const sent: { readonly id: number; readonly atMs: number }[] = [];
  const stop = new AbortController();
  const held = new Hold({
    clock,
    random: seededRandom('hold'),
    epochTime,
    mixing,
    tuning: { holdBudgetMs: 500, holdQueue },
    drop: (reason) => void drops.push(reason),
    isNextNode: () => true,
    dispatch: (packet) =>
      void sent.push({ id: new DataView(packet.buffer).getUint32(0), atMs: clock.monotonic() }),
    signal: stop.signal,
  });
  const packetOf = (id: number): Uint8Array => {
    const packet = new Uint8Array(4);
    new DataView(packet.buffer).setUint32(0, id);
    return packet;
  };
  const put = (id: number, delayMs: number): void => {
    const arrivedMs = clock.monotonic();
    const nextNodeId = new Uint8Array(32);
    const packet = packetOf(id);
    held.holdForward({ kind: 'forward', packet, nextNodeId, delayMs, dwellMs: 0, arrivedMs });
  };
  return { clock, drops, sent, held, put };
};

describe('holding by a strategy', () => {
  it('keeps Poisson’s packets as long as an exponential says', async () => {
    const { clock, sent, put } = hold(undefined);
    const random = seededRandom('delays');
    const count = 10_000;
    const cameMs: number[] = [];
    for (let id = 0; id < count; id++) {
      cameMs.push(clock.monotonic());
      put(id, sampleDelay(random, { perMs: 1 / 4000, maxMs: 0 }) ?? 0);
      if (id % 10 === 0) await clock.advance(37);
    }
    await clock.advance(200_000);
    expect(sent).toHaveLength(count);
    const stays = sent.map(({ id, atMs }) => atMs - (cameMs[id] ?? 0)).sort((a, b) => a - b);
    // Delays are whole milliseconds, one more than the floor: the middle of each is compared.
    const distances = stays.map((ms, i) => {
      const expected = 1 - Math.exp(-(ms - 0.5) / 4000);
      return Math.max(Math.abs(expected - i / count), Math.abs(expected - (i + 1) / count));
    });
    expect(kolmogorovTail(Math.sqrt(count) * Math.max(...distances))).toBeGreaterThan(0.01);
  });

  it('sets the sender’s delay aside, whatever it is', async () => {
    const { clock, sent, drops, put } = hold({ kind: 'timed', intervalMs: 10_000 });
    for (const [id, delayMs] of [0, 1, 50_000, 4 * epochTime.periodMs].entries()) put(id, delayMs);
    await clock.advance(9_999);
    expect(sent).toEqual([]);
    await clock.advance(50);
    expect(sent.map(({ id }) => id).sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(sent.map(({ atMs }) => atMs)).toEqual([10_000, 10_005, 10_010, 10_015]);
    expect(drops).toEqual([]);
  });

  it('keeps a pool’s minimum over all rounds', async () => {
    const { clock, sent, put, held } = hold(poolOf('pool', 0.5, 3));
    for (let id = 0; id < 40; id++) put(id, 1);
    await clock.advance(1000 * INTERVAL_MS);
    expect(held.size).toBe(3);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(37);
  });

  it('goes on by another one, with what is held', async () => {
    const { clock, sent, put, held } = hold(poolOf('pool', 0.5, 3));
    for (let id = 0; id < 10; id++) put(id, 1);
    await clock.advance(1000 * INTERVAL_MS);
    expect(held.size).toBe(3);
    held.remix(poolOf('pool', 0.5, 1));
    expect(held.mixing).toMatchObject({ minSize: 1 });
    await clock.advance(1000 * INTERVAL_MS);
    expect(held.size).toBe(1);
    held.remix({ kind: 'poisson' });
    put(10, 70_000);
    await clock.advance(69_999);
    expect(held.size).toBe(1);
    held.remix({ kind: 'timed', intervalMs: INTERVAL_MS });
    await clock.advance(INTERVAL_MS);
    expect(held.size).toBe(0);
    expect(sent.map(({ id }) => id).sort((a, b) => a - b)).toEqual([...Array(11).keys()]);
  });

  it('is bounded, and counts what it drops', async () => {
    const { clock, sent, put, held, drops } = hold(poolOf('binomial', 1, 2), 10);
    for (let id = 0; id < 25; id++) put(id, 1);
    expect(held.size).toBe(10);
    expect(drops).toEqual(Array(15).fill('hold-full'));
    await clock.advance(INTERVAL_MS);
    // On their way out they count too.
    for (let id = 25; id < 50; id++) put(id, 1);
    expect(held.size).toBe(10);
    await clock.advance(100 * INTERVAL_MS);
    expect(sent.length + drops.length).toBe(48);
    held.close();
    expect(held.size).toBe(0);
  });
});
