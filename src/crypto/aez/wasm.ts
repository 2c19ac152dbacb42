/**
 * AEZ's ciphers in WebAssembly: bitsliced, constant time, eight pairs at a time.
 *
 * The module is generated (scripts/aez-wasm says how it works). It holds one key and one message,
 * which is enough: every call here runs to its end, and each thread has its own instance.
 * @module
 */
import { base64 } from '../../bytes/radix.js';
import { makeWideBlock } from '../aez.js';
import type { WideBlock } from '../primitives.js';
import { BLOCK_LENGTH, BLOCK_WORDS, blockOf } from './block.js';
import type { Block } from './block.js';
import type { EngineMaker } from './key.js';
import { LAYOUT, MODULE_BASE64 } from './wasm.generated.js';

/** Eight pairs. */
const GROUP_LENGTH = 16 * BLOCK_LENGTH;
const PAIR_LENGTH = 2 * BLOCK_LENGTH;
const PAGE_LENGTH = 65536;
const WORD_LENGTH = 4;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  prepare(): void;
  aes4(): void;
  aes10(): void;
  firstPass(groups: number, lastMask: number): void;
  secondPass(groups: number, lastMask: number): void;
}

/** As much of the platform's WebAssembly as is used; there is no declaration common to all. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Exports };
};

const groupsOf = (length: number): number => Math.ceil(length / GROUP_LENGTH);

/** A bit for each pair of the last group that is there. */
const lastMaskOf = (length: number): number => {
  const pairsInLastGroup = ((length / PAIR_LENGTH - 1) % 8) + 1;
  return 2 ** pairsInLastGroup - 1;
};

/** One instance of the module with its memory. */
class Core {
  readonly #exports: Exports;
  #memory: Uint8Array;
  /** The same memory as words, which blocks are made of. */
  #words: Uint32Array;

  constructor(exports: Exports) {
    this.#exports = exports;
    this.#memory = new Uint8Array(exports.memory.buffer);
    this.#words = new Uint32Array(exports.memory.buffer);
  }

  prepare(key: Uint8Array): void {
    this.#memory.set(key, LAYOUT.key);
    this.#exports.prepare();
  }

  run(name: 'aes4' | 'aes10', block: Block): Block {
    this.#words.set(block, LAYOUT.block / WORD_LENGTH);
    this.#exports[name]();
    return this.#read(LAYOUT.block);
  }

  firstPass(pairs: Uint8Array): Block {
    if (pairs.length === 0) return blockOf(pairs);
    this.#makeRoom(groupsOf(pairs.length) * GROUP_LENGTH);
    this.#memory.set(pairs, LAYOUT.message);
    this.#exports.firstPass(groupsOf(pairs.length), lastMaskOf(pairs.length));
    return this.#read(LAYOUT.sum);
  }

  /** Goes on with what {@link firstPass} left in memory, and writes the result to `pairs`. */
  secondPass(pairs: Uint8Array, s: Block): Block {
    if (pairs.length === 0) return blockOf(pairs);
    this.#words.set(s, LAYOUT.block / WORD_LENGTH);
    this.#exports.secondPass(groupsOf(pairs.length), lastMaskOf(pairs.length));
    pairs.set(this.#memory.subarray(LAYOUT.message, LAYOUT.message + pairs.length));
    return this.#read(LAYOUT.sum);
  }

  /** Forgets the key and all that was made from it. */
  wipe(): void {
    this.#memory.fill(0, 0, LAYOUT.message);
  }

  #read(at: number): Block {
    const word = at / WORD_LENGTH;
    return this.#words.slice(word, word + BLOCK_WORDS);
  }

  #makeRoom(length: number): void {
    const missing = LAYOUT.message + length - this.#memory.length;
    if (missing <= 0) return;
    this.#exports.memory.grow(Math.ceil(missing / PAGE_LENGTH));
    this.#memory = new Uint8Array(this.#exports.memory.buffer);
    this.#words = new Uint32Array(this.#exports.memory.buffer);
  }
}

const engineOver =
  (core: Core): EngineMaker =>
  (key) => {
    core.prepare(key);
    return {
      aes4: (block) => core.run('aes4', block),
      aes10: (block) => core.run('aes10', block),
      firstPass: (pairs) => core.firstPass(pairs),
      secondPass: (pairs, s) => core.secondPass(pairs, s),
      wipe: () => core.wipe(),
    };
  };

/** A new instance with its own memory. Throws where WebAssembly or its SIMD is missing. */
export const makeWasmEngine = (): EngineMaker => {
  const bytes = base64.decode(MODULE_BASE64);
  if (bytes === undefined) throw new Error('unreachable: the generator writes base64');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return engineOver(new Core(exports));
};

/** {@link WideBlock} in constant time, by {@link makeWasmEngine}. */
export const makeWasmWideBlock = (): WideBlock => makeWideBlock(makeWasmEngine(), true);
