/**
 * Packet creation: a header in front of a payload that every hop decrypts by one layer.
 *
 * Source: sphinx.rst §4.1, core sphinx.go.
 * @module
 */
import type { Result } from 'neverthrow';
import { concat } from '../bytes/writer.js';
import type { Random } from '../io/contracts.js';
import { createHeader, type LowOrderKey, type PathHop } from './header.js';
import type { PayloadKey, SphinxSuite } from './suite.js';

/** A payload behind its zero tag, under one layer for each of `keys`, the first outermost. */
export const encryptPayload = (
  { geometry, primitives }: SphinxSuite,
  keys: readonly PayloadKey[],
  payload: Uint8Array,
): Uint8Array =>
  keys.reduceRight(
    (body, { key, iv }) => primitives.wideBlock.encrypt(key, iv, body),
    concat(new Uint8Array(geometry.payloadTagLength), payload),
  );

/**
 * Makes the packet that goes to the first hop of `path`.
 *
 * Nodes take only packets of one size: `payload` has `geometry.payloadLength` bytes,
 * padded by the caller.
 *
 * @errors `low-order-key`: a hop's mix key would make its secret known to everybody
 */
export const createPacket = (
  suite: SphinxSuite,
  {
    path,
    payload,
    random,
  }: {
    readonly path: readonly PathHop[];
    readonly payload: Uint8Array;
    readonly random: Random;
  },
): Result<Uint8Array, LowOrderKey> =>
  createHeader(suite, path, random).map(({ bytes, hops }) =>
    concat(bytes, encryptPayload(suite, hops, payload)),
  );
