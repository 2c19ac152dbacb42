/**
 * A mail as the payload of a reply: a kind and a reserved byte like those of a service's answer, its
 * length, its bytes, zeros.
 *
 * The form is our own: the reference has no mail by reply block.
 * @module
 */
import type { Result } from 'neverthrow';
import { parse, type ParseError } from '../../bytes/reader.js';
import { Writer } from '../../bytes/writer.js';
import type { SphinxGeometry } from '../../sphinx/geometry.js';

/** Neither an acknowledgement (0) nor a service's answer (1). */
const MAIL = 2;
const RESERVED = 0;
const HEAD_LENGTH = 1 + 1 + 4;

/** Most bytes of a mail that leaves through a reply block. */
export const replyMailLimit = ({ payloadLength }: SphinxGeometry): number =>
  payloadLength - HEAD_LENGTH;

/** `geometry.payloadLength` bytes; a mail over {@link replyMailLimit} throws. */
export const encodeReplyMail = (geometry: SphinxGeometry, mail: Uint8Array): Uint8Array =>
  new Writer(geometry.payloadLength)
    .u8(MAIL)
    .u8(RESERVED)
    .u32(mail.length)
    .padded(mail, replyMailLimit(geometry))
    .done();

/**
 * Reads a reply's payload.
 *
 * @returns a view into `payload`
 * @errors `invalid`, `truncated`: it is no mail
 */
export const decodeReplyMail = (payload: Uint8Array): Result<Uint8Array, ParseError> =>
  parse(payload, (from) => {
    from.require(from.u8('kind') === MAIL, 'kind', 'a mail');
    from.require(from.u8('reserved') === RESERVED, 'reserved', 'zero');
    const mail = from.take(from.u32('length'), 'mail');
    from.zeros(from.remaining, 'padding');
    return mail;
  });
