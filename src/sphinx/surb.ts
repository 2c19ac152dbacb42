/**
 * SURBs: single-use reply blocks, made by who wants an answer, used by who gives it, and opened
 * again by the maker.
 *
 * Source: sphinx.rst §5, core surb.go.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { isZero } from '../bytes/compare.js';
import { parse, type ParseError } from '../bytes/reader.js';
import { concat } from '../bytes/writer.js';
import type { Random } from '../io/contracts.js';
import type { SphinxGeometry } from './geometry.js';
import { createHeader, type LowOrderKey, type PathHop } from './header.js';
import { encryptPayload } from './packet.js';
import type { PayloadKey, SphinxSuite } from './suite.js';

export interface CreatedSurb {
  /** Goes to who shall answer: header, first hop, payload key. */
  readonly surb: Uint8Array;
  /** Stays: one 64-byte key per hop, last hop first, then the payload key. */
  readonly keys: Uint8Array;
}

/**
 * Makes a reply block for `path`, whose last hop is the maker's own provider.
 *
 * @errors `low-order-key`: a hop's mix key would make its secret known to everybody
 */
export const createSurb = (
  suite: SphinxSuite,
  { path, random }: { readonly path: readonly PathHop[]; readonly random: Random },
): Result<CreatedSurb, LowOrderKey> => {
  const payloadKey = random(suite.geometry.payloadKeyLength);
  return createHeader(suite, path, random).map(({ bytes, hops }) => ({
    surb: concat(bytes, path[0]?.nodeId ?? bytes, payloadKey),
    keys: concat(...hops.toReversed().flatMap(({ key, iv }) => [key, iv]), payloadKey),
  }));
};

const payloadKeyOf = (geometry: SphinxGeometry, entry: Uint8Array): PayloadKey => ({
  key: entry.subarray(0, geometry.sprpKeyLength),
  iv: entry.subarray(geometry.sprpKeyLength),
});

export interface SurbPacket {
  readonly packet: Uint8Array;
  /** Node id that the packet goes to. */
  readonly firstHop: Uint8Array;
}

/**
 * Makes the reply packet of a reply block.
 *
 * @param payload - `geometry.payloadLength` bytes, padded by the caller
 * @errors `truncated`, `trailing`: not a SURB's length
 */
export const useSurb = (
  suite: SphinxSuite,
  surb: Uint8Array,
  payload: Uint8Array,
): Result<SurbPacket, ParseError> =>
  parse(surb, (from) => {
    const { geometry } = suite;
    const header = from.take(geometry.headerLength, 'header');
    const firstHop = from.take(geometry.nodeIdLength, 'first_hop');
    const key = payloadKeyOf(geometry, from.take(geometry.payloadKeyLength, 'payload_key'));
    return { packet: concat(header, encryptPayload(suite, [key], payload)), firstHop };
  });

export type OpenReplyError = { readonly kind: 'reply-keys' } | { readonly kind: 'reply-tag' };

/**
 * Opens a reply with the keys that its SURB left behind. Every hop decrypted once, so that all but
 * the last key are undone by encrypting.
 *
 * @param tagged - what the last hop delivered, tag included
 * @returns the payload without its tag
 * @errors `reply-keys`: not a whole number of keys; `reply-tag`: not a reply to this SURB
 */
export const openReply = (
  { geometry, primitives }: SphinxSuite,
  keys: Uint8Array,
  tagged: Uint8Array,
): Result<Uint8Array, OpenReplyError> => {
  const { payloadKeyLength, payloadTagLength } = geometry;
  const last = keys.length - payloadKeyLength;
  if (last < 0 || keys.length % payloadKeyLength !== 0) return err({ kind: 'reply-keys' });
  let body = tagged;
  for (let at = 0; at <= last; at += payloadKeyLength) {
    const { key, iv } = payloadKeyOf(geometry, keys.subarray(at, at + payloadKeyLength));
    const { wideBlock } = primitives;
    body = at < last ? wideBlock.encrypt(key, iv, body) : wideBlock.decrypt(key, iv, body);
  }
  const tag = body.subarray(0, payloadTagLength);
  return tag.length === payloadTagLength && isZero(tag)
    ? ok(body.subarray(payloadTagLength))
    : err({ kind: 'reply-tag' });
};
