/**
 * The primitives behind one interface, so that nobody above cares which library does the work.
 *
 * Two implementations: `fast.ts` (node:crypto, WebAssembly) and `portable.ts` (noble). All inputs
 * are read only and all outputs are fresh memory, unless a name says that it works in place.
 * @module
 */

/** A secret X25519 scalar, loaded once (32 bytes, clamped at use). */
export interface Scalar {
  readonly bytes: Uint8Array;
}

/** An X25519 u-coordinate, loaded once (32 bytes, bit 255 ignored). */
export interface Point {
  readonly bytes: Uint8Array;
}

export interface X25519 {
  scalar(bytes: Uint8Array): Scalar;
  point(bytes: Uint8Array): Point;
  /** The public key of `scalar`, 32 bytes. */
  publicKey(scalar: Scalar): Uint8Array;
  /** The shared u-coordinate, 32 bytes; `undefined` for a low-order point (all-zero result). */
  multiply(scalar: Scalar, point: Point): Uint8Array | undefined;
}

/** Secrets are the 32-byte seed. */
export interface Ed25519 {
  publicKey(seed: Uint8Array): Uint8Array;
  /** 64 bytes. */
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** The X25519 form of a seed: clamped first half of SHA-512(seed). */
  toX25519Secret(seed: Uint8Array): Uint8Array;
  /** The X25519 form of a public key; `undefined` when it is no point. */
  toX25519Public(publicKey: Uint8Array): Uint8Array | undefined;
}

/** ChaCha20-Poly1305 of RFC 8439: key 32, nonce 12, tag 16 behind the ciphertext. */
export interface Aead {
  seal(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /**
   * Seals `parts` as if they were one message, without joining them first. The pieces, one behind
   * the other, are what `seal` gives.
   */
  sealParts(
    key: Uint8Array,
    nonce: Uint8Array,
    ad: Uint8Array,
    parts: readonly Uint8Array[],
  ): readonly Uint8Array[];
  /** `undefined` when the tag does not fit. */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    ad: Uint8Array,
    ciphertext: Uint8Array,
  ): Uint8Array | undefined;
}

/** AEZ v5 with τ = 0, a 48-byte key, a 16-byte nonce and no associated data: length-preserving. */
export interface WideBlock {
  /** Whether its time is independent of key and data. */
  readonly constantTime: boolean;
  encrypt(key: Uint8Array, iv: Uint8Array, message: Uint8Array): Uint8Array;
  decrypt(key: Uint8Array, iv: Uint8Array, message: Uint8Array): Uint8Array;
  /** As `decrypt`, over the message itself, which is therefore the caller's own. */
  decryptInPlace(key: Uint8Array, iv: Uint8Array, message: Uint8Array): void;
}

export interface Hashes {
  readonly sha256: (message: Uint8Array) => Uint8Array;
  readonly sha512: (message: Uint8Array) => Uint8Array;
  readonly sha512_256: (message: Uint8Array) => Uint8Array;
  readonly sha3_256: (message: Uint8Array) => Uint8Array;
  readonly shake256: (message: Uint8Array, length: number) => Uint8Array;
  /** Unkeyed BLAKE2b with a digest of `length` bytes (1 to 64). */
  readonly blake2b: (message: Uint8Array, length: number) => Uint8Array;
}

export interface Primitives {
  /** `fast` or `portable`, for people. */
  readonly name: string;
  readonly x25519: X25519;
  readonly ed25519: Ed25519;
  readonly aead: Aead;
  readonly wideBlock: WideBlock;
  readonly hash: Hashes;
  readonly hmacSha256: (key: Uint8Array, message: Uint8Array) => Uint8Array;
  /** HMAC over BLAKE2b-512 (128-byte blocks), 64 bytes. */
  readonly hmacBlake2b: (key: Uint8Array, message: Uint8Array) => Uint8Array;
  /** HKDF-Expand with SHA-256 and no Extract step. */
  readonly hkdfExpand: (prk: Uint8Array, info: Uint8Array, length: number) => Uint8Array;
  /** AES in counter mode, 128 or 256 by the key's length; `iv` is the whole first counter block. */
  readonly aesCtr: (key: Uint8Array, iv: Uint8Array, message: Uint8Array) => Uint8Array;
  /** ChaCha20 key stream of RFC 8439 (nonce 12 bytes, first counter 0). */
  readonly chacha20: (key: Uint8Array, nonce: Uint8Array, length: number) => Uint8Array;
}

/** A key encapsulation mechanism as the Noise state uses it. */
export interface Kem {
  readonly publicKeyLength: number;
  readonly ciphertextLength: number;
  readonly sharedKeyLength: number;
  /** Bytes of randomness that a key pair takes. */
  readonly keySeedLength: number;
  /** Bytes of randomness that an encapsulation takes. */
  readonly encapsulationSeedLength: number;
  keyPair(seed: Uint8Array): { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  /** Whether `encapsulate` takes this key: the right length and canonical numbers. */
  isPublicKey(publicKey: Uint8Array): boolean;
  /** `undefined` when the public key is malformed. */
  encapsulate(
    publicKey: Uint8Array,
    seed: Uint8Array,
  ): { readonly ciphertext: Uint8Array; readonly sharedKey: Uint8Array } | undefined;
  decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array | undefined;
}
