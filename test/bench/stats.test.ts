import { describe, expect, it } from 'vitest';
import { ratios, single, summarise } from '../../bench/stats.js';

describe('a summary', () => {
  it('is taken between the sorted samples', () => {
    const samples = [11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(summarise(samples)).toEqual({ median: 6, min: 1, p10: 2, p90: 10, samples: 11 });
    expect(summarise([4, 1]).median).toBe(2.5);
    expect(single(7)).toEqual({ median: 7, min: 7, p10: 7, p90: 7, samples: 1 });
  });

  it('sorts numbers, not their texts', () => {
    expect(summarise([100, 9, 20]).median).toBe(20);
  });

  it('of nothing is a mistake', () => {
    expect(() => summarise([])).toThrow(RangeError);
  });
});

describe('ratios', () => {
  it('compare what was measured in the same round', () => {
    expect(ratios([6, 8], [2, 4])).toEqual([3, 2]);
  });
});
