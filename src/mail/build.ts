/**
 * The builder: RFC 5322 bytes from what a program wants to say.
 *
 * Fields stand in the order and spelling of the sanitiser's normal form. The result depends on its
 * arguments alone, randomness included.
 * @module
 */
import type { Random } from '../io/contracts.js';
import { coarseDate } from './dates.js';
import type { HeaderField } from './header.js';
import { type Attachment, encodePart, filePart, multipart, type Part, textPart } from './mime.js';
import { newMessageId } from './tokens.js';
import { encodeWords, foldTokens } from './words.js';

/** A mail as a program writes it; the builder makes RFC 5322 bytes of it. */
export interface MailDraft {
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly attachments?: readonly Attachment[];
}

/** What a draft does not say itself. */
export interface Envelope {
  /** Addresses as they stand in the mail, already checked. */
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** Ms since the Unix epoch; only whole minutes show. */
  readonly nowMs: number;
  readonly random: Random;
}

/** The mail of a draft: text, HTML as its alternative, attachments behind. CRLF line ends. */
export const buildMail = (draft: MailDraft, envelope: Omit<Envelope, 'subject'>): Uint8Array => {
  const { random } = envelope;
  const text = textPart('text/plain', draft.text);
  const body =
    draft.html === undefined
      ? text
      : multipart(random, { subtype: 'alternative' }, [text, textPart('text/html', draft.html)]);
  const files = (draft.attachments ?? []).map(filePart);
  const whole =
    files.length === 0 ? body : multipart(random, { subtype: 'mixed' }, [body, ...files]);
  return encodePart(withEnvelope(whole, { ...envelope, subject: draft.subject }));
};

/** A part made the whole of a mail. */
export const withEnvelope = (part: Part, envelope: Envelope): Part => ({
  fields: [...envelopeFields(envelope), ...part.fields],
  body: part.body,
});

const envelopeFields = ({ from, to, subject, nowMs, random }: Envelope): readonly HeaderField[] => [
  { name: 'From', value: from },
  { name: 'To', value: foldTokens('To', separated(to)) },
  { name: 'Subject', value: encodeWords('Subject', subject) },
  { name: 'Date', value: coarseDate(nowMs) },
  { name: 'Message-ID', value: newMessageId(random) },
  { name: 'MIME-Version', value: '1.0' },
];

const separated = (addresses: readonly string[]): readonly string[] =>
  addresses.map((address, at) => (at < addresses.length - 1 ? `${address},` : address));
