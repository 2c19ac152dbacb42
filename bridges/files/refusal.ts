/**
 * The report about a mail that was not taken for sending, as a mail: a mail program shows it beside
 * the mail that it is about, and a text viewer shows the reason.
 * @module
 */
import { coarseDate } from '../../src/mail/dates.js';
import { findAll, readHead, type HeaderField } from '../../src/mail/header.js';
import { encodePart, textPart } from '../../src/mail/mime.js';

export interface Refusal {
  readonly account: string;
  /** A sentence. */
  readonly reason: string;
  /** What the mail is called where it lies. */
  readonly name: string;
  /** Unlike that of any other refusal; letters and digits. */
  readonly tag: string;
  /** Ms since the Unix epoch. */
  readonly nowMs: number;
  /** What was refused, if it was read. */
  readonly mail?: Uint8Array | undefined;
}

const HOST = 'postern.localhost';

/** RFC 5322 bytes with CRLF line ends. */
export const refusalReport = (refusal: Refusal): Uint8Array => {
  const { fields, body } = textPart('text/plain', textOf(refusal));
  return encodePart({ fields: [...envelopeOf(refusal), ...fields], body });
};

const textOf = ({ reason, name }: Refusal): string =>
  `${[
    'This mail was not sent.',
    reason,
    `It lies beside this report, as ${name}, with every line that it had.`,
    'To send it, mend it and drop it again.',
  ].join('\n')}\n`;

const envelopeOf = ({ account, tag, nowMs, mail }: Refusal): readonly HeaderField[] => [
  { name: 'From', value: `Postern <postmaster@${HOST}>` },
  { name: 'To', value: account },
  { name: 'Subject', value: 'A mail was not sent' },
  { name: 'Date', value: coarseDate(nowMs) },
  { name: 'Message-ID', value: `<${tag}@${HOST}>` },
  ...answering(mail),
  { name: 'MIME-Version', value: '1.0' },
  { name: 'Auto-Submitted', value: 'auto-generated' },
];

/** Only what can be nothing else goes from a refused mail into a header line of ours. */
const MESSAGE_ID = /^<[\x21-\x3b=\x3f-\x7e]{1,200}>$/;

/** Mail programs show the report in one thread with the mail. */
const answering = (mail: Uint8Array | undefined): readonly HeaderField[] =>
  mail === undefined
    ? []
    : readHead(mail)
        .map((head) => findAll(head, 'Message-ID').filter(({ value }) => MESSAGE_ID.test(value)))
        .unwrapOr([])
        .slice(0, 1)
        .map(({ value }) => ({ name: 'In-Reply-To', value }));
