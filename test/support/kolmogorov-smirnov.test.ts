import { describe, expect, it } from 'vitest';
import { uniform } from '../../src/crypto/sample.js';
import { seededRandom } from '../../src/io/memory.js';
import { compareSamples, kolmogorovTail } from './kolmogorov-smirnov.js';

const sample = (count: number, seed: string, shape: (u: number) => number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => shape(uniform(random)));
};

describe('the Kolmogorov distribution', () => {
  // Values of its survival function as tables print them.
  it.each([
    [0.1, 1],
    [0.3, 0.99999069],
    [0.5, 0.96394524],
    [0.8276, 0.49995842],
    [1, 0.26999967],
    [1.2238, 0.10002343],
    [1.3581, 0.04999963],
    [1.6276, 0.01000154],
    [2, 0.00067093],
  ])('exceeds %f with probability %f', (x, p) => {
    expect(kolmogorovTail(x)).toBeCloseTo(p, 7);
  });
});

describe('compareSamples', () => {
  it('finds the largest distance, also where values are equal', () => {
    const a = [10, 2, 3, 4, 5, 6, 7, 8, 9, 1];
    expect(compareSamples(a, [14, 2.5, 2.5, 3.5, 11, 12, 13, 1.5]).distance).toBeCloseTo(0.5, 12);
    expect(compareSamples([1, 1, 1, 2], [1, 2, 2, 2]).distance).toBeCloseTo(0.5, 12);
    expect(compareSamples(a, a)).toEqual({ distance: 0, p: 1 });
    expect(compareSamples([1, 2], [3]).distance).toBe(1);
  });

  it('gives the probability that exact computation gives, to some percent', () => {
    const a = Array.from({ length: 500 }, (_, i) => (i * 7919) % 1000);
    const b = Array.from({ length: 700 }, (_, i) => (i * 104_729) % 900);
    const { distance, p } = compareSamples(a, b);
    expect(distance).toBeCloseTo(0.101428571, 9);
    expect(p / 0.00458905).toBeCloseTo(1, 1);
  });

  it('accepts samples of one distribution, and rejects those of two', () => {
    const gaps = (seed: string, mean: number) => sample(2000, seed, (u) => -mean * Math.log(1 - u));
    const ps = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(
      (seed) => compareSamples(gaps(seed, 60), gaps(`${seed}'`, 60)).p,
    );
    expect(Math.min(...ps)).toBeGreaterThan(0.01);
    expect(Math.max(...ps)).toBeGreaterThan(0.3);
    expect(compareSamples(gaps('a', 60), gaps('b', 75)).p).toBeLessThan(0.01);
  });

  it('refuses to compare nothing', () => {
    expect(() => compareSamples([], [1])).toThrow(RangeError);
  });
});
