/**
 * The key of AEZ v5 and its tweakable cipher E(j, i, ·).
 *
 * Source: Hoang, Krovetz, Rogaway, "AEZ v5", figures 1 and 2.
 * @module
 */
import { blake2b } from '@noble/hashes/blake2.js';
import { BLOCK_LENGTH, BLOCK_WORDS, blockOf, double, multiply } from './block.js';
import { xorOf, ZERO } from './block.js';
import type { Block } from './block.js';

export const KEY_LENGTH = 3 * BLOCK_LENGTH;

/** The parts I, J and L of a key; `multiplesOfL[n]` is n·L for n = 0..7. */
export interface KeyParts {
  readonly i: Block;
  readonly j: Block;
  readonly twiceI: Block;
  readonly multiplesOfL: readonly Block[];
}

/** The block ciphers and passes of one key: by tables (`table.ts`) or in WebAssembly (`wasm.ts`). */
export interface Engine {
  /** Four rounds without a tweak, into fresh memory. */
  aes4(block: Block): Block;
  /** Ten rounds. */
  aes10(block: Block): Block;
  /** Pass 1 in place over pairs (M, M'), which become (W, X). Returns the XOR of all X. */
  firstPass(pairs: Uint8Array): Block;
  /** Pass 2 in place over pairs (W, X), which become (C, C'). Returns the XOR of all Y. */
  secondPass(pairs: Uint8Array, s: Block): Block;
  /** Forgets the key. */
  wipe(): void;
}

/** `key` is the extracted one, 48 bytes; `parts` are made from it. */
export type EngineMaker = (key: Uint8Array, parts: KeyParts) => Engine;

/** A key made ready. */
export interface AezKey extends KeyParts {
  readonly engine: Engine;
}

/** The 48 bytes I, J, L of a key of any length. */
export const extractKey = (key: Uint8Array): Uint8Array =>
  key.length === KEY_LENGTH ? key : blake2b(key, { dkLen: KEY_LENGTH });

export const prepareKey = (key: Uint8Array, makeEngine: EngineMaker): AezKey => {
  const extracted = extractKey(key);
  const part = (n: number): Block =>
    blockOf(extracted.subarray(n * BLOCK_LENGTH, (n + 1) * BLOCK_LENGTH));
  const i = part(0);
  const l = part(2);
  const multiplesOfL = Array.from({ length: 8 }, (_, n) => multiply(n, l));
  const parts = { i, j: part(1), twiceI: multiply(2, i), multiplesOfL };
  return { ...parts, engine: makeEngine(extracted, parts) };
};

export const wipeKey = (key: AezKey): void => {
  for (const block of [key.i, key.j, key.twiceI, ...key.multiplesOfL]) block.fill(0);
  key.engine.wipe();
};

/** `index` mod 8 times L. */
export const multipleOfL = (key: KeyParts, index: number): Block =>
  key.multiplesOfL[index & 7] ?? ZERO;

/**
 * The tweaks of E(j, 1), E(j, 2), … one after the other: `next()` gives
 * j·J ^ 2^⌈i/8⌉·I ^ (i mod 8)·L in memory that the following call overwrites.
 */
export const tweaksOf = (key: KeyParts, jMultiple: Block): { next(): Block } => {
  const iMultiple = key.twiceI.slice();
  const tweak = new Uint32Array(BLOCK_WORDS);
  let index = 0;
  const next = (): Block => {
    if (index > 0 && index % 8 === 0) double(iMultiple);
    index += 1;
    const lMultiple = multipleOfL(key, index);
    for (let k = 0; k < BLOCK_WORDS; k++) {
      tweak[k] = (jMultiple[k] ?? 0) ^ (iMultiple[k] ?? 0) ^ (lMultiple[k] ?? 0);
    }
    return tweak;
  };
  return { next };
};

/** E(j, i, block) for `index` i at most 8; j·J is given as a block. */
export const cipher = (
  key: AezKey,
  { jMultiple, index }: { jMultiple: Block; index: number },
  block: Block,
): Block => {
  const iMultiple = index === 0 ? key.i : key.twiceI;
  return key.engine.aes4(xorOf(block, jMultiple, iMultiple, multipleOfL(key, index)));
};

/** E(0, i, block) for `index` i at most 8. */
export const plainCipher = (key: AezKey, index: number, block: Block): Block =>
  cipher(key, { jMultiple: ZERO, index }, block);

/** E(-1, i, block): ten rounds. */
export const strongCipher = (key: AezKey, index: number, block: Block): Block =>
  key.engine.aes10(xorOf(block, multipleOfL(key, index)));
