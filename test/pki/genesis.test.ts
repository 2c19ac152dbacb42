import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/text.js';
import { seededRandom } from '../../src/io/memory.js';
import { KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import { assignLayers, priorSharedRandom, sharedRandom } from '../../src/pki/genesis.js';
import { hex, repeated } from '../support/bytes.js';
import { primitives } from './support.js';

const mix = (number: number) => ({ identityKey: repeated(number, 32) });
const mixes = (...numbers: readonly number[]) => numbers.map(mix);
const numbersOf = (layers: readonly (readonly { identityKey: Uint8Array }[])[]) =>
  layers.map((layer) => layer.map(({ identityKey }) => identityKey[0] ?? -1));

describe('layers', () => {
  const random = seededRandom('layers');

  it('hold every mix once and are of nearly one size', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        (current, before, count) => {
          const previous = [0, 1, 2].map((layer) =>
            mixes(...before.filter((n) => n % 3 === layer)),
          );
          const dealt = numbersOf(
            assignLayers(random, { mixes: mixes(...current), layers: count, previous }),
          );
          expect(dealt.length).toBe(count);
          expect(dealt.flat().sort()).toEqual([...current].sort());
          const sizes = dealt.map((layer) => layer.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('leave everybody in place when nobody came or went', () => {
    const previous = [mixes(1, 2), mixes(3, 4), mixes(5, 6)];
    const dealt = assignLayers(random, { mixes: mixes(6, 5, 4, 3, 2, 1), layers: 3, previous });
    expect(numbersOf(dealt).map((layer) => layer.sort())).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  it('fill a gap with the one who is new', () => {
    const previous = [mixes(1), mixes(2), mixes(3)];
    const dealt = assignLayers(random, { mixes: mixes(1, 3, 4), layers: 3, previous });
    expect(numbersOf(dealt)).toEqual([[1], [4], [3]]);
  });

  it('are dealt at random at genesis', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const dealt = assignLayers(random, { mixes: mixes(1, 2, 3), layers: 3 });
      seen.add(numbersOf(dealt).join('|'));
    }
    expect(seen.size).toBe(6);
  });
});

describe('the shared random value', () => {
  const authorityKey = hex('fd1724385aa0c75b64fb78cd602fa1d991fdebf76b13c58ed702eac835e9f618');
  const genesis = { epoch: 9, authorityKey, drawn: repeated(0x55, 32) };

  it('is that worked out for authority v0.0.14', () => {
    const { reveal, value } = sharedRandom(primitives, genesis);
    expect(toHex(reveal)).toBe(
      '00000000000000090f54d149a69ab44f4fd5c8ec3706428e7a3b64ae75bd062827effc3e8abe7210',
    );
    expect(toHex(value)).toBe('eccd36ddf0f0b3b0d69016b23118557c7b76ba6e8546eb7e611545e3c626e335');
  });

  it('depends on the one before', () => {
    const { value } = sharedRandom(primitives, genesis);
    const next = sharedRandom(primitives, { ...genesis, previous: value });
    expect(next.value).not.toEqual(value);
    const zeros = sharedRandom(primitives, { ...genesis, previous: new Uint8Array(32) });
    expect(zeros.value).toEqual(value);
  });

  it('is remembered twice, and rotates as in the reference', () => {
    const genesisEpoch = 250_000;
    const [value, newest, oldest] = [repeated(1, 32), repeated(2, 32), repeated(3, 32)];
    const at = (epoch: number, previous: readonly Uint8Array[]) =>
      priorSharedRandom(KATZENPOST_EPOCHS, { epoch, genesisEpoch, value, previous });
    expect(at(genesisEpoch, [])).toEqual([value, value]);
    expect(at(genesisEpoch + 1, [newest, oldest])).toEqual([newest, oldest]);
    const rotations = Array.from({ length: 1100 }, (_, i) => i + 1).filter(
      (age) => at(genesisEpoch + age, [newest, oldest])[0] === value,
    );
    expect(rotations).toEqual([16, 520, 1024]);
    expect(at(genesisEpoch + 16, [newest, oldest])).toEqual([value, newest]);
  });
});
