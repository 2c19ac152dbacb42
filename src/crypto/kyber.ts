/**
 * Kyber1024 of NIST round 3, as a {@link Kem}: what the link handshake uses. It is not ML-KEM.
 *
 * Encryption is ML-KEM's; message, shared key and implicit rejection are hashed as round 3 does.
 *
 * Source: CRYSTALS-Kyber, round 3 submission to NIST, algorithms 8 and 9.
 * @module
 */
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { equal, wipe } from '../bytes/compare.js';
import { concat } from '../bytes/writer.js';
import { isCanonicalPublicKey, kyberKeyPair } from './kyber-keygen.js';
import { orUndefined } from './portable.js';
import type { Hashes, Kem, Primitives } from './primitives.js';

const PUBLIC_KEY_LENGTH = 1568;
const SECRET_KEY_LENGTH = 3168;
const CIPHERTEXT_LENGTH = 1568;
const SHARED_KEY_LENGTH = 32;
const KEY_SEED_LENGTH = 64;
const ENCAPSULATION_SEED_LENGTH = 32;
const Z_OFFSET = SECRET_KEY_LENGTH - 32;

/** KDF(K̄ ‖ H(c)) */
const sharedKeyOf = (hash: Hashes, secret: Uint8Array, ciphertext: Uint8Array): Uint8Array =>
  hash.shake256(concat(secret, hash.sha3_256(ciphertext)), SHARED_KEY_LENGTH);

/** `yes` or `no` without a branch. */
const choose = (condition: boolean, yes: Uint8Array, no: Uint8Array): Uint8Array => {
  const mask = -Number(condition);
  return no.map((byte, i) => byte ^ (mask & (byte ^ (yes[i] ?? 0))));
};

const decapsulate = (
  hash: Hashes,
  ciphertext: Uint8Array,
  secretKey: Uint8Array,
): Uint8Array | undefined => {
  const secret = orUndefined(() => ml_kem1024.decapsulate(ciphertext, secretKey));
  if (secret === undefined) return undefined;
  const z = secretKey.subarray(Z_OFFSET);
  // ML-KEM rejects with SHAKE256(z ‖ c), round 3 goes on with z itself.
  const rejected = equal(secret, hash.shake256(concat(z, ciphertext), SHARED_KEY_LENGTH));
  const chosen = choose(rejected, z, secret);
  const sharedKey = sharedKeyOf(hash, chosen, ciphertext);
  wipe(secret, chosen);
  return sharedKey;
};

const encapsulate = (
  hash: Hashes,
  publicKey: Uint8Array,
  seed: Uint8Array,
): ReturnType<Kem['encapsulate']> => {
  const message = hash.sha3_256(seed);
  const result = orUndefined(() => ml_kem1024.encapsulate(publicKey, message));
  wipe(message);
  if (result === undefined) return undefined;
  const sharedKey = sharedKeyOf(hash, result.sharedSecret, result.cipherText);
  wipe(result.sharedSecret);
  return { ciphertext: result.cipherText, sharedKey };
};

export const makeKyber1024 = ({ hash }: Pick<Primitives, 'hash'>): Kem => ({
  publicKeyLength: PUBLIC_KEY_LENGTH,
  ciphertextLength: CIPHERTEXT_LENGTH,
  sharedKeyLength: SHARED_KEY_LENGTH,
  keySeedLength: KEY_SEED_LENGTH,
  encapsulationSeedLength: ENCAPSULATION_SEED_LENGTH,
  keyPair: kyberKeyPair,
  isPublicKey: (publicKey) =>
    publicKey.length === PUBLIC_KEY_LENGTH && isCanonicalPublicKey(publicKey),
  encapsulate: (publicKey, seed) => encapsulate(hash, publicKey, seed),
  decapsulate: (ciphertext, secretKey) => decapsulate(hash, ciphertext, secretKey),
});
