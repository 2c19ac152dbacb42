import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes/writer.js';
import { makeKyber1024 } from '../../src/crypto/kyber.js';
import { countingRandom, hex, repeated, sha256, toHex } from '../support/bytes.js';
import { referenceVectors } from '../support/vectors.js';
import { implementations, portable } from './implementations.js';

interface KyberVector {
  keypair_seed_d_z: string;
  public_key: string;
  secret_key: string;
  encaps_seed: string;
  ciphertext: string;
  shared_secret: string;
  bad_ciphertext_flip: string;
  shared_secret_of_bad_ciphertext: string;
}

const { vectors } = referenceVectors<{ vectors: KyberVector[] }>('kyber1024_round3.json');

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at]! ^= 1;
  return copy;
};

const present = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('refused');
  return value;
};

describe.each(implementations)('Kyber1024 round 3 over $name hashes', (primitives) => {
  const kem = makeKyber1024(primitives);

  it.each(vectors)('reproduces the reference for $encaps_seed', (vector) => {
    const { publicKey, secretKey } = kem.keyPair(hex(vector.keypair_seed_d_z));
    expect(toHex(publicKey)).toBe(vector.public_key);
    expect(toHex(secretKey)).toBe(vector.secret_key);
    const { ciphertext, sharedKey } = present(kem.encapsulate(publicKey, hex(vector.encaps_seed)));
    expect(toHex(ciphertext)).toBe(vector.ciphertext);
    expect(toHex(sharedKey)).toBe(vector.shared_secret);
    expect(kem.decapsulate(ciphertext, secretKey)).toEqual(sharedKey);
    const at = Number(/byte (\d+)/.exec(vector.bad_ciphertext_flip)?.[1]);
    const rejected = present(kem.decapsulate(flipped(ciphertext, at), secretKey));
    expect(toHex(rejected)).toBe(vector.shared_secret_of_bad_ciphertext);
  });

  it('reproduces the worked example', () => {
    const { publicKey, secretKey } = kem.keyPair(countingRandom(0)(64));
    expect(sha256(publicKey)).toBe(
      '24ed6cde38849be6ef02d0fb2e2fc4d259c3b52053c88c24a30f6873673e42c1',
    );
    expect(sha256(secretKey)).toBe(
      '0d1fb5b954af9741e034a14893d5c421a8b350c596c1e2447f6eaae24db532c3',
    );
    const { ciphertext, sharedKey } = present(kem.encapsulate(publicKey, countingRandom(0x80)(32)));
    expect(sha256(ciphertext)).toBe(
      'd72c899732235f99992ba66afa5ac27fa9c1c50b97dc344930cb5f123d4ea3cd',
    );
    expect(toHex(sharedKey)).toBe(
      '1578bef9875966d1f18ebcc72702b18c9f4821813204a0d7bdf7154965a75a7b',
    );
    expect(toHex(present(kem.decapsulate(flipped(ciphertext, 0), secretKey)))).toBe(
      '285453a0fb5bf53e9704f0a74a1f4e52648eae6f04bdd9d63eee13ee3a5fbe02',
    );
  });

  it('refuses keys and ciphertexts of another length, and numbers not reduced', () => {
    const { publicKey, secretKey } = kem.keyPair(repeated(1, 64));
    expect(kem.isPublicKey(publicKey)).toBe(true);
    const unreduced = publicKey.slice();
    unreduced.set([0xff, 0xff], 0);
    for (const bad of [publicKey.subarray(1), concat(publicKey, repeated(0, 1)), unreduced]) {
      expect(kem.isPublicKey(bad)).toBe(false);
      expect(kem.encapsulate(bad, repeated(2, 32))).toBeUndefined();
    }
    expect(kem.decapsulate(repeated(0, 1567), secretKey)).toBeUndefined();
    expect(kem.decapsulate(repeated(0, 1568), secretKey.subarray(1))).toBeUndefined();
  });
});

/** The AES-256-CTR generator of NIST's known-answer programs. */
const nistRandom = (seed: Uint8Array): ((length: number) => Uint8Array) => {
  let key = new Uint8Array(32);
  let counter = new Uint8Array(16);
  const next = (length: number): Uint8Array => {
    const start = increment(counter);
    const stream = portable.aesCtr(key, start, new Uint8Array(Math.ceil(length / 16) * 16));
    for (let used = 0; used < length; used += 16) counter = increment(counter);
    return stream.subarray(0, length);
  };
  const update = (provided: Uint8Array): void => {
    const mixed = next(48).map((byte, i) => byte ^ provided[i]!);
    key = mixed.slice(0, 32);
    counter = mixed.slice(32);
  };
  update(seed);
  return (length) => {
    const output = next(length).slice();
    update(new Uint8Array(48));
    return output;
  };
};

const increment = (counter: Uint8Array): Uint8Array<ArrayBuffer> => {
  const next = Uint8Array.from(counter);
  for (let at = 15; at >= 0; at--) {
    next[at]! += 1;
    if (next[at] !== 0) break;
  }
  return next;
};

describe('NIST known answers', () => {
  it('give the published digest over 100 key pairs', () => {
    const kem = makeKyber1024(implementations[0]!);
    const seeds = nistRandom(countingRandom(0)(48));
    const upper = (bytes: Uint8Array): string => toHex(bytes).toUpperCase();
    let text = '# Kyber1024\n\n';
    for (let count = 0; count < 100; count++) {
      const seed = seeds(48);
      const random = nistRandom(seed);
      const { publicKey, secretKey } = kem.keyPair(concat(random(32), random(32)));
      const { ciphertext, sharedKey } = present(kem.encapsulate(publicKey, random(32)));
      expect(kem.decapsulate(ciphertext, secretKey)).toEqual(sharedKey);
      text += `count = ${count}\nseed = ${upper(seed)}\npk = ${upper(publicKey)}\n`;
      text += `sk = ${upper(secretKey)}\nct = ${upper(ciphertext)}\nss = ${upper(sharedKey)}\n\n`;
    }
    expect(sha256(new TextEncoder().encode(text))).toBe(
      '89248f2f33f7f4f7051729111f3049c409a933ec904aedadf035f30fa5646cd5',
    );
  });
});
