/**
 * The whole WebAssembly module: AEZ v5's block ciphers and passes in constant time.
 *
 * No instruction's time and no address depends on keys or data: there are no tables, and the only
 * branch counts groups. Exports: `memory`, `prepare()`, `aes4()`, `aes10()` (both over the one
 * block at `MEMORY.block`), `firstPass(groups, lastMask)` and `secondPass(groups, lastMask)`.
 * @module
 */
import wabt from 'wabt';
import { doubleFunction, prepareFunction } from './key-setup.js';
import { MEMORY } from './memory.js';
import { firstPassFunction, joinFunction, secondPassFunction, splitFunction } from './passes.js';
import { at, callTranspose, PLANE_NUMBERS, transposeFunction } from './planes.js';
import { aes10Function, aes4Function } from './rounds.js';
import { call, i32, load, splat, store, wasmFunction } from './wat.js';
import type { Statement } from './wat.js';

/** Puts the single block into the first of eight places, and the result back. */
const overOneBlock = (name: string, work: Statement): string =>
  wasmFunction({
    name,
    exported: true,
    body: [
      store(MEMORY.scratch, load(MEMORY.block)),
      ...PLANE_NUMBERS.slice(1).map((index) => store(at(MEMORY.scratch, index), splat(0))),
      callTranspose(i32(MEMORY.scratch), i32(MEMORY.scratch)),
      work,
      callTranspose(i32(MEMORY.scratch), i32(MEMORY.scratch)),
      store(MEMORY.block, load(MEMORY.scratch)),
    ],
  });

const scratch = i32(MEMORY.scratch);
const zeros = i32(MEMORY.zeros);

/** The module as WebAssembly text. */
export const moduleText = (): string =>
  `(module (memory (export "memory") 1)
${[
  transposeFunction(),
  aes4Function(),
  aes10Function(),
  doubleFunction(),
  prepareFunction(),
  overOneBlock('aes4', call('aes4planes', scratch, zeros, zeros, scratch)),
  overOneBlock('aes10', call('aes10planes')),
  splitFunction(),
  joinFunction(),
  firstPassFunction(),
  secondPassFunction(),
].join('\n')})`;

/** The module as bytes. */
export const assemble = async (): Promise<Uint8Array> => {
  const { parseWat } = await wabt();
  const module = parseWat('aez.wat', moduleText(), { simd: true });
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
};

/** The TypeScript module that carries the bytes into the package. */
export const generatedSource = async (): Promise<string> => {
  const base64 = Buffer.from(await assemble()).toString('base64');
  const { key, block, sum, message } = MEMORY;
  return `/**
 * AEZ v5 in WebAssembly, assembled from scripts/aez-wasm. Generated: do not edit.
 * @module
 */

/** Where the caller finds things in the module's memory. */
export const LAYOUT = { key: ${key}, block: ${block}, sum: ${sum}, message: ${message} } as const;

export const MODULE_BASE64 =
  '${base64}';
`;
};
