/**
 * AEZ-hash, which ties nonce, associated data and τ into the block Δ, and AEZ-prf.
 *
 * Source: Hoang, Krovetz, Rogaway, "AEZ v5", AEZ-hash and AEZ-prf.
 * @module
 */
import { BLOCK_LENGTH, BLOCK_WORDS, blockOf, bytesOf, multiply, numberBlock } from './block.js';
import { paddedBlock, xorInto, xorOf } from './block.js';
import type { Block } from './block.js';
import { cipher, strongCipher, tweaksOf } from './key.js';
import type { AezKey } from './key.js';

/** H(j, S) of one string. */
const hashString = (key: AezKey, j: number, bytes: Uint8Array): Block => {
  const jMultiple = multiply(j, key.j);
  const tweaks = tweaksOf(key, jMultiple);
  const sum = new Uint32Array(BLOCK_WORDS);
  let at = 0;
  for (; bytes.length - at >= BLOCK_LENGTH; at += BLOCK_LENGTH) {
    const block = blockOf(bytes.subarray(at, at + BLOCK_LENGTH));
    xorInto(sum, 0, key.engine.aes4(xorOf(block, tweaks.next())));
  }
  if (at < bytes.length || bytes.length === 0) {
    xorInto(sum, 0, cipher(key, { jMultiple, index: 0 }, paddedBlock(bytes.subarray(at))));
  }
  return sum;
};

/** Δ of a nonce, associated data and τ in bits. */
export const hash = (
  key: AezKey,
  { nonce, ad, tauBits }: { nonce: Uint8Array; ad: readonly Uint8Array[]; tauBits: number },
): Block =>
  xorOf(
    cipher(key, { jMultiple: multiply(3, key.j), index: 1 }, numberBlock(tauBits)),
    hashString(key, 4, nonce),
    ...ad.map((part, k) => hashString(key, 5 + k, part)),
  );

/** `length` bytes of AEZ-prf. */
export const prf = (key: AezKey, delta: Block, length: number): Uint8Array => {
  const output = new Uint8Array(Math.ceil(length / BLOCK_LENGTH) * BLOCK_LENGTH);
  for (let at = 0; at < length; at += BLOCK_LENGTH) {
    const counter = numberBlock(at / BLOCK_LENGTH);
    output.set(bytesOf(strongCipher(key, 3, xorOf(delta, counter))), at);
  }
  return output.subarray(0, length);
};
