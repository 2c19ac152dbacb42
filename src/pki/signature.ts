/**
 * Signature schemes of certificates, by the name that a certificate carries as `KeyType`.
 * @module
 */
import type { Primitives } from '../crypto/primitives.js';

export interface SignedMessage {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Verifying is all that a scheme must be able to do; signing is done with Ed25519 only. */
export interface SignatureScheme {
  readonly publicKeyLength: number;
  readonly signatureLength: number;
  /** Whether a signature is by its key over its message; false also for wrong lengths. */
  verify(primitives: Primitives, signed: SignedMessage): boolean;
}

export const ED25519 = 'ed25519';
const ED25519_KEY_LENGTH = 32;
const ED25519_SIGNATURE_LENGTH = 64;

const ed25519Scheme: SignatureScheme = {
  publicKeyLength: ED25519_KEY_LENGTH,
  signatureLength: ED25519_SIGNATURE_LENGTH,
  verify: ({ ed25519 }, { publicKey, message, signature }) =>
    publicKey.length === ED25519_KEY_LENGTH &&
    signature.length === ED25519_SIGNATURE_LENGTH &&
    ed25519.verify(publicKey, message, signature),
};

export const SIGNATURE_SCHEMES: ReadonlyMap<string, SignatureScheme> = new Map([
  [ED25519, ed25519Scheme],
]);
