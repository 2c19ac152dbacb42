import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualClock, seededRandom } from '../../src/io/memory.js';

const START_MS = 1_000_000;
const YEAR_MS = 365 * 86_400_000;

describe('the manual clock', () => {
  it('fires by due time, then by age', async () => {
    const clock = manualClock({ startMs: START_MS });
    const fired: string[] = [];
    const sleepThen = (ms: number, name: string): void =>
      void clock.sleep(ms).then(() => fired.push(`${name} at ${clock.now() - START_MS}`));
    sleepThen(20, 'c');
    sleepThen(10, 'a');
    sleepThen(20, 'd');
    sleepThen(10, 'b');
    sleepThen(31, 'e');
    await clock.advance(30);
    expect(fired).toEqual(['a at 10', 'b at 10', 'c at 20', 'd at 20']);
    expect(clock.now()).toBe(START_MS + 30);
    expect(clock.monotonic()).toBe(30);
  });

  it('fires in order whatever the order of the sleeps', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 200 }), async (delays) => {
        const clock = manualClock();
        const fired: [number, number][] = [];
        delays.forEach((ms, age) => void clock.sleep(ms).then(() => fired.push([ms, age])));
        await clock.advance(50);
        const wanted = delays.map((ms, age): [number, number] => [ms, age]);
        expect(fired).toEqual(wanted.sort(([a, x], [b, y]) => a - b || x - y));
      }),
      { numRuns: 30 },
    );
  });

  it('runs every promise reaction between two firings', async () => {
    const clock = manualClock();
    const seen: string[] = [];
    const deep = async (name: string): Promise<void> => {
      await clock.sleep(5);
      for (let depth = 0; depth < 100; depth++) await Promise.resolve();
      seen.push(name);
    };
    void deep('first');
    void clock.sleep(5).then(() => seen.push('second'));
    await clock.advance(5);
    expect(seen).toEqual(['first', 'second']);
  });

  it('fires timers that reactions make on the way', async () => {
    const clock = manualClock();
    let ticks = 0;
    const tick = async (): Promise<void> => {
      for (;;) {
        await clock.sleep(7);
        ticks++;
      }
    };
    void tick();
    await clock.advance(70);
    expect(ticks).toBe(10);
  });

  it('runs until a condition holds and no further', async () => {
    const clock = manualClock();
    let done = false;
    void clock.sleep(40).then(() => (done = true));
    void clock.sleep(41);
    expect(await clock.runUntil(() => done, 39)).toBe(false);
    expect(clock.monotonic()).toBe(39);
    expect(await clock.runUntil(() => done, 100)).toBe(true);
    expect(clock.monotonic()).toBe(40);
    expect(await clock.runUntil(() => false, 10 * YEAR_MS)).toBe(false);
  });

  it('takes sleeps of any size', async () => {
    const clock = manualClock();
    const woken: string[] = [];
    void clock.sleep(3 * YEAR_MS).then(() => woken.push('years'));
    void clock.sleep(-5).then(() => woken.push('past'));
    void clock.sleep(0.5).then(() => woken.push('half'));
    void clock.sleep(Infinity).then(() => woken.push('never'));
    await clock.settled();
    expect(woken).toEqual(['past']);
    await clock.advance(4 * YEAR_MS);
    expect(woken).toEqual(['past', 'half', 'years']);
    expect(() => clock.sleep(NaN)).toThrow(RangeError);
  });

  it('tells whole milliseconds and wakes nobody early', async () => {
    const clock = manualClock({ startMs: START_MS });
    await clock.advance(0.6);
    expect(clock.now()).toBe(START_MS);
    const dueMs = clock.now() + 10;
    let wokenAt = 0;
    void clock.sleep(dueMs - clock.now()).then(() => (wokenAt = clock.now()));
    await clock.advance(20);
    expect(wokenAt).toBeGreaterThanOrEqual(dueMs);
  });

  it('ends a sleep by its signal', async () => {
    const clock = manualClock();
    const stop = new AbortController();
    const woken: string[] = [];
    void clock.sleep(Infinity, stop.signal).then(() => woken.push('endless'));
    void clock.sleep(10, stop.signal).then(() => woken.push('long'));
    stop.abort();
    await clock.sleep(10, stop.signal);
    expect(woken).toEqual(['endless', 'long']);
    await clock.advance(20);
    expect(woken).toHaveLength(2);
  });

  it('forgets aborted sleeps', async () => {
    const clock = manualClock();
    let fired = 0;
    for (let i = 0; i < 50_000; i++) {
      const stop = new AbortController();
      void clock.sleep(YEAR_MS + i, stop.signal);
      stop.abort();
    }
    for (let i = 0; i < 3; i++) void clock.sleep(YEAR_MS).then(() => fired++);
    expect(await clock.runUntil(() => fired === 3, 2 * YEAR_MS)).toBe(true);
  });

  it('serves thousands of sleeps on one signal', async () => {
    const clock = manualClock();
    const stop = new AbortController();
    let woken = 0;
    for (let i = 0; i < 5000; i++) void clock.sleep(1 + i, stop.signal).then(() => woken++);
    await clock.advance(2000);
    expect(woken).toBe(2000);
    stop.abort();
    await clock.settled();
    expect(woken).toBe(5000);
  });

  it('can be turned by several at once', async () => {
    const clock = manualClock();
    await Promise.all([clock.advance(10), clock.advance(5), clock.runUntil(() => false, 5)]);
    expect(clock.monotonic()).toBe(20);
  });

  it('jumps its wall time without letting time pass', async () => {
    const clock = manualClock({ startMs: START_MS });
    let fired = false;
    void clock.sleep(100).then(() => (fired = true));
    clock.jumpWall(-5000);
    await clock.settled();
    expect([clock.now(), clock.monotonic(), fired]).toEqual([START_MS - 5000, 0, false]);
  });

  it('stands still while work outside runs', async () => {
    const clock = manualClock();
    const order: string[] = [];
    const work = async (): Promise<void> => {
      await clock.sleep(1);
      await clock.hold(new Promise((resolve) => setTimeout(resolve, 30)));
      order.push(`work at ${clock.monotonic()}`);
    };
    void work();
    void clock.sleep(2).then(() => order.push('later'));
    await clock.advance(10);
    expect(order).toEqual(['work at 1', 'later']);
  });

  it('stops at an endless loop of empty sleeps', async () => {
    const clock = manualClock();
    let spinning = true;
    const spin = async (): Promise<void> => {
      while (spinning) await clock.sleep(0);
    };
    void spin();
    await expect(clock.advance(1)).rejects.toThrow('cannot settle');
    spinning = false;
    await clock.advance(1);
  });

  it('counts the sleeps that wait and those whose time came', async () => {
    const clock = manualClock();
    const stop = new AbortController();
    void clock.sleep(10);
    void clock.sleep(20);
    void clock.sleep(30, stop.signal);
    void clock.sleep(Infinity, stop.signal);
    expect(clock.counters()).toEqual({ timers: 3, fired: 0 });
    stop.abort();
    await clock.advance(15);
    expect(clock.counters()).toEqual({ timers: 1, fired: 1 });
    await clock.advance(100);
    expect(clock.counters()).toEqual({ timers: 0, fired: 2 });
  });

  it('fires a hundred thousand timers', async () => {
    const clock = manualClock();
    let fired = 0;
    for (let i = 0; i < 100_000; i++) void clock.sleep((i * 7919) % 10_007).then(() => fired++);
    await clock.advance(10_007);
    expect(fired).toBe(100_000);
  });
});

describe('seeded randomness', () => {
  it('is the same for a seed however it is drawn', () => {
    const whole = seededRandom('seed')(10_000);
    const random = seededRandom('seed');
    const parts = [1, 31, 4095, 1, 5000, 872].flatMap((length) => [...random(length)]);
    expect(Uint8Array.from(parts)).toEqual(whole);
  });

  it('differs between seeds and does not repeat', () => {
    const first = (seed: string | number): string => seededRandom(seed)(16).toString();
    expect(new Set([first('1'), first(1), first('2'), first('')]).size).toBe(4);
    const bytes = seededRandom(1)(8192);
    expect(bytes.subarray(0, 4096)).not.toEqual(bytes.subarray(4096));
    expect(seededRandom(1)(0)).toHaveLength(0);
  });
});
