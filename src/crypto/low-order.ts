/**
 * X25519 points with which everybody shares the same, all-zero secret.
 * @module
 */
import type { X25519 } from './primitives.js';

/** Clamped it is 2^254, a multiple of the cofactor as every scalar, so it shows what any would. */
const ANY_SCALAR = new Uint8Array(32);

/** Whether a public key (32 bytes) is of low order and must be refused. */
export const isLowOrder = (x25519: X25519, publicKey: Uint8Array): boolean =>
  x25519.multiply(x25519.scalar(ANY_SCALAR), x25519.point(publicKey)) === undefined;
