/**
 * A suite: the geometry and the primitives that every Sphinx function works with, and the keys that
 * one hop derives.
 * @module
 */
import { wipe } from '../bytes/compare.js';
import { utf8 } from '../bytes/text.js';
import { concat } from '../bytes/writer.js';
import type { Primitives } from '../crypto/primitives.js';
import type { SphinxGeometry } from './geometry.js';

export interface SphinxSuite {
  readonly geometry: SphinxGeometry;
  readonly primitives: Primitives;
}

/** One layer of payload encryption. */
export interface PayloadKey {
  /** AEZ key, 48 bytes. */
  readonly key: Uint8Array;
  /** AEZ nonce, 16 bytes: the header stream's IV once more. */
  readonly iv: Uint8Array;
}

export interface HopKeys extends PayloadKey {
  readonly macKey: Uint8Array;
  readonly streamKey: Uint8Array;
  /** X25519 scalar that blinds the group element for the next hop. */
  readonly blinding: Uint8Array;
}

/** The first two bytes of every packet: version and reserved. */
export const AD = new Uint8Array(2);

// Lower case: the code's spelling; the specification text begins with a capital.
const KDF_INFO = utf8('katzenpost-kdf-v0-hkdf-sha256');
const MAC_KEY_LENGTH = 32;
const ZERO_NONCE = new Uint8Array(12);

const blindingOf = ({ geometry, primitives }: SphinxSuite, material: Uint8Array): Uint8Array =>
  geometry.blinding === 'raw'
    ? material
    : primitives.chacha20(material, ZERO_NONCE, geometry.blindingLength);

/** Derives a hop's keys from its 32-byte shared secret, which is wiped. */
export const deriveHopKeys = (suite: SphinxSuite, sharedSecret: Uint8Array): HopKeys => {
  const { geometry, primitives } = suite;
  const material = primitives.hkdfExpand(sharedSecret, KDF_INFO, geometry.kdfLength);
  wipe(sharedSecret);
  let offset = 0;
  const next = (length: number): Uint8Array => material.subarray(offset, (offset += length));
  const macKey = next(MAC_KEY_LENGTH);
  const streamKey = next(geometry.streamKeyLength);
  const iv = next(geometry.streamIvLength);
  const key = next(geometry.sprpKeyLength);
  return { macKey, streamKey, iv, key, blinding: blindingOf(suite, next(geometry.blindingLength)) };
};

/** The header MAC over everything in front of it: AD, group element, routing info and padding. */
export const headerMac = (
  { geometry, primitives }: SphinxSuite,
  macKey: Uint8Array,
  ...covered: readonly Uint8Array[]
): Uint8Array => primitives.hmacSha256(macKey, concat(...covered)).subarray(0, geometry.macLength);
