import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crowd, entropyBits } from '../../sim/crowd.js';
import { uniformInt } from '../../src/crypto/sample.js';
import { seededRandom } from '../../src/io/memory.js';

const nearly = (...values: readonly number[]): readonly unknown[] =>
  values.map((value): unknown => expect.closeTo(value, 12));

describe('entropy', () => {
  it('is the logarithm of how many are equally likely', () => {
    for (const users of [1, 2, 16, 1000]) {
      const senders = new Float64Array(users).fill(0.3);
      expect(entropyBits(senders)).toBeCloseTo(Math.log2(users), 9);
    }
    expect(entropyBits(Float64Array.of(0.5, 0.25, 0.25))).toBeCloseTo(1.5, 9);
    expect(entropyBits(Float64Array.of(0.9, 0, 0))).toBe(0);
    expect(entropyBits(3)).toBe(0);
  });
});

describe('a crowd', () => {
  it('makes every packet inside as likely as any other', () => {
    const crowd = new Crowd(3);
    crowd.add(0);
    crowd.add(1);
    crowd.add('nobody');
    expect([...crowd.take()]).toEqual(nearly(1 / 3, 1 / 3, 0));
    crowd.add(2);
    // Two thirds of each of the first two are still inside, and all of the third.
    expect([...crowd.take()]).toEqual(nearly(2 / 9, 2 / 9, 1 / 3));
  });

  it('says at once what a packet was that came and went alone', () => {
    const crowd = new Crowd(4);
    crowd.add(2);
    expect([...crowd.take()]).toEqual([0, 0, 1, 0]);
    crowd.add(1);
    expect(entropyBits(crowd.take())).toBe(0);
  });

  it('loses and makes no likelihood, however long it goes on', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (steps) => {
        const crowd = new Crowd(5);
        let [came, went] = [0, 0];
        for (const [i, comes] of steps.entries()) {
          if (comes || crowd.size === 0) {
            crowd.add(i % 5);
            came++;
          } else went += crowd.take().reduce((a, b) => a + b, 0);
        }
        while (crowd.size > 0) went += crowd.take().reduce((a, b) => a + b, 0);
        expect(went).toBeCloseTo(came, 6);
      }),
    );
  });

  it('stays exact when its scale has become very small', () => {
    const crowd = new Crowd(2);
    crowd.add(0);
    crowd.add(0);
    for (let i = 0; i < 2000; i++) {
      crowd.add(1);
      const senders = crowd.take();
      expect((senders[0] ?? 0) + (senders[1] ?? 0)).toBeCloseTo(1, 9);
    }
    expect(crowd.size).toBe(2);
  });

  it('is as anonymous as theory says of a mix that is always full', () => {
    // Each sender sends once. With l packets left inside, a packet that leaves is the latest with
    // probability 1 / (l + 1), the one before with l / (l + 1) times that, and so on: a geometric
    // distribution, whose entropy is H(p) / p bits for p = 1 / (l + 1).
    const [left, packets] = [9, 2000];
    const crowd = new Crowd(packets);
    for (let i = 0; i < left; i++) crowd.add(i);
    let bits = 0;
    for (let i = left; i < packets; i++) {
      crowd.add(i);
      bits = entropyBits(crowd.take());
    }
    const p = 1 / (left + 1);
    const binary = -p * Math.log2(p) - (1 - p) * Math.log2(1 - p);
    expect(bits).toBeCloseTo(binary / p, 6);
  });

  it('grows by a bit when twice as many packets are inside (M/M/∞)', () => {
    const bits = (meanSize: number): number => {
      const random = seededRandom(`mix ${meanSize}`);
      const packets = 2500;
      const crowd = new Crowd(packets);
      let [sum, count] = [0, 0];
      // Arrivals at rate `meanSize`, and each packet inside leaves at rate 1.
      for (let i = 0; i < packets;) {
        if (uniformInt(random, meanSize + crowd.size) < meanSize) {
          crowd.add(i);
          i++;
        } else {
          const entropy = entropyBits(crowd.take());
          if (i > 800) [sum, count] = [sum + entropy, count + 1];
        }
      }
      return sum / count;
    };
    const [small, large] = [bits(32), bits(64)];
    expect(large - small).toBeGreaterThan(0.9);
    expect(large - small).toBeLessThan(1.1);
    // The geometric case above with as many inside: log2(e · 33), nearly.
    expect(Math.abs(small - Math.log2(Math.E * 32.5))).toBeLessThan(0.15);
  });
});
