import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualClock, memoryNetwork } from '../../../src/io/memory.js';
import type { Duplex } from '../../../src/io/contracts.js';
import { limitBandwidth, TokenBucket } from '../../../servers/node/bandwidth.js';

const LIMIT = { bytesPerSecond: 100_000, spikeBytes: 50_000 };
const PIECE = 5000;
const MINUTE = 60_000;
const never = new AbortController().signal;

describe('the token bucket', () => {
  it('lets pass in no time more than the spike and the rate allow', async () => {
    const step = fc.record({ bytes: fc.nat(40_000), pauseMs: fc.nat(2000) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = manualClock();
        const bucket = new TokenBucket(clock, LIMIT);
        const passed: { readonly atMs: number; readonly bytes: number }[] = [];
        for (const { bytes, pauseMs } of steps) {
          const waitMs = bucket.take(bytes);
          await clock.advance(waitMs);
          passed.push({ atMs: clock.monotonic(), bytes });
          await clock.advance(pauseMs);
        }
        for (const [first, { atMs: fromMs }] of passed.entries()) {
          let sum = 0;
          for (const { atMs, bytes } of passed.slice(first)) {
            sum += bytes;
            const allowed = LIMIT.spikeBytes + ((atMs - fromMs) * LIMIT.bytesPerSecond) / 1000;
            // The first of the window may have waited for tokens from before it.
            expect(sum - (passed[first]?.bytes ?? 0)).toBeLessThanOrEqual(allowed + 1);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('asks nobody to wait who takes less than the rate', async () => {
    const clock = manualClock();
    const bucket = new TokenBucket(clock, LIMIT);
    for (let half = 0; half < 100; half++) {
      expect(bucket.take(49_000)).toBe(0);
      await clock.advance(500);
    }
    await clock.advance(1000);
    expect(bucket.take(LIMIT.spikeBytes)).toBe(0);
    expect(bucket.take(1)).toBeGreaterThan(0);
  });
});

/** Connections between a limited host and others; how many bytes have passed it, both ways. */
const setUp = async (connections: number) => {
  const clock = manualClock();
  const network = memoryNetwork({ clock });
  const limited = limitBandwidth(network, clock, LIMIT);
  const listener = (await limited.listen('10.0.0.1:1'))._unsafeUnwrap();
  const ours: Duplex[] = [];
  void (async () => {
    for await (const duplex of listener.connections) ours.push(duplex);
  })();
  const theirs: Duplex[] = [];
  for (let i = 0; i < connections; i++) {
    theirs.push((await network.dial('10.0.0.1:1', never))._unsafeUnwrap());
  }
  await clock.settled();
  const passed = { bytes: 0 };
  const drain = async (duplex: Duplex): Promise<void> => {
    for (let bytes = await duplex.read(); bytes; bytes = await duplex.read()) {
      passed.bytes += bytes.length;
    }
  };
  const flood = async (duplex: Duplex): Promise<void> => {
    while (await duplex.write(new Uint8Array(PIECE)));
  };
  return { clock, ours, theirs, passed, drain, flood, limited, network };
};

const EXPECTED = (LIMIT.bytesPerSecond * MINUTE) / 1000 + LIMIT.spikeBytes;

describe('a limited network', () => {
  it('passes within 5 % of its limit in a minute, sent and read together', async () => {
    const { clock, ours, theirs, passed, drain, flood } = await setUp(3);
    for (const duplex of [...ours, ...theirs]) {
      void drain(duplex);
      void flood(duplex);
    }
    await clock.advance(MINUTE);
    expect(passed.bytes).toBeGreaterThan(EXPECTED * 0.95);
    expect(passed.bytes).toBeLessThan(EXPECTED * 1.05);
    const first = passed.bytes;
    await clock.advance(MINUTE);
    const second = passed.bytes - first;
    expect(Math.abs(second - (LIMIT.bytesPerSecond * MINUTE) / 1000)).toBeLessThan(EXPECTED * 0.05);
    for (const duplex of [...ours, ...theirs]) duplex.destroy();
  });

  it('gives no connection more than another', async () => {
    const { clock, ours, theirs, flood } = await setUp(4);
    const shares = theirs.map(() => 0);
    for (const [index, duplex] of theirs.entries()) {
      void flood(duplex);
      void (async () => {
        const mine = ours[index];
        for (let bytes = await mine?.read(); bytes; bytes = await mine?.read()) {
          shares[index] = (shares[index] ?? 0) + bytes.length;
        }
      })();
    }
    await clock.advance(MINUTE);
    expect(Math.max(...shares)).toBeLessThan(1.1 * Math.min(...shares));
    for (const duplex of [...ours, ...theirs]) duplex.destroy();
  });

  it('keeps bytes in their order, and the end behind them', async () => {
    const { clock, ours, theirs } = await setUp(1);
    const [mine] = ours;
    for (let i = 0; i < 30; i++) void mine?.write(new Uint8Array(PIECE).fill(i));
    mine?.end();
    const seen: number[] = [];
    let ended = false;
    void (async () => {
      for (let bytes = await theirs[0]?.read(); bytes; bytes = await theirs[0]?.read()) {
        seen.push(bytes[0] ?? -1);
      }
      ended = true;
    })();
    await clock.advance(2000);
    expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(ended).toBe(true);
  });

  it('ends waits with the connection', async () => {
    const { clock, ours, theirs } = await setUp(1);
    const [mine] = ours;
    void theirs[0]?.write(new Uint8Array(10_000));
    void mine?.write(new Uint8Array(5 * LIMIT.spikeBytes));
    const read = mine?.read();
    await clock.settled();
    mine?.destroy();
    expect(await read).toBeUndefined();
    expect(await mine?.write(new Uint8Array(1))).toBe(false);
  });
});
