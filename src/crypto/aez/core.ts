/**
 * AEZ-core: enciphers 32 bytes and more.
 *
 * The names of values are the letters of protocol/01 section 3.5. The message is worked on in
 * place, in three parts: pairs of blocks, a fragment of 0 to 31 bytes, and the last pair.
 * @module
 */
import { runRounds } from './aes.js';
import { BLOCK_LENGTH, BLOCK_WORDS, blockOf, bytesOf, multiply, paddedBlock } from './block.js';
import { xorInto, xorOf, ZERO } from './block.js';
import type { Block } from './block.js';
import { cipher, strongCipher, tweaksOf } from './key.js';
import type { AezKey } from './key.js';

export const PAIR_LENGTH = 2 * BLOCK_LENGTH;
const PAIR_WORDS = 2 * BLOCK_WORDS;

/** `encipher` is d = 0 of the paper, `decipher` d = 1. */
export type Direction = 'encipher' | 'decipher';

/** Where the parts of a message of `length` bytes begin. */
export const layout = (length: number): { fragmentAt: number; lastAt: number } => {
  const lastAt = length - PAIR_LENGTH;
  return { fragmentAt: lastAt - (lastAt % PAIR_LENGTH), lastAt };
};

/** Pass 1: (M, M') become (W, X). Returns the XOR of all X. */
const firstPass = (key: AezKey, pairs: Uint32Array): Block => {
  const tweaks = tweaksOf(key, key.j);
  const term = new Uint32Array(BLOCK_WORDS);
  const sum = new Uint32Array(BLOCK_WORDS);
  for (let left = 0; left < pairs.length; left += PAIR_WORDS) {
    const right = left + BLOCK_WORDS;
    runRounds(key.aes4, tweaks.next(), pairs, right, term);
    xorInto(pairs, left, term);
    runRounds(key.aes4, key.i, pairs, left, term);
    xorInto(pairs, right, term);
    xorInto(sum, 0, pairs, right);
  }
  return sum;
};

/** Pass 2: (W, X) become (C, C'). Returns the XOR of all Y. */
const secondPass = (key: AezKey, pairs: Uint32Array, s: Block): Block => {
  const tweaks = tweaksOf(key, key.j);
  const tTweaks = tweaksOf(key, multiply(2, key.j));
  const term = new Uint32Array(BLOCK_WORDS);
  const sum = new Uint32Array(BLOCK_WORDS);
  for (let left = 0; left < pairs.length; left += PAIR_WORDS) {
    const right = left + BLOCK_WORDS;
    runRounds(key.aes4, tTweaks.next(), s, 0, term);
    xorInto(pairs, left, term);
    xorInto(pairs, right, term);
    xorInto(sum, 0, pairs, left);
    runRounds(key.aes4, key.i, pairs, right, term);
    xorInto(pairs, left, term);
    runRounds(key.aes4, tweaks.next(), pairs, left, term);
    xorInto(pairs, right, term);
    swapBlocks(pairs, left, right);
  }
  return sum;
};

const swapBlocks = (words: Uint32Array, left: number, right: number): void => {
  for (let i = 0; i < BLOCK_WORDS; i++) {
    const word = words[left + i] ?? 0;
    words[left + i] = words[right + i] ?? 0;
    words[right + i] = word;
  }
};

/** The block ciphers that the ends of a message need, in tables or in WebAssembly. */
export interface Ends {
  /** E(0, index, block) */
  cipher(index: number, block: Block): Block;
  /** E(-1, index, block) */
  strongCipher(index: number, block: Block): Block;
}

/** u and v of a fragment; v is there from 16 bytes on, even when it is empty. */
const fragmentParts = (fragment: Uint8Array): readonly Uint8Array[] => {
  if (fragment.length === 0) return [];
  if (fragment.length < BLOCK_LENGTH) return [fragment];
  return [fragment.subarray(0, BLOCK_LENGTH), fragment.subarray(BLOCK_LENGTH)];
};

/** What a fragment adds to X or to Y. */
export const fragmentSum = (ends: Ends, fragment: Uint8Array): Block =>
  xorOf(...fragmentParts(fragment).map((part, k) => ends.cipher(4 + k, paddedBlock(part))));

/** Enciphers a fragment in place under S. */
export const cipherFragment = (ends: Ends, fragment: Uint8Array, s: Block): void => {
  fragmentParts(fragment).forEach((part, k) => {
    const keyStream = bytesOf(ends.strongCipher(4 + k, s));
    for (let i = 0; i < part.length; i++) part[i] = (part[i] ?? 0) ^ (keyStream[i] ?? 0);
  });
};

/** The last pair on its way: S_x, S_y and S. */
export interface LastPair {
  readonly sx: Block;
  readonly sy: Block;
  readonly s: Block;
}

/** M_x, M_y, Δ and X give S. */
export const openLastPair = (
  ends: Ends,
  direction: Direction,
  { last, delta, x }: { last: Uint8Array; delta: Block; x: Block },
): LastPair => {
  const index = direction === 'encipher' ? 1 : 2;
  const mx = blockOf(last.subarray(0, BLOCK_LENGTH));
  const my = blockOf(last.subarray(BLOCK_LENGTH));
  const sx = xorOf(mx, delta, x, ends.cipher(index, my));
  const sy = xorOf(my, ends.strongCipher(index, sx));
  return { sx, sy, s: xorOf(sx, sy) };
};

/** S_x, S_y, Δ and Y give C_x, C_y, written over `last`. */
export const closeLastPair = (
  ends: Ends,
  direction: Direction,
  { last, delta, y, pair }: { last: Uint8Array; delta: Block; y: Block; pair: LastPair },
): void => {
  const index = direction === 'encipher' ? 2 : 1;
  const cy = xorOf(pair.sx, ends.strongCipher(index, pair.sy));
  const cx = xorOf(pair.sy, delta, y, ends.cipher(index, cy));
  last.set(bytesOf(cx));
  last.set(bytesOf(cy), BLOCK_LENGTH);
};

/** The two passes over the pairs of one message, in tables or in WebAssembly. */
export interface Pairs {
  /** (M, M') become (W, X); returns the XOR of all X. */
  first(): Block;
  /** (W, X) become (C, C'); returns the XOR of all Y. */
  second(s: Block): Block;
}

/** AEZ-core over `message`, at least 32 bytes, in place; `pairs` works on its front part. */
export const runCore = (
  ends: Ends,
  pairs: Pairs,
  { message, delta, direction }: { message: Uint8Array; delta: Block; direction: Direction },
): void => {
  const { fragmentAt, lastAt } = layout(message.length);
  const fragment = message.subarray(fragmentAt, lastAt);
  const last = message.subarray(lastAt);
  const x = xorOf(pairs.first(), fragmentSum(ends, fragment));
  const pair = openLastPair(ends, direction, { last, delta, x });
  const ySum = pairs.second(pair.s);
  cipherFragment(ends, fragment, pair.s);
  const y = xorOf(ySum, fragmentSum(ends, fragment));
  closeLastPair(ends, direction, { last, delta, y, pair });
};

export const tableEnds = (key: AezKey): Ends => ({
  cipher: (index, block) => cipher(key, ZERO, index, block),
  strongCipher: (index, block) => strongCipher(key, index, block),
});

const tablePairs = (key: AezKey, pairs: Uint32Array): Pairs => ({
  first: () => firstPass(key, pairs),
  second: (s) => secondPass(key, pairs, s),
});

/** AEZ-core by tables, in place; `message` must begin at a multiple of 4 in its buffer. */
export const core = (
  key: AezKey,
  work: { message: Uint8Array; delta: Block; direction: Direction },
): void => {
  const { buffer, byteOffset, length } = work.message;
  const pairs = new Uint32Array(buffer, byteOffset, layout(length).fragmentAt / 4);
  runCore(tableEnds(key), tablePairs(key, pairs), work);
};
