/**
 * AEZ-tiny: a Feistel network for 1 to 31 bytes, cut in halves of 4 bits per byte.
 *
 * Source: Hoang, Krovetz, Rogaway, "AEZ v5", AEZ-tiny.
 * @module
 */
import { BLOCK_LENGTH, blockOf, bytesOf, xorOf } from './block.js';
import type { Block } from './block.js';
import type { Work } from './core.js';
import { plainCipher } from './key.js';
import type { AezKey } from './key.js';

/** Both halves left-aligned in 16 bytes; an odd message splits within a byte. */
interface Halves {
  left: Uint8Array;
  right: Uint8Array;
}

const roundsFor = (length: number): number => {
  if (length === 1) return 24;
  if (length === 2) return 16;
  return length < BLOCK_LENGTH ? 10 : 8;
};

/** The four bits that begin at `4 * index`. */
const nibble = (bytes: Uint8Array, index: number): number =>
  ((bytes[index >> 1] ?? 0) >> (index & 1 ? 0 : 4)) & 0xf;

/** `count` nibbles of `source` from nibble `from` on, left-aligned in a block's 16 bytes. */
const takeNibbles = (source: Uint8Array, from: number, count: number): Uint8Array => {
  const taken = new Uint8Array(BLOCK_LENGTH);
  for (let k = 0; k < count; k++) {
    taken[k >> 1] = (taken[k >> 1] ?? 0) | (nibble(source, from + k) << (k & 1 ? 0 : 4));
  }
  return taken;
};

/** `right` ‖ `left`, `length` nibbles each. */
const joinSwapped = ({ left, right }: Halves, length: number): Uint8Array => {
  const joined = new Uint8Array(length);
  for (let k = 0; k < 2 * length; k++) {
    const value = k < length ? nibble(right, k) : nibble(left, k - length);
    joined[k >> 1] = (joined[k >> 1] ?? 0) | (value << (k & 1 ? 0 : 4));
  }
  return joined;
};

/** F(j, X): the first `length` nibbles of E(0, t, (X ‖ 10*) ^ Δ ^ j). */
const feistel = (
  key: AezKey,
  { delta, length }: { delta: Block; length: number },
  { round, half }: { round: number; half: Uint8Array },
): Uint8Array => {
  const input = half.slice();
  input[length >> 1] = (input[length >> 1] ?? 0) | (length & 1 ? 0x08 : 0x80);
  input[BLOCK_LENGTH - 1] = (input[BLOCK_LENGTH - 1] ?? 0) ^ round;
  const index = length < BLOCK_LENGTH ? 7 : 6;
  const output = plainCipher(key, index, xorOf(blockOf(input), delta));
  return takeNibbles(bytesOf(output), 0, length);
};

const xorBytes = (target: Uint8Array, source: Uint8Array): void => {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) ^ (source[i] ?? 0);
};

/** Under 16 bytes the top bit is corrected, since a Feistel network is an even permutation. */
const correctTopBit = (key: AezKey, delta: Block, message: Uint8Array): void => {
  if (message.length >= BLOCK_LENGTH) return;
  const input = message.slice();
  input[0] = (message[0] ?? 0) | 0x80;
  const mask = bytesOf(plainCipher(key, 3, xorOf(blockOf(input), delta)));
  message[0] = (message[0] ?? 0) ^ ((mask[0] ?? 0) & 0x80);
};

/** AEZ-tiny over `message`, 1 to 31 bytes, in place. */
export const tiny = (key: AezKey, { message, delta, direction }: Work): void => {
  const length = message.length;
  const rounds = roundsFor(length);
  if (direction === 'decipher') correctTopBit(key, delta, message);
  const left = takeNibbles(message, 0, length);
  const right = takeNibbles(message, length, length);
  for (let k = 0; k < rounds; k += 2) {
    const [first, second] =
      direction === 'encipher' ? [k, k + 1] : [rounds - 1 - k, rounds - 2 - k];
    xorBytes(left, feistel(key, { delta, length }, { round: first, half: right }));
    xorBytes(right, feistel(key, { delta, length }, { round: second, half: left }));
  }
  message.set(joinSwapped({ left, right }, length));
  if (direction === 'encipher') correctTopBit(key, delta, message);
};
