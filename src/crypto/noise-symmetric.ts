/**
 * The symmetric half of Noise: hashes, the cipher with its counter, and the chaining state.
 *
 * Source: Noise Protocol Framework revision 34, sections 5.1 and 5.2; katzenpost/noise v0.0.1
 * where it differs (rekeying keeps the counter).
 * @module
 */
import { wipe } from '../bytes/compare.js';
import { utf8 } from '../bytes/text.js';
import { concat } from '../bytes/writer.js';
import type { Aead, Primitives } from './primitives.js';

export const KEY_LENGTH = 32;
export const TAG_LENGTH = 16;
const EMPTY = new Uint8Array(0);
const REKEY_INPUT = new Uint8Array(KEY_LENGTH);

const NONCE_LENGTH = 12;
/** Where the counter stands in a nonce; what is in front of it is zero. */
const COUNTER_AT = 4;
/** The counter 2^64 - 1, which no message has. */
const REKEY_NONCE = new Uint8Array(NONCE_LENGTH).fill(0xff, COUNTER_AT);

export type NoiseHashName = 'BLAKE2b' | 'SHA256';

/** A hash function with its HMAC, as protocol names choose it. */
export interface NoiseHash {
  readonly length: number;
  readonly hash: (message: Uint8Array) => Uint8Array;
  readonly hmac: (key: Uint8Array, message: Uint8Array) => Uint8Array;
}

export const noiseHash = (primitives: Primitives, name: NoiseHashName): NoiseHash =>
  name === 'BLAKE2b'
    ? {
        length: 64,
        hash: (message) => primitives.hash.blake2b(message, 64),
        hmac: primitives.hmacBlake2b,
      }
    : { length: 32, hash: primitives.hash.sha256, hmac: primitives.hmacSha256 };

/** The hash that a protocol name such as `Noise_X_25519_ChaChaPoly_SHA256` ends with. */
export const hashNameOf = (protocolName: string): NoiseHashName => {
  const name = protocolName.split('_').at(-1);
  if (name === 'BLAKE2b' || name === 'SHA256') return name;
  throw new RangeError(`no such Noise hash: ${protocolName}`);
};

/** Four zero bytes and the counter, little-endian. Six for each packet of a relay: no view needed. */
const nonceOf = (counter: number): Uint8Array => {
  const nonce = new Uint8Array(NONCE_LENGTH);
  for (let rest = counter, at = COUNTER_AT; rest > 0; rest = Math.floor(rest / 256), at++) {
    nonce[at] = rest % 256;
  }
  return nonce;
};

/** HKDF with two outputs, both of the hash's length. */
const hkdf = (
  { hmac }: NoiseHash,
  chainingKey: Uint8Array,
  input: Uint8Array,
): [Uint8Array, Uint8Array] => {
  const extracted = hmac(chainingKey, input);
  const first = hmac(extracted, Uint8Array.of(1));
  const second = hmac(extracted, concat(first, Uint8Array.of(2)));
  wipe(extracted);
  return [first, second];
};

/** One direction of a connection: a key and a counter. */
export class CipherState {
  readonly #aead: Aead;
  #key: Uint8Array;
  #nonce = 0;

  /** `key` (32 bytes) belongs to the new state, which wipes it in the end. */
  constructor(aead: Aead, key: Uint8Array) {
    this.#aead = aead;
    this.#key = key;
  }

  /** How many messages this key and its predecessors have sealed or opened. */
  get nonce(): number {
    return this.#nonce;
  }

  /** The ciphertext, 16 bytes longer. */
  seal(ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    return this.#aead.seal(this.#key, this.#nextNonce(), ad, plaintext);
  }

  /** The pieces of the ciphertext of a message in parts: see {@link Aead.sealParts}. */
  sealParts(ad: Uint8Array, parts: readonly Uint8Array[]): readonly Uint8Array[] {
    return this.#aead.sealParts(this.#key, this.#nextNonce(), ad, parts);
  }

  /** The plaintext; `undefined`, and the counter stays, when it is not authentic. */
  open(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
    if (ciphertext.length < TAG_LENGTH) return undefined;
    const nonce = nonceOf(this.#nonce);
    const plaintext = this.#aead.open(this.#key, nonce, ad, ciphertext);
    if (plaintext !== undefined) this.#nonce += 1;
    return plaintext;
  }

  /** Replaces the key by a one-way function of itself. The counter goes on: Katzenpost's rule. */
  rekey(): void {
    const [sealed = EMPTY] = this.#aead.sealParts(this.#key, REKEY_NONCE, EMPTY, [REKEY_INPUT]);
    wipe(this.#key);
    this.#key = sealed.subarray(0, KEY_LENGTH);
  }

  /** A copy of the key, for comparing traces with vectors. */
  exportKey(): Uint8Array {
    return this.#key.slice();
  }

  wipe(): void {
    wipe(this.#key);
  }

  #nextNonce(): Uint8Array {
    const nonce = nonceOf(this.#nonce);
    this.#nonce += 1;
    return nonce;
  }
}

/** The transcript hash h, the chaining key ck and, once there is one, the handshake's cipher. */
export class SymmetricState {
  readonly #aead: Aead;
  readonly #hash: NoiseHash;
  #h: Uint8Array;
  #chainingKey: Uint8Array;
  #cipher: CipherState | undefined;

  constructor(primitives: Primitives, protocolName: string) {
    this.#aead = primitives.aead;
    this.#hash = noiseHash(primitives, hashNameOf(protocolName));
    const name = utf8(protocolName);
    const isShort = name.length <= this.#hash.length;
    this.#h = new Uint8Array(this.#hash.length);
    this.#h.set(isShort ? name : this.#hash.hash(name));
    this.#chainingKey = this.#h.slice();
  }

  get transcript(): Uint8Array {
    return this.#h.slice();
  }

  get chainingKey(): Uint8Array {
    return this.#chainingKey.slice();
  }

  get cipher(): CipherState | undefined {
    return this.#cipher;
  }

  /** Bytes by which {@link sealAndHash} lengthens at this moment. */
  get overhead(): number {
    return this.#cipher === undefined ? 0 : TAG_LENGTH;
  }

  mixHash(data: Uint8Array): void {
    this.#h = this.#hash.hash(concat(this.#h, data));
  }

  /** Mixes a secret, which is wiped, into ck and starts a new cipher with counter 0. */
  mixKey(secret: Uint8Array): void {
    const [chainingKey, key] = hkdf(this.#hash, this.#chainingKey, secret);
    wipe(this.#chainingKey, secret);
    this.#cipher?.wipe();
    this.#chainingKey = chainingKey;
    this.#cipher = new CipherState(this.#aead, key.subarray(0, KEY_LENGTH));
  }

  /** EncryptAndHash: in clear as long as there is no key. */
  sealAndHash(plaintext: Uint8Array): Uint8Array {
    const sealed = this.#cipher?.seal(this.#h, plaintext) ?? plaintext;
    this.mixHash(sealed);
    return sealed;
  }

  /** DecryptAndHash; `undefined` when it is not authentic. */
  openAndHash(sealed: Uint8Array): Uint8Array | undefined {
    const opened = this.#cipher === undefined ? sealed.slice() : this.#cipher.open(this.#h, sealed);
    if (opened !== undefined) this.mixHash(sealed);
    return opened;
  }

  /** The ciphers of both directions, initiator to responder first; this state is used up. */
  split(): [CipherState, CipherState] {
    const [first, second] = hkdf(this.#hash, this.#chainingKey, EMPTY);
    this.wipe();
    return [
      new CipherState(this.#aead, first.subarray(0, KEY_LENGTH)),
      new CipherState(this.#aead, second.subarray(0, KEY_LENGTH)),
    ];
  }

  wipe(): void {
    wipe(this.#chainingKey);
    this.#cipher?.wipe();
  }
}
