/**
 * Fingerprints: a key in a form that two people can compare by reading it out.
 *
 * From SHA-512 over a label and the key: the first 12 bytes as words, the next 30 as six groups of
 * five digits. Either alone is too long for a key to be made to fit (96 and 99 bits).
 * @module
 */
import { utf8 } from '../../bytes/text.js';
import { concat } from '../../bytes/writer.js';
import { portablePrimitives } from '../../crypto/portable.js';
import { FINGERPRINT_WORDS } from './fingerprint-words.js';

export interface Fingerprint {
  /** Twelve. */
  readonly words: readonly string[];
  /** Six groups of five, parted by spaces. */
  readonly digits: string;
}

const LABEL = utf8('postern fingerprint');
const WORD_COUNT = 12;
const GROUP_COUNT = 6;
const GROUP_BYTES = 5;
const GROUP_DIGITS = 5;

/** The fingerprint of an identity key (32 bytes). */
export const fingerprintOf = (key: Uint8Array): Fingerprint => {
  const digest = portablePrimitives.hash.sha512(concat(LABEL, key));
  const words = [...digest.subarray(0, WORD_COUNT)].map((byte) => FINGERPRINT_WORDS[byte] ?? '');
  const groups = Array.from({ length: GROUP_COUNT }, (_, index) => {
    const start = WORD_COUNT + index * GROUP_BYTES;
    return digitsOf(digest.subarray(start, start + GROUP_BYTES));
  });
  return { words, digits: groups.join(' ') };
};

/** Whether a code, as somebody has typed it, is the fingerprint of a key. */
export const isFingerprintOf = (key: Uint8Array, code: string): boolean => {
  const { words, digits } = fingerprintOf(key);
  const typed = code.toLowerCase().match(/[a-z]+|\d+/g) ?? [];
  return typed.join(' ') === words.join(' ') || typed.join('') === digits.replaceAll(' ', '');
};

const digitsOf = (bytes: Uint8Array): string => {
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return String(number % 10 ** GROUP_DIGITS).padStart(GROUP_DIGITS, '0');
};
