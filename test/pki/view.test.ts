import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/io/memory.js';
import {
  nodeNamed,
  nodeWithKey,
  placeOf,
  sampleDelay,
  sampleInterval,
  viewOf,
} from '../../src/pki/view.js';
import { TODAY_GEOMETRY } from '../../src/sphinx/geometry.js';
import { repeated } from '../support/bytes.js';
import { primitives, RATES, readDocument, readView } from './support.js';

const EPOCH = 250_000;
const view = readView(EPOCH, 2);

describe('the network view', () => {
  it('has layers, entries, exits and rates', () => {
    expect(view.epoch).toBe(EPOCH);
    expect(view.layers.map((layer) => layer.map(({ name }) => name))).toEqual([
      ['node11', 'node12'],
      ['node21', 'node22'],
      ['node31', 'node32'],
    ]);
    expect(view.entries.map(({ name }) => name)).toEqual(['node101', 'node102']);
    expect(view.exits).toEqual(view.entries);
    expect(view.rates).toEqual(RATES);
    expect(view.sendRatePerMinute).toBe(100);
  });

  it('names nodes as headers of its network do', () => {
    const [node] = view.entries;
    expect(node?.nodeId).toEqual(node?.identityKey);
    const today = viewOf(readDocument(EPOCH, 2), { geometry: TODAY_GEOMETRY, primitives });
    expect(today.entries[0]?.nodeId).toEqual(
      primitives.hash.blake2b(node?.identityKey ?? repeated(0, 0), 32),
    );
  });

  it('finds nodes by name and key, and where they stand', () => {
    const keyOf = (seed: number) => primitives.ed25519.publicKey(repeated(seed, 32));
    expect(nodeNamed(view.exits, 'node102')?.identityKey).toEqual(keyOf(102));
    expect(nodeNamed(view.exits, 'node11')).toBeUndefined();
    expect(nodeWithKey(view.exits, keyOf(101))?.name).toBe('node101');
    expect([101, 11, 22, 31, 99].map((seed) => placeOf(view, keyOf(seed)))).toEqual([
      'edge',
      0,
      1,
      2,
      undefined,
    ]);
  });
});

describe('samples', () => {
  const random = seededRandom('samples');
  const meanOf = (sample: () => number | undefined): number =>
    Array.from({ length: 20_000 }, () => sample() ?? NaN).reduce((sum, x) => sum + x, 0) / 20_000;

  it('have the mean of their rate', () => {
    expect(meanOf(() => sampleInterval(random, { perMs: 0.01, maxMs: 0 }))).toBeCloseTo(100, -1);
    expect(meanOf(() => sampleDelay(random, { perMs: 0.01, maxMs: 0 }))).toBeCloseTo(100.5, -1);
  });

  it('stay in their bounds', () => {
    for (let i = 0; i < 2000; i++) {
      expect(sampleInterval(random, { perMs: 0.01, maxMs: 50 })).toBeLessThanOrEqual(50);
      const delay = sampleDelay(random, { perMs: 0.5, maxMs: 3 }) ?? 0;
      expect(delay).toBeGreaterThanOrEqual(1);
      expect(delay).toBeLessThanOrEqual(3);
      expect(Number.isInteger(delay)).toBe(true);
    }
    expect(sampleDelay(random, { perMs: 1e-300, maxMs: 0 })).toBe(2 ** 32 - 1);
  });

  it('do not exist for a rate of 0', () => {
    expect(sampleInterval(random, { perMs: 0, maxMs: 1000 })).toBeUndefined();
    expect(sampleDelay(random, { perMs: 0, maxMs: 1000 })).toBeUndefined();
  });
});
