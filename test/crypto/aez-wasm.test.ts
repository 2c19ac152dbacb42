import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedSource, moduleText } from '../../scripts/aez-wasm/module.js';
import { SBOX_GATES } from '../../scripts/aez-wasm/sbox.js';
import { tableWideBlock } from '../../src/crypto/aez.js';
import { makeWasmWideBlock } from '../../src/crypto/aez/wasm.js';
import { pattern, sha256 } from '../support/bytes.js';

/** Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
const times = (a: number, b: number): number => {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) {
    if ((b >> bit) & 1) product ^= a << bit;
  }
  for (let bit = 14; bit >= 8; bit--) {
    if ((product >> bit) & 1) product ^= 0x11b << (bit - 8);
  }
  return product;
};

const inverse = (a: number): number => {
  let power = 1;
  for (let i = 0; i < 254; i++) power = times(power, a);
  return power;
};

/** FIPS 197, section 5.1.1: b_i ^ b_(i+4) ^ b_(i+5) ^ b_(i+6) ^ b_(i+7) ^ c_i. */
const sbox = (a: number): number => {
  const b = inverse(a);
  const bit = (i: number): number => (b >> (i & 7)) & 1;
  let result = 0x63;
  for (let i = 0; i < 8; i++) {
    result ^= (bit(i) ^ bit(i + 4) ^ bit(i + 5) ^ bit(i + 6) ^ bit(i + 7)) << i;
  }
  return result;
};

const runCircuit = (input: number): number => {
  const wires = new Map<string, number>();
  for (let i = 0; i < 8; i++) wires.set(`x${i}`, (input >> (7 - i)) & 1);
  for (const { output, operation, inputs } of SBOX_GATES) {
    const [a, b] = inputs.map((wire) => wires.get(wire)!) as [number, number];
    wires.set(output, operation === '&' ? a & b : a ^ b);
  }
  return Array.from({ length: 8 }, (_, i) => wires.get(`s${i}`)! << (7 - i)).reduce(
    (a, b) => a | b,
  );
};

describe('the S-box circuit', () => {
  it('is the S-box of AES with 0x63 left out, for all 256 bytes', () => {
    for (let input = 0; input < 256; input++) expect(runCircuit(input) ^ 0x63).toBe(sbox(input));
  });
});

describe('the generated WebAssembly', () => {
  it('is what its generator writes', async () => {
    const committed = readFileSync(
      new URL('../../src/crypto/aez/wasm.generated.ts', import.meta.url),
      'utf8',
    );
    expect(await generatedSource()).toBe(committed);
  });

  it('has no look-up in memory at an address that depends on data', () => {
    const bases = new Set(
      [...moduleText().matchAll(/v128\.(?:load|store) offset=\d+ (\([^()]*\))/g)].map(
        ([, base]) => base,
      ),
    );
    // Constants, and the parameters that the caller's group counting sets.
    expect([...bases].sort()).toEqual([
      '(i32.const 0)',
      '(local.get $addend)',
      '(local.get $group)',
      '(local.get $source)',
      '(local.get $target)',
      '(local.get $tweak)',
    ]);
  });
});

describe('AEZ in WebAssembly', () => {
  const wideBlock = makeWasmWideBlock();
  const key = pattern(48);
  const iv = pattern(16);

  it('says that it is constant time', () => {
    expect(wideBlock.constantTime).toBe(true);
    expect(tableWideBlock.constantTime).toBe(false);
  });

  it('equals the tables at every length up to three groups', () => {
    for (let length = 0; length <= 3 * 256 + 33; length++) {
      const ciphertext = wideBlock.encrypt(key, iv, pattern(length));
      expect(sha256(ciphertext)).toBe(sha256(tableWideBlock.encrypt(key, iv, pattern(length))));
      expect(sha256(wideBlock.decrypt(key, iv, ciphertext))).toBe(sha256(pattern(length)));
    }
  });

  it('grows its memory for long messages, and goes on with short ones', () => {
    for (const length of [40, 51216, 300, 200_000, 51231, 64, 16]) {
      const ciphertext = wideBlock.encrypt(key, iv, pattern(length));
      expect(sha256(ciphertext)).toBe(sha256(tableWideBlock.encrypt(key, iv, pattern(length))));
    }
  });

  it('does not mix up instances or keys', () => {
    const other = makeWasmWideBlock();
    const otherKey = pattern(48).reverse();
    const first = wideBlock.encrypt(key, iv, pattern(500));
    const second = other.encrypt(otherKey, iv, pattern(500));
    expect(wideBlock.decrypt(otherKey, iv, second)).toEqual(pattern(500));
    expect(other.decrypt(key, iv, first)).toEqual(pattern(500));
  });
});
