/** Shorthands for vectors, where malformed hex is a mistake in the test. */
import { createHash } from 'node:crypto';
import { fromHex, toHex } from '../../src/bytes/text.js';
import type { Random } from '../../src/io/contracts.js';

export const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  if (!bytes) throw new Error(`not hex: ${text.slice(0, 40)}`);
  return bytes;
};

export { toHex };

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** Gives out recorded random bytes in order; another length than recorded throws. */
export const recordedRandom = (...recorded: readonly string[]): Random => {
  const rest = recorded.map(hex);
  return (length) => {
    const next = rest.shift();
    if (next?.length !== length) throw new Error(`asked for ${length}, have ${next?.length}`);
    return next;
  };
};

/** `first`, `first + 1`, … modulo 256, across calls. */
export const countingRandom = (first: number): Random => {
  let next = first;
  return (length) => Uint8Array.from({ length }, () => next++ & 0xff);
};

/** Bytes i mod 251. */
export const pattern = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => i % 251);

/** `length` bytes of one value. */
export const repeated = (value: number, length: number): Uint8Array =>
  new Uint8Array(length).fill(value);
