/**
 * Blocks of AEZ v5: 16 bytes as four little-endian words, and as elements of GF(2^128).
 *
 * Field elements are big-endian (byte 0 holds the highest powers). Little-endian words suit the
 * table lookups of {@link module:crypto/aez/aes} and every machine that runs JavaScript.
 * @module
 */

/** Four words. */
export type Block = Uint32Array;

export const BLOCK_LENGTH = 16;
export const BLOCK_WORDS = 4;

/** The all-zero block. Never written to. */
export const ZERO: Block = new Uint32Array(BLOCK_WORDS);

/*
 * Blocks and bytes are turned into each other by arithmetic: a second view of a small array costs
 * more than sixteen shifts, since the array's memory has to move out of the heap for it.
 */

/** `bytes` (at most 16) followed by zeros. */
export const blockOf = (bytes: Uint8Array): Block => {
  const block = new Uint32Array(BLOCK_WORDS);
  for (let i = 0; i < bytes.length; i++) putByte(block, i, bytes[i] ?? 0);
  return block;
};

/** Sets a byte that is zero. */
const putByte = (block: Block, at: number, byte: number): void => {
  block[at >> 2] = (block[at >> 2] ?? 0) | (byte << (8 * (at & 3)));
};

/** `bytes`; where they are fewer than 16, a one bit and zeros follow (`10*`). */
export const paddedBlock = (bytes: Uint8Array): Block => {
  const block = blockOf(bytes);
  if (bytes.length < BLOCK_LENGTH) putByte(block, bytes.length, 0x80);
  return block;
};

/** A number below 2^32 as a big-endian block. */
export const numberBlock = (value: number): Block => {
  const block = new Uint32Array(BLOCK_WORDS);
  for (let k = 0; k < 4; k++) putByte(block, BLOCK_LENGTH - 1 - k, (value >>> (8 * k)) & 0xff);
  return block;
};

/** The 16 bytes of a block, in fresh memory. */
export const bytesOf = (block: Block): Uint8Array => {
  const bytes = new Uint8Array(BLOCK_LENGTH);
  for (let i = 0; i < BLOCK_LENGTH; i++) bytes[i] = (block[i >> 2] ?? 0) >>> (8 * (i & 3));
  return bytes;
};

/** `target` at word `at` ^= `source`. Written out, since this is called for every block. */

export const xorInto = (target: Uint32Array, at: number, source: Uint32Array, from = 0): void => {
  target[at] = (target[at] ?? 0) ^ (source[from] ?? 0);
  target[at + 1] = (target[at + 1] ?? 0) ^ (source[from + 1] ?? 0);
  target[at + 2] = (target[at + 2] ?? 0) ^ (source[from + 2] ?? 0);
  target[at + 3] = (target[at + 3] ?? 0) ^ (source[from + 3] ?? 0);
};

/** The XOR of blocks, in fresh memory. */
export const xorOf = (...blocks: readonly Block[]): Block => {
  const sum = new Uint32Array(BLOCK_WORDS);
  for (const block of blocks) xorInto(sum, 0, block);
  return sum;
};

/**
 * Doubles a field element in place, without a branch on its value.
 *
 * Within a word the top bit of byte k + 1 moves into byte k, which lies 8 bits lower; the top bit
 * of the whole element comes back as 0x87 in the last byte.
 */
export const double = (block: Block): void => {
  const carry = ((block[0] ?? 0) >>> 7) & 1;
  for (let i = 0; i < BLOCK_WORDS; i++) {
    const word = block[i] ?? 0;
    const next = block[i + 1] ?? 0;
    block[i] = ((word << 1) & 0xfefefefe) | ((word >>> 15) & 0x00010101) | ((next & 0x80) << 17);
  }
  block[3] = (block[3] ?? 0) ^ (-carry & 0x87000000);
};

/** `factor` times a field element, by double and add; `factor` is public. */
export const multiply = (factor: number, block: Block): Block => {
  const product = new Uint32Array(BLOCK_WORDS);
  const power = block.slice();
  for (let rest = factor; rest > 0; rest >>>= 1) {
    if (rest & 1) xorInto(product, 0, power);
    double(power);
  }
  return product;
};
