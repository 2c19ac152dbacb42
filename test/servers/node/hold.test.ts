import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualClock, seededRandom } from '../../../src/io/memory.js';
import { KATZENPOST_EPOCHS as epochTime } from '../../../src/pki/epoch.js';
import type { DropReason } from '../../../servers/node/drops.js';
import { Hold, remainingDelayMs } from '../../../servers/node/hold.js';

const NODE = new Uint8Array(32);

const setUp = ({ holdQueue = 0, known = true } = {}) => {
  const clock = manualClock();
  const drops: DropReason[] = [];
  const sent: { readonly id: number; readonly atMs: number }[] = [];
  const stop = new AbortController();
  const hold = new Hold({
    clock,
    random: seededRandom('hold'),
    epochTime,
    tuning: { holdBudgetMs: 500, holdQueue },
    drop: (reason) => void drops.push(reason),
    isNextNode: () => known,
    dispatch: (packet) => void sent.push({ id: packet[0] ?? 0, atMs: clock.monotonic() }),
    signal: stop.signal,
  });
  const put = (id: number, delayMs: number): void => hold.hold(Uint8Array.of(id), NODE, delayMs);
  return { clock, drops, sent, stop, hold, put };
};

describe('the delay that is left', () => {
  it('counts the wait before unwrapping', () => {
    const table = [
      [1000, 0, 1000],
      [1000, 300, 700],
      [1000, 1000, 1],
      [1000, 2000, 1],
      [1, 0, 1],
      [0, 0, 1],
      [0, 0.25, 0.75],
    ] as const;
    for (const [delay, dwell, left] of table) expect(remainingDelayMs(delay, dwell)).toBe(left);
    expect(remainingDelayMs(0, 1)).toBeUndefined();
    expect(remainingDelayMs(0, 50)).toBeUndefined();
  });
});

describe('holding', () => {
  it('sends on in the order of due times, never early', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(5000), { minLength: 1, maxLength: 60 }),
        fc.array(fc.nat(40), { minLength: 1, maxLength: 5 }),
        async (delays, pauses) => {
          const { clock, sent, put, hold } = setUp();
          const dueMs: number[] = [];
          for (const [id, delayMs] of delays.entries()) {
            dueMs.push(clock.monotonic() + delayMs);
            put(id, delayMs);
            await clock.advance(pauses[id % pauses.length] ?? 0);
          }
          await clock.advance(10_000);
          expect(hold.size).toBe(0);
          expect(sent.map(({ id }) => id).sort((a, b) => a - b)).toEqual([...delays.keys()]);
          expect(sent.map(({ atMs }) => atMs)).toEqual(dueMs.toSorted((a, b) => a - b));
          expect(sent.every(({ id, atMs }) => atMs === dueMs[id])).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('drops what asks for more than the document allows', () => {
    const { hold, put, drops } = setUp();
    put(1, 3 * epochTime.periodMs);
    put(2, 3 * epochTime.periodMs + 1);
    hold.setMaxDelay(1000);
    put(3, 1000);
    put(4, 1001);
    hold.setMaxDelay(0);
    put(5, 3 * epochTime.periodMs);
    expect(hold.size).toBe(3);
    expect(drops).toEqual(['delay-too-long', 'delay-too-long']);
  });

  it('drops what has nowhere to go', () => {
    const { put, drops } = setUp({ known: false });
    put(1, 10);
    expect(drops).toEqual(['unknown-next-node']);
  });

  it('drops what the process was too busy to send in time', async () => {
    const { clock, put, drops, sent } = setUp();
    put(1, 100);
    put(2, 900);
    // As when one turn takes a whole second.
    let stuckMs = 0;
    const real = clock.monotonic.bind(clock);
    clock.monotonic = () => real() + stuckMs;
    stuckMs = 1000;
    await clock.advance(100);
    expect(drops).toEqual(['hold-late']);
    expect(sent.map(({ id }) => id)).toEqual([2]);
  });

  it('gives way to a random packet when it is full', () => {
    const { hold, put, drops } = setUp({ holdQueue: 3 });
    for (let id = 0; id < 10; id++) put(id, 1000 + id);
    expect(hold.size).toBe(3);
    expect(drops).toEqual(Array(7).fill('hold-full'));
  });

  it('keeps nothing once the node closes', async () => {
    const { clock, put, stop, hold, sent } = setUp();
    put(1, 100);
    stop.abort();
    hold.close();
    put(2, 100);
    await clock.advance(1000);
    expect(sent).toEqual([]);
    expect(hold.size).toBe(0);
  });
});
