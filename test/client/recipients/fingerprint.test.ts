import { describe, expect, it } from 'vitest';
import { FINGERPRINT_WORDS } from '../../../src/client/recipients/fingerprint-words.js';
import { fingerprintOf, isFingerprintOf } from '../../../src/client/recipients/fingerprint.js';
import { repeated } from '../../support/bytes.js';

const KEY = repeated(1, 32);

describe('a fingerprint', () => {
  it('has a word of its own for each byte', () => {
    expect(new Set(FINGERPRINT_WORDS).size).toBe(256);
    expect(FINGERPRINT_WORDS.every((word) => /^[a-z]{3,9}$/.test(word))).toBe(true);
  });

  it('stays what it is: people keep it on paper', () => {
    expect(fingerprintOf(KEY)).toMatchInlineSnapshot(`
      {
        "digits": "12725 83653 84431 52550 18367 16211",
        "words": [
          "radio",
          "sandal",
          "horizon",
          "jigsaw",
          "apron",
          "ladder",
          "kitchen",
          "bishop",
          "hammer",
          "cabin",
          "elbow",
          "mango",
        ],
      }
    `);
  });

  it('is another one for another key', () => {
    const all = Array.from({ length: 200 }, (_, i) => fingerprintOf(repeated(i, 32)));
    expect(new Set(all.map(({ words }) => words.join(' '))).size).toBe(200);
    expect(new Set(all.map(({ digits }) => digits)).size).toBe(200);
  });

  const { words, digits } = fingerprintOf(KEY);
  it.each([
    words.join(' '),
    words.join('-').toUpperCase(),
    ` ${words.join(',\n')} `,
    digits,
    digits.replaceAll(' ', ''),
    digits.replaceAll(' ', '-'),
  ])('is recognised as people type it: %j', (code) => {
    expect(isFingerprintOf(KEY, code)).toBe(true);
    expect(isFingerprintOf(repeated(2, 32), code)).toBe(false);
  });

  it.each([
    '',
    words.slice(1).join(' '),
    words.toReversed().join(' '),
    words.join(''),
    digits.slice(1),
    `${digits}0`,
    `${words.join(' ')} ${digits}`,
  ])('is not recognised in part or changed: %j', (code) => {
    expect(isFingerprintOf(KEY, code)).toBe(false);
  });
});
