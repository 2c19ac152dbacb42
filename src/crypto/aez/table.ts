/**
 * AEZ's ciphers by tables: quick to start, but not constant time.
 *
 * Where E(j, i, ·) runs over thousands of blocks, as in the passes, nothing is allocated per block.
 * @module
 */
import { runRounds } from './aes.js';
import { BLOCK_WORDS, blockOf, multiply, xorInto, xorOf, ZERO } from './block.js';
import type { Block } from './block.js';
import { tweaksOf } from './key.js';
import type { EngineMaker, KeyParts } from './key.js';

const PAIR_WORDS = 2 * BLOCK_WORDS;

/** The keys of all rounds, one behind the other. */
type Schedule = Uint32Array;

const schedule = (...keys: readonly Block[]): Schedule =>
  Uint32Array.from(keys.flatMap((key) => [...key]));

interface PassKey {
  readonly parts: KeyParts;
  readonly aes4: Schedule;
}

/** Pass 1: (M, M') become (W, X). Returns the XOR of all X. */
const firstPass = ({ parts, aes4 }: PassKey, pairs: Uint32Array): Block => {
  const tweaks = tweaksOf(parts, parts.j);
  const term = new Uint32Array(BLOCK_WORDS);
  const sum = new Uint32Array(BLOCK_WORDS);
  for (let left = 0; left < pairs.length; left += PAIR_WORDS) {
    const right = left + BLOCK_WORDS;
    runRounds(aes4, tweaks.next(), pairs, right, term);
    xorInto(pairs, left, term);
    runRounds(aes4, parts.i, pairs, left, term);
    xorInto(pairs, right, term);
    xorInto(sum, 0, pairs, right);
  }
  return sum;
};

/** (W, X) become (X ^ T, W ^ T), that is, (Z, Y). */
const addAndSwap = (words: Uint32Array, left: number, t: Block): void => {
  const right = left + BLOCK_WORDS;
  for (let k = 0; k < BLOCK_WORDS; k++) {
    const word = (words[left + k] ?? 0) ^ (t[k] ?? 0);
    words[left + k] = (words[right + k] ?? 0) ^ (t[k] ?? 0);
    words[right + k] = word;
  }
};

/** Pass 2: (W, X) become (C, C'). Returns the XOR of all Y. */
const secondPass = ({ parts, aes4 }: PassKey, pairs: Uint32Array, s: Block): Block => {
  const tweaks = tweaksOf(parts, parts.j);
  // E(2, i, S) is E(1, i, S ^ 3·J): one sequence of tweaks does for both.
  const shiftedS = xorOf(s, multiply(3, parts.j));
  const term = new Uint32Array(BLOCK_WORDS);
  const sum = new Uint32Array(BLOCK_WORDS);
  for (let left = 0; left < pairs.length; left += PAIR_WORDS) {
    const right = left + BLOCK_WORDS;
    const tweak = tweaks.next();
    runRounds(aes4, tweak, shiftedS, 0, term);
    addAndSwap(pairs, left, term);
    xorInto(sum, 0, pairs, right);
    runRounds(aes4, parts.i, pairs, left, term);
    xorInto(pairs, right, term);
    runRounds(aes4, tweak, pairs, right, term);
    xorInto(pairs, left, term);
  }
  return sum;
};

/** Whole pairs as words; `message` must begin at a multiple of 4 in its buffer. */
const wordsOf = ({ buffer, byteOffset, length }: Uint8Array): Uint32Array =>
  new Uint32Array(buffer, byteOffset, length / 4);

const encrypted = (rounds: Schedule, block: Block): Block => {
  const output = new Uint32Array(BLOCK_WORDS);
  runRounds(rounds, ZERO, block, 0, output);
  return output;
};

export const tableEngine: EngineMaker = (key, parts) => {
  const { i, j } = parts;
  const l = blockOf(key.subarray(-16));
  const aes4 = schedule(j, i, l, ZERO);
  const aes10 = schedule(i, j, l, i, j, l, i, j, l, i);
  return {
    aes4: (block) => encrypted(aes4, block),
    aes10: (block) => encrypted(aes10, block),
    firstPass: (pairs) => firstPass({ parts, aes4 }, wordsOf(pairs)),
    secondPass: (pairs, s) => secondPass({ parts, aes4 }, wordsOf(pairs), s),
    wipe: () => {
      aes4.fill(0);
      aes10.fill(0);
      l.fill(0);
    },
  };
};
