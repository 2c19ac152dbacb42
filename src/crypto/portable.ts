/**
 * The primitives over noble alone: they run wherever JavaScript does, slowly.
 *
 * X25519 and AEZ are not constant time here; see `fast.ts` for the ones in daily use.
 * @module
 */

import { ctr } from '@noble/ciphers/aes.js';
import { chacha20, chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { expand } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512, sha512_256 } from '@noble/hashes/sha2.js';
import { sha3_256, shake256 } from '@noble/hashes/sha3.js';
import { concat } from '../bytes/writer.js';
import { tableWideBlock } from './aez.js';
import type { Aead, Ed25519, Hashes, Primitives, X25519 } from './primitives.js';

export const X25519_LENGTH = 32;

/** A copy of `bytes`, which must be 32: anything else is a programmer's mistake. */
export const copy32 = (bytes: Uint8Array): Uint8Array => {
  if (bytes.length !== X25519_LENGTH) throw new RangeError(`32 bytes wanted, not ${bytes.length}`);
  return Uint8Array.from(bytes);
};

/** The result of `compute`, or `undefined` where the library throws at hostile input. */
export const orUndefined = <T>(compute: () => T): T | undefined => {
  try {
    return compute();
  } catch {
    return undefined;
  }
};

const portableX25519: X25519 = {
  scalar: (bytes) => ({ bytes: copy32(bytes) }),
  point: (bytes) => ({ bytes: copy32(bytes) }),
  publicKey: (scalar) => x25519.getPublicKey(scalar.bytes),
  multiply: (scalar, point) => orUndefined(() => x25519.scalarMult(scalar.bytes, point.bytes)),
};

export const portableEd25519: Ed25519 = {
  publicKey: (seed) => ed25519.getPublicKey(seed),
  sign: (seed, message) => ed25519.sign(message, seed),
  verify: (publicKey, message, signature) =>
    orUndefined(() => ed25519.verify(signature, message, publicKey, { zip215: false })) ?? false,
  toX25519Secret: (seed) => ed25519.utils.toMontgomerySecret(seed),
  toX25519Public: (publicKey) => orUndefined(() => ed25519.utils.toMontgomery(publicKey)),
};

const portableAead: Aead = {
  seal: (key, nonce, ad, plaintext) => chacha20poly1305(key, nonce, ad).encrypt(plaintext),
  sealParts: (key, nonce, ad, parts) => [
    chacha20poly1305(key, nonce, ad).encrypt(concat(...parts)),
  ],
  open: (key, nonce, ad, ciphertext) =>
    orUndefined(() => chacha20poly1305(key, nonce, ad).decrypt(ciphertext)),
};

export const portableHashes: Hashes = {
  sha256: (message) => sha256(message),
  sha512: (message) => sha512(message),
  sha512_256: (message) => sha512_256(message),
  sha3_256: (message) => sha3_256(message),
  shake256: (message, length) => shake256(message, { dkLen: length }),
  blake2b: (message, length) => blake2b(message, { dkLen: length }),
};

export const portablePrimitives: Primitives = {
  name: 'portable',
  x25519: portableX25519,
  ed25519: portableEd25519,
  aead: portableAead,
  wideBlock: tableWideBlock,
  hash: portableHashes,
  hmacSha256: (key, message) => hmac(sha256, key, message),
  hmacBlake2b: (key, message) => hmac(blake2b, key, message),
  hkdfExpand: (prk, info, length) => expand(sha256, prk, info, length),
  aesCtr: (key, iv, message) => ctr(key, iv).encrypt(message),
  chacha20: (key, nonce, length) => chacha20(key, nonce, new Uint8Array(length)),
};
