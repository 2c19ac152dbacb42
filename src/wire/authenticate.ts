/**
 * The authenticate message: what each end says about itself inside the handshake.
 *
 * Layout: wire protocol specification, Authentication; core wire/session.go.
 * @module
 */
import type { Result } from 'neverthrow';
import { parse, type ParseError } from '../bytes/reader.js';
import { Writer } from '../bytes/writer.js';

export interface AuthenticateMessage {
  /** Additional data, 0 to 255 bytes. */
  readonly ad: Uint8Array;
  /** Unix time in seconds: the responder's clock, 0 from an initiator. */
  readonly unixTime: number;
}

const MAX_AD_LENGTH = 255;
const TIME_LENGTH = 4;

/** Additional data's length 1, additional data 255, time 4. */
export const AUTHENTICATE_LENGTH = 1 + MAX_AD_LENGTH + TIME_LENGTH;

/** {@link AUTHENTICATE_LENGTH} bytes; throws on additional data over 255 bytes. */
export const encodeAuthenticate = (message: AuthenticateMessage): Uint8Array =>
  new Writer(AUTHENTICATE_LENGTH)
    .u8(message.ad.length)
    .padded(message.ad, MAX_AD_LENGTH)
    .u32(message.unixTime)
    .done();

/**
 * Reads exactly {@link AUTHENTICATE_LENGTH} bytes. As in the reference, what pads the additional
 * data may be anything.
 *
 * @returns the message; `ad` is a view into `bytes`
 * @errors `truncated`, `trailing`: wrong size
 */
export const decodeAuthenticate = (bytes: Uint8Array): Result<AuthenticateMessage, ParseError> =>
  parse(bytes, (from) => {
    const length = from.u8('ad_length');
    const field = from.take(MAX_AD_LENGTH, 'ad');
    return { ad: field.subarray(0, length), unixTime: from.u32('unix_time') };
  });
