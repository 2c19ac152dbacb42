/**
 * The primitives in daily use: node:crypto where it is quicker or safer, WebAssembly for AEZ.
 *
 * X25519 keys enter node:crypto as JWK, which costs 5 µs for a public and 22 µs for a secret key
 * against 65 and 303 µs as DER, and then stay loaded inside their handle. A secret key's JWK wants
 * a public half as well, which Node.js does not look at; `self-test.ts` would notice if it did.
 * @module
 */

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  sign,
  verify,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { concat } from '../bytes/writer.js';
import { makeWasmWideBlock } from './aez/wasm.js';
import { copy32, orUndefined, portableEd25519, portableHashes } from './portable.js';
import { portablePrimitives } from './portable.js';
import type { Aead, Ed25519, Hashes, Point, Primitives, Scalar, X25519 } from './primitives.js';

const TAG_LENGTH = 16;

type Curve = 'X25519' | 'Ed25519';

const base64url = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');

/** A stand-in for the public half of a secret JWK. */
const NO_PUBLIC_HALF = base64url(new Uint8Array(32));

const secretKey = (crv: Curve, bytes: Uint8Array): KeyObject =>
  createPrivateKey({
    key: { kty: 'OKP', crv, d: base64url(bytes), x: NO_PUBLIC_HALF },
    format: 'jwk',
  });

const publicKey = (crv: Curve, bytes: Uint8Array): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv, x: base64url(bytes) }, format: 'jwk' });

/** The same memory as a plain Uint8Array: node:crypto's outputs are not out of Buffer's pool. */
const plain = (buffer: Buffer): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);

/** 32 bytes and, once it is used, their KeyObject. */
class LoadedKey {
  readonly bytes: Uint8Array;
  readonly #load: (crv: Curve, bytes: Uint8Array) => KeyObject;
  #key: KeyObject | undefined;

  constructor(bytes: Uint8Array, load: (crv: Curve, bytes: Uint8Array) => KeyObject) {
    this.bytes = copy32(bytes);
    this.#load = load;
  }

  get key(): KeyObject {
    this.#key ??= this.#load('X25519', this.bytes);
    return this.#key;
  }
}

/** The loaded form of a handle, also of one that another implementation made. */
const loadedScalar = (scalar: Scalar): LoadedKey =>
  scalar instanceof LoadedKey ? scalar : new LoadedKey(scalar.bytes, secretKey);

const loadedPoint = (point: Point): LoadedKey =>
  point instanceof LoadedKey ? point : new LoadedKey(point.bytes, publicKey);

/** `undefined` for a low-order point, where OpenSSL refuses to derive. */
const multiply = (scalar: Scalar, point: Point): Uint8Array | undefined => {
  const privateKey = loadedScalar(scalar).key;
  const peer = loadedPoint(point).key;
  return orUndefined(() => plain(diffieHellman({ privateKey, publicKey: peer })));
};

const makeX25519 = (): X25519 => {
  const basePoint = new LoadedKey(
    Uint8Array.from({ length: 32 }, (_, i) => (i ? 0 : 9)),
    publicKey,
  );
  return {
    scalar: (bytes) => new LoadedKey(bytes, secretKey),
    point: (bytes) => new LoadedKey(bytes, publicKey),
    publicKey: (scalar) => {
      const product = multiply(scalar, basePoint);
      if (product === undefined) throw new Error('unreachable: the base point has a prime order');
      return product;
    },
    multiply,
  };
};

const fastEd25519: Ed25519 = {
  ...portableEd25519,
  // Without the tables that noble makes for its first multiplication: 30 ms of every start.
  publicKey: (seed) => {
    const { x = '' } = createPublicKey(secretKey('Ed25519', copy32(seed))).export({
      format: 'jwk',
    });
    return copy32(Buffer.from(x, 'base64url'));
  },
  sign: (seed, message) => plain(sign(null, message, secretKey('Ed25519', copy32(seed)))),
  verify: (key, message, signature) =>
    orUndefined(() => verify(null, message, publicKey('Ed25519', copy32(key)), signature)) ?? false,
};

const AEAD_OPTIONS = { authTagLength: TAG_LENGTH };

const sealParts: Aead['sealParts'] = (key, nonce, ad, parts) => {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, AEAD_OPTIONS);
  const plaintextLength = parts.reduce((sum, part) => sum + part.length, 0);
  cipher.setAAD(ad, { plaintextLength });
  const sealed = parts.map((part) => plain(cipher.update(part)));
  cipher.final();
  return [...sealed, plain(cipher.getAuthTag())];
};

const fastAead: Aead = {
  seal: (key, nonce, ad, plaintext) => concat(...sealParts(key, nonce, ad, [plaintext])),
  sealParts,
  open: (key, nonce, ad, ciphertext) => {
    const length = ciphertext.length - TAG_LENGTH;
    if (length < 0) return undefined;
    const decipher = createDecipheriv('chacha20-poly1305', key, nonce, AEAD_OPTIONS);
    decipher.setAAD(ad, { plaintextLength: length });
    decipher.setAuthTag(ciphertext.subarray(length));
    const plaintext = plain(decipher.update(ciphertext.subarray(0, length)));
    return orUndefined(() => decipher.final()) && plaintext;
  },
};

const fastHashes: Hashes = {
  sha256: (message) => plain(hash('sha256', message, 'buffer')),
  sha512: (message) => plain(hash('sha512', message, 'buffer')),
  sha512_256: (message) => plain(hash('sha512-256', message, 'buffer')),
  sha3_256: (message) => plain(hash('sha3-256', message, 'buffer')),
  shake256: (message, length) =>
    plain(createHash('shake256', { outputLength: length }).update(message).digest()),
  blake2b: (message, length) =>
    length === 64
      ? plain(hash('blake2b512', message, 'buffer'))
      : portableHashes.blake2b(message, length),
};

/** OpenSSL's ChaCha20 takes the counter's four bytes in front of the nonce. */
const chacha20 = (key: Uint8Array, nonce: Uint8Array, length: number): Uint8Array => {
  const iv = concat(new Uint8Array(4), nonce);
  return plain(createCipheriv('chacha20', key, iv).update(new Uint8Array(length)));
};

/** The primitives for Node.js; takes a few milliseconds. Prefer `selectPrimitives`. */
export const makeFastPrimitives = (): Primitives => ({
  name: 'fast',
  x25519: makeX25519(),
  ed25519: fastEd25519,
  aead: fastAead,
  wideBlock: makeWasmWideBlock(),
  hash: fastHashes,
  hmacSha256: (key, message) => plain(createHmac('sha256', key).update(message).digest()),
  hmacBlake2b: (key, message) => plain(createHmac('blake2b512', key).update(message).digest()),
  // No quicker way in node:crypto: its HKDF cannot leave out the Extract step.
  hkdfExpand: portablePrimitives.hkdfExpand,
  aesCtr: (key, iv, message) =>
    plain(createCipheriv(`aes-${8 * key.length}-ctr`, key, iv).update(message)),
  chacha20,
});
