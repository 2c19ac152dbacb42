/**
 * Repeatable randomness for tests and simulations: a ChaCha20 key stream.
 *
 * Whoever knows the seed knows every byte, so no real key may come from here.
 * @module
 */
import { chacha20 } from '@noble/ciphers/chacha.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '../bytes/text.js';
import type { Random } from './contracts.js';

const NONCE_LENGTH = 12;
/** Key stream made at a time. */
const REFILL_LENGTH = 4096;

const keyStream = (key: Uint8Array): (() => Uint8Array) => {
  const nonce = new Uint8Array(NONCE_LENGTH);
  const count = new DataView(nonce.buffer);
  let refills = 0;
  return () => {
    count.setUint32(0, refills++);
    return chacha20(key, nonce, new Uint8Array(REFILL_LENGTH));
  };
};

/** The same bytes for the same seed, however they are asked for; `1` and `'1'` are two seeds. */
export const seededRandom = (seed: string | number): Random => {
  const refill = keyStream(sha256(utf8(`${typeof seed} ${seed}`)));
  let stock: Uint8Array = new Uint8Array(0);
  return (length) => {
    const drawn = new Uint8Array(length);
    for (let at = 0; at < length;) {
      if (stock.length === 0) stock = refill();
      const part = stock.subarray(0, length - at);
      drawn.set(part, at);
      stock = stock.subarray(part.length);
      at += part.length;
    }
    return drawn;
  };
};
