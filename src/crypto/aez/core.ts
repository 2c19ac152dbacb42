/**
 * AEZ-core: enciphers 32 bytes and more.
 *
 * The names of values are the letters of the paper's figures. The message is worked on in
 * place, in three parts: pairs of blocks, a fragment of 0 to 31 bytes, and the last pair.
 * @module
 */
import { BLOCK_LENGTH, blockOf, bytesOf, paddedBlock, xorOf } from './block.js';
import type { Block } from './block.js';
import { plainCipher, strongCipher } from './key.js';
import type { AezKey } from './key.js';

export const PAIR_LENGTH = 2 * BLOCK_LENGTH;

/** `encipher` is d = 0 of the paper, `decipher` d = 1. */
export type Direction = 'encipher' | 'decipher';

/** A message to be changed in place. */
export interface Work {
  readonly message: Uint8Array;
  readonly delta: Block;
  readonly direction: Direction;
}

/** u and v of a fragment; v is there from 16 bytes on, even when it is empty. */
const fragmentParts = (fragment: Uint8Array): readonly Uint8Array[] => {
  if (fragment.length === 0) return [];
  if (fragment.length < BLOCK_LENGTH) return [fragment];
  return [fragment.subarray(0, BLOCK_LENGTH), fragment.subarray(BLOCK_LENGTH)];
};

/** What a fragment adds to X or to Y. */
const fragmentSum = (key: AezKey, fragment: Uint8Array): Block =>
  xorOf(...fragmentParts(fragment).map((part, k) => plainCipher(key, 4 + k, paddedBlock(part))));

/** Enciphers a fragment in place under S. */
const cipherFragment = (key: AezKey, fragment: Uint8Array, s: Block): void => {
  fragmentParts(fragment).forEach((part, k) => {
    const keyStream = bytesOf(strongCipher(key, 4 + k, s));
    for (let i = 0; i < part.length; i++) part[i] = (part[i] ?? 0) ^ (keyStream[i] ?? 0);
  });
};

/** The last pair on its way: S_x, S_y and S. */
interface LastPair {
  readonly sx: Block;
  readonly sy: Block;
  readonly s: Block;
}

/** M_x, M_y, Δ and X give S. */
const openLastPair = (
  key: AezKey,
  direction: Direction,
  { last, delta, x }: { last: Uint8Array; delta: Block; x: Block },
): LastPair => {
  const index = direction === 'encipher' ? 1 : 2;
  const mx = blockOf(last.subarray(0, BLOCK_LENGTH));
  const my = blockOf(last.subarray(BLOCK_LENGTH));
  const sx = xorOf(mx, delta, x, plainCipher(key, index, my));
  const sy = xorOf(my, strongCipher(key, index, sx));
  return { sx, sy, s: xorOf(sx, sy) };
};

/** S_x, S_y, Δ and Y give C_x, C_y, written over `last`. */
const closeLastPair = (
  key: AezKey,
  direction: Direction,
  { last, delta, y, pair }: { last: Uint8Array; delta: Block; y: Block; pair: LastPair },
): void => {
  const index = direction === 'encipher' ? 2 : 1;
  const cy = xorOf(pair.sx, strongCipher(key, index, pair.sy));
  const cx = xorOf(pair.sy, delta, y, plainCipher(key, index, cy));
  last.set(bytesOf(cx));
  last.set(bytesOf(cy), BLOCK_LENGTH);
};

/** AEZ-core over `message`, at least 32 bytes, in place. */
export const core = (key: AezKey, { message, delta, direction }: Work): void => {
  const lastAt = message.length - PAIR_LENGTH;
  const fragmentAt = lastAt - (lastAt % PAIR_LENGTH);
  const pairs = message.subarray(0, fragmentAt);
  const fragment = message.subarray(fragmentAt, lastAt);
  const last = message.subarray(lastAt);
  const x = xorOf(key.engine.firstPass(pairs), fragmentSum(key, fragment));
  const pair = openLastPair(key, direction, { last, delta, x });
  const sumOfY = key.engine.secondPass(pairs, pair.s);
  cipherFragment(key, fragment, pair.s);
  const y = xorOf(sumOfY, fragmentSum(key, fragment));
  closeLastPair(key, direction, { last, delta, y, pair });
};
