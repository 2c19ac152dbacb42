/**
 * The plaintext of a forward payload: flags, an optional SURB, and the user payload.
 *
 * Source: end_to_end.rst §3 "BlockSphinxPlaintext", server internal/provider.
 * @module
 */
import type { Result } from 'neverthrow';
import { parse, type ParseError } from '../bytes/reader.js';
import { Writer } from '../bytes/writer.js';
import type { SphinxGeometry } from './geometry.js';

export type Plaintext =
  /** Nobody is to answer. */
  | { readonly kind: 'plain'; readonly body: Uint8Array }
  /** The destination answers through `surb`. */
  | { readonly kind: 'with-surb'; readonly surb: Uint8Array; readonly body: Uint8Array };

const NO_SURB = 0;
const HAS_SURB = 1;
const RESERVED = 0;

/** `geometry.payloadLength` bytes; a shorter body is padded with zeros, a longer one throws. */
export const encodePlaintext = (geometry: SphinxGeometry, plaintext: Plaintext): Uint8Array => {
  const to = new Writer(geometry.payloadLength);
  if (plaintext.kind === 'with-surb') to.u8(HAS_SURB).u8(RESERVED).bytes(plaintext.surb);
  else to.u8(NO_SURB).u8(RESERVED).zeros(geometry.surbLength);
  return to.padded(plaintext.body, geometry.userPayloadLength).done();
};

/**
 * Reads a forward payload.
 *
 * @returns views into `bytes`; what stands in an unused SURB's place is not looked at
 * @errors `invalid`: unknown flags or reserved byte; `truncated`, `trailing`: wrong size
 */
export const decodePlaintext = (
  geometry: SphinxGeometry,
  bytes: Uint8Array,
): Result<Plaintext, ParseError> =>
  parse(bytes, (from) => {
    const flags = from.u8('flags');
    from.require(flags === NO_SURB || flags === HAS_SURB, 'flags', '0 or 1');
    from.require(from.u8('reserved') === RESERVED, 'reserved', 'zero');
    const surb = from.take(geometry.surbLength, 'surb');
    const body = from.take(geometry.userPayloadLength, 'user_payload');
    return flags === HAS_SURB ? { kind: 'with-surb', surb, body } : { kind: 'plain', body };
  });
