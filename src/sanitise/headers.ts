/**
 * The normal form of a mail's top-level header: the fields that a reader needs, in one order and one
 * spelling, whatever program wrote them. The body is not touched.
 *
 * What names the sender's program, host or time zone is on no list and so does not leave.
 * @module
 */
import type { Result } from 'neverthrow';
import { utf8 } from '../bytes/text.js';
import { concat, concatAll } from '../bytes/writer.js';
import type { Random } from '../io/contracts.js';
import { coarseDate } from '../mail/dates.js';
import {
  encodeFields,
  findAll,
  readHead,
  type HeaderError,
  type HeaderLine,
} from '../mail/header.js';
import { newMessageId } from '../mail/tokens.js';

/** Fields as they leave, in this order; Date and Message-ID are always ours. */
const FIELDS = [
  'From',
  'To',
  'Cc',
  'Subject',
  'Date',
  'Message-ID',
  'In-Reply-To',
  'References',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
  'X-Katzenpost-Unreliable',
] as const;

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;

/** What the sender's clock and chance give to a header. */
export interface Maker {
  readonly nowMs: number;
  readonly random: Random;
}

/** The same bytes with every line ended by CRLF. */
const withCrlf = (lines: Uint8Array): Uint8Array => {
  const bytes: number[] = [];
  for (const [i, byte] of lines.entries()) {
    if (byte === LF && lines[i - 1] !== CR) bytes.push(CR);
    bytes.push(byte);
  }
  if (bytes.at(-1) !== LF) bytes.push(CR, LF);
  return Uint8Array.from(bytes);
};

/** A field under its one spelling; its value and folding stay. */
const respelt = (name: string, { raw }: HeaderLine): Uint8Array =>
  withCrlf(concat(utf8(name), raw.subarray(raw.indexOf(COLON))));

/**
 * Brings the header into the normal form.
 *
 * @returns the mail; everything behind the header's empty line is as it was
 * @errors `bad-mail`: as `readHead`
 */
export const normaliseHeader = (
  mail: Uint8Array,
  { nowMs, random }: Maker,
): Result<Uint8Array, HeaderError> =>
  readHead(mail).map((head) => {
    const fields = FIELDS.map((name) => {
      if (name === 'Date') return encodeFields([{ name, value: coarseDate(nowMs) }]);
      if (name === 'Message-ID') return encodeFields([{ name, value: newMessageId(random) }]);
      return concatAll(findAll(head, name).map((line) => respelt(name, line)));
    });
    return concatAll([...fields, utf8('\r\n'), mail.subarray(head.bodyStart)]);
  });
