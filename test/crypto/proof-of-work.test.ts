import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findProof, isProof } from '../../src/crypto/proof-of-work.js';
import { portablePrimitives } from '../../src/crypto/portable.js';

const { hash } = portablePrimitives;
const breathe = (): Promise<void> => Promise.resolve();

/** Leading zero bits of what everybody can compute. */
const bitsOf = (text: string): number =>
  [...createHash('sha256').update(text).digest()]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .indexOf('1');

describe('a proof of work', () => {
  it('is found, and has as many zero bits as are asked for', async () => {
    for (const bits of [0, 1, 7, 8, 9, 12]) {
      const puzzle = { challenge: `c${bits}`, name: 'zed', bits };
      const signal = new AbortController().signal;
      const proof = (await findProof(hash, puzzle, { breathe, signal })) ?? '';
      const found = bitsOf(`c${bits}:zed:${proof}`);
      expect(found).toBeGreaterThanOrEqual(bits);
      expect(isProof(hash, puzzle, proof)).toBe(true);
      expect(isProof(hash, { ...puzzle, bits: found + 1 }, proof)).toBe(false);
    }
  });

  it('is a number', () => {
    const puzzle = { challenge: 'c', name: 'zed', bits: 0 };
    expect(isProof(hash, puzzle, '7')).toBe(true);
    for (const proof of ['', '-1', '1.5', '0x1', ' 1', '1'.repeat(16)]) {
      expect(isProof(hash, puzzle, proof), proof).toBe(false);
    }
  });

  it('is given up when nobody wants it any more', async () => {
    const puzzle = { challenge: 'c', name: 'zed', bits: 200 };
    const stop = new AbortController();
    let breaths = 0;
    const tired = async (): Promise<void> => {
      if (++breaths === 3) stop.abort();
    };
    const found = await findProof(hash, puzzle, { breathe: tired, signal: stop.signal });
    expect([found, breaths]).toEqual([undefined, 3]);
  });
});
