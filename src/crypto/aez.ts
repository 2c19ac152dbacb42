/**
 * AEZ v5, the general cipher: any key, nonce, associated data and expansion τ.
 *
 * Sphinx needs only τ = 0 ({@link tableWideBlock}); the rest is here because the published vectors
 * exercise it. By tables, so not constant time: see `aez/wasm.ts` for the core that is.
 *
 * Source: Hoang, Krovetz, Rogaway, "AEZ v5: Authenticated Encryption by Enciphering" (2017).
 * @module
 */
import { equal, isZero } from '../bytes/compare.js';
import { bytesOf } from './aez/block.js';
import type { Block } from './aez/block.js';
import { core, PAIR_LENGTH } from './aez/core.js';
import type { Direction, Work } from './aez/core.js';
import { hash, prf } from './aez/hash.js';
import { prepareKey, wipeKey } from './aez/key.js';
import type { AezKey, EngineMaker } from './aez/key.js';
import { tableEngine } from './aez/table.js';
import { tiny } from './aez/tiny.js';
import type { WideBlock } from './primitives.js';

export interface AezParameters {
  /** Any length; 48 bytes are used as they are. */
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ad: readonly Uint8Array[];
  /** Bytes by which the ciphertext is longer. */
  readonly tau: number;
  /** By tables where it is left out. */
  readonly engine?: EngineMaker;
}

const runWithKey = <T>(
  { key: bytes, engine = tableEngine }: Pick<AezParameters, 'key' | 'engine'>,
  run: (key: AezKey) => T,
): T => {
  const key = prepareKey(bytes, engine);
  try {
    return run(key);
  } finally {
    wipeKey(key);
  }
};

const deltaOf = (key: AezKey, { nonce, ad, tau }: AezParameters): Block =>
  hash(key, { nonce, ad, tauBits: 8 * tau });

const runCipher = (key: AezKey, work: Work): void => {
  if (work.message.length >= PAIR_LENGTH) core(key, work);
  else if (work.message.length > 0) tiny(key, work);
};

/** The ciphertext, `tau` bytes longer than `message`. */
export const aezEncrypt = (parameters: AezParameters, message: Uint8Array): Uint8Array =>
  runWithKey(parameters, (key) => {
    const delta = deltaOf(key, parameters);
    if (message.length === 0) return prf(key, delta, parameters.tau);
    const expanded = new Uint8Array(message.length + parameters.tau);
    expanded.set(message);
    runCipher(key, { message: expanded, delta, direction: 'encipher' });
    return expanded;
  });

/** The message, `tau` bytes shorter; `undefined` when the ciphertext is not authentic. */
export const aezDecrypt = (
  parameters: AezParameters,
  ciphertext: Uint8Array,
): Uint8Array | undefined =>
  runWithKey(parameters, (key) => {
    const length = ciphertext.length - parameters.tau;
    if (length < 0) return undefined;
    const delta = deltaOf(key, parameters);
    if (length === 0) {
      return equal(prf(key, delta, parameters.tau), ciphertext) ? new Uint8Array(0) : undefined;
    }
    const message = Uint8Array.from(ciphertext);
    runCipher(key, { message, delta, direction: 'decipher' });
    return isZero(message.subarray(length)) ? message.subarray(0, length) : undefined;
  });

/** Δ alone, 16 bytes; `tauBits` is τ in bits. */
export const aezHash = (
  key: Uint8Array,
  input: { nonce: Uint8Array; ad: readonly Uint8Array[]; tauBits: number },
): Uint8Array => runWithKey({ key }, (prepared) => bytesOf(hash(prepared, input)));

/** AEZ-prf alone: `length` bytes for a block Δ of 16 bytes. */
export const aezPrf = (key: Uint8Array, delta: Block, length: number): Uint8Array =>
  runWithKey({ key }, (prepared) => prf(prepared, delta, length));

/** Words are read out of the message's memory, so the engines want it aligned to them. */
const WORD_LENGTH = 4;

/** With τ = 0 nothing grows and nothing is checked. */
const cipherInPlace = (
  parameters: Pick<AezParameters, 'key' | 'nonce' | 'engine'>,
  direction: Direction,
  message: Uint8Array,
): void => {
  const aligned = message.byteOffset % WORD_LENGTH === 0 ? message : message.slice();
  runWithKey(parameters, (key) => {
    const delta = deltaOf(key, { ...parameters, ad: [], tau: 0 });
    runCipher(key, { message: aligned, delta, direction });
  });
  if (aligned !== message) message.set(aligned);
};

/** A {@link WideBlock} over an engine. */
export const makeWideBlock = (engine: EngineMaker, constantTime: boolean): WideBlock => {
  const copied =
    (direction: Direction): WideBlock['encrypt'] =>
    (key, iv, message) => {
      const copy = Uint8Array.from(message);
      cipherInPlace({ key, nonce: iv, engine }, direction, copy);
      return copy;
    };
  return {
    constantTime,
    encrypt: copied('encipher'),
    decrypt: copied('decipher'),
    decryptInPlace: (key, iv, message) =>
      cipherInPlace({ key, nonce: iv, engine }, 'decipher', message),
  };
};

export const tableWideBlock: WideBlock = makeWideBlock(tableEngine, false);
