/**
 * The key of AEZ v5 and its tweakable cipher E(j, i, ·).
 *
 * Source: protocol/01 sections 3.1 and 3.2.
 * @module
 */
import { blake2b } from '@noble/hashes/blake2.js';
import { runRounds } from './aes.js';
import {
  BLOCK_LENGTH,
  BLOCK_WORDS,
  blockOf,
  double,
  multiply,
  xorInto,
  xorOf,
  ZERO,
} from './block.js';
import type { Block } from './block.js';

export const KEY_LENGTH = 3 * BLOCK_LENGTH;

/** A key made ready. `multiplesOfL[n]` is n·L for n = 0..7. */
export interface AezKey {
  readonly i: Block;
  readonly j: Block;
  readonly twiceI: Block;
  readonly multiplesOfL: readonly Block[];
  readonly aes4: Uint32Array;
  readonly aes10: Uint32Array;
}

/** The 48 bytes I, J, L of a key of any length. */
export const extractKey = (key: Uint8Array): Uint8Array =>
  key.length === KEY_LENGTH ? key : blake2b(key, { dkLen: KEY_LENGTH });

const schedule = (...keys: readonly Block[]): Uint32Array =>
  Uint32Array.from(keys.flatMap((key) => [...key]));

export const prepareKey = (key: Uint8Array): AezKey => {
  const extracted = extractKey(key);
  const [i, j, l] = [0, 1, 2].map((n) =>
    blockOf(extracted.subarray(n * BLOCK_LENGTH, (n + 1) * BLOCK_LENGTH)),
  ) as [Block, Block, Block];
  return {
    i,
    j,
    twiceI: multiply(2, i),
    multiplesOfL: Array.from({ length: 8 }, (_, n) => multiply(n, l)),
    aes4: schedule(j, i, l, ZERO),
    aes10: schedule(i, j, l, i, j, l, i, j, l, i),
  };
};

export const wipeKey = (key: AezKey): void => {
  for (const block of [key.i, key.j, key.twiceI, ...key.multiplesOfL]) block.fill(0);
  key.aes4.fill(0);
  key.aes10.fill(0);
};

/** `index` mod 8 times L. */
export const multipleOfL = (key: AezKey, index: number): Block =>
  key.multiplesOfL[index & 7] ?? ZERO;

/**
 * The tweaks of E(j, 1), E(j, 2), … one after the other: `next()` gives
 * j·J ^ 2^⌈i/8⌉·I ^ (i mod 8)·L in memory that the following call overwrites.
 */
export const tweaksOf = (key: AezKey, jMultiple: Block): { next(): Block } => {
  const iMultiple = key.twiceI.slice();
  const tweak = new Uint32Array(BLOCK_WORDS);
  let index = 0;
  const next = (): Block => {
    if (index > 0 && index % 8 === 0) double(iMultiple);
    index += 1;
    tweak.set(jMultiple);
    xorInto(tweak, 0, iMultiple);
    xorInto(tweak, 0, multipleOfL(key, index));
    return tweak;
  };
  return { next };
};

/** E(j, i, block) for `index` i at most 8; j·J is given as a block. */
export const cipher = (key: AezKey, jMultiple: Block, index: number, block: Block): Block => {
  const iMultiple = index === 0 ? key.i : key.twiceI;
  const tweak = xorOf(jMultiple, iMultiple, multipleOfL(key, index));
  const output = new Uint32Array(BLOCK_WORDS);
  runRounds(key.aes4, tweak, block, 0, output);
  return output;
};

/** E(-1, i, block): ten rounds. */
export const strongCipher = (key: AezKey, index: number, block: Block): Block => {
  const output = new Uint32Array(BLOCK_WORDS);
  runRounds(key.aes10, multipleOfL(key, index), block, 0, output);
  return output;
};
