/**
 * Mails that bridges like to spoil. What everybody must agree on is the body: everything after the
 * first empty line, octet by octet.
 * @module
 */
import { readFileSync } from 'node:fs';
import { splitMail } from '../../src/mail/header.js';
import { sha256 } from './bytes.js';

export interface NastyMail {
  readonly name: string;
  /** As it is sent, RFC 5322; from {@link NASTY_SENDER} to {@link NASTY_RECIPIENT}. */
  readonly mail: Uint8Array;
  /**
   * `lines`: lines that end in CRLF, all of them. `open`: but the last one does not end. `bare`: a
   * CR or an LF stands alone somewhere. SMTP can carry the first only; a program or a file the rest.
   */
  readonly form: 'lines' | 'open' | 'bare';
}

export const NASTY_SENDER = 'alice@p1.test';
export const NASTY_RECIPIENT = 'bob@p2.test';

/** Where the keys lie that the signed mails verify with. */
export const SIGNED_FIXTURES = new URL('../fixtures/signed/', import.meta.url);

/** SHA-256 of a mail's body, in hex. */
export const bodyHash = (mail: Uint8Array): string => sha256(splitMail(mail).body);

const HEAD = `From: Alice <${NASTY_SENDER}>\r\nTo: ${NASTY_RECIPIENT}\r\n`;

const PLAIN = 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n';

const formOf = (text: string): NastyMail['form'] => {
  if (/\r(?!\n)|(?<!\r)\n/.test(text)) return 'bare';
  return text.endsWith('\r\n') ? 'lines' : 'open';
};

const nasty = (name: string, text: string): NastyMail => ({
  name,
  mail: new Uint8Array(Buffer.from(text, 'latin1')),
  form: formOf(text),
});

/** A mail with this body; each character is one octet. */
const withBody = (name: string, body: string, fields = ''): NastyMail =>
  nasty(name, `${HEAD}Subject: ${name}\r\n${fields}\r\n${body}`);

const signed = (name: string, file: string): NastyMail =>
  nasty(name, readFileSync(new URL(file, SIGNED_FIXTURES), 'latin1'));

const TEN_KB = Buffer.from(Array.from({ length: 10_000 }, (_, i) => (i * 7919) & 0xff));
const BASE64 = TEN_KB.toString('base64').replace(/.{1,76}/g, '$&\r\n');
const EVERY_OCTET = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i))
  .filter((octet) => octet !== '\r' && octet !== '\n')
  .join('');
const THOUSAND_FIELDS = Array.from({ length: 1000 }, (_, i) => `X-Field-${i}: value ${i}\r\n`);

const LINES: readonly NastyMail[] = [
  withBody('a dot', '.\r\n'),
  withBody('dot lines', '.\r\n..\r\n...\r\n.x\r\n. \r\nafter\r\n'),
  withBody('a dot first and last', '.\r\nbetween\r\n.\r\n'),
  withBody('998 octets', `${'x'.repeat(998)}\r\n`),
  withBody('5000 octets', `${'y'.repeat(5000)}\r\nshort\r\n`),
  withBody('trailing blanks', 'two  \r\ntab\t\r\n  \r\n\t\r\nend \r\n'),
  withBody('empty lines', '\r\n\r\nafter two\r\n\r\n\r\n\r\n'),
  withBody('only an empty line', '\r\n'),
  withBody('empty body', ''),
  withBody('From lines', 'From here\r\n\r\nFrom bob Thu Jan  1 00:00:00 1970\r\nfrom low\r\n'),
  withBody('quoted From lines', '>From one\r\n>>From two\r\n> From three\r\nFrom\r\n >From\r\n'),
  withBody(
    'an mbox inside',
    `From alice@p1.test Sat Nov 21 10:00:00 2026\r\n${HEAD}\r\ninner\r\n\r\n`,
  ),
  withBody('looks like a header', 'Subject: not mine\r\nBcc: nobody@p1.test\r\n\r\nbody\r\n'),
];

const OCTETS: readonly NastyMail[] = [
  withBody('8-bit UTF-8', Buffer.from('Grüße, 漢字, 🐈\r\n').toString('latin1'), PLAIN),
  withBody('8-bit Latin-1', 'gr\xfc\xdfe\r\n', 'Content-Type: text/plain; charset=iso-8859-1\r\n'),
  withBody('every octet', `${EVERY_OCTET}\r\n`, 'Content-Transfer-Encoding: binary\r\n'),
  withBody('zero octets', '\0\0\r\n\0.\r\n'),
  withBody('base64', BASE64, `${PLAIN}Content-Transfer-Encoding: base64\r\n`),
  withBody(
    'soft breaks',
    'a=\r\n=\r\n=20\r\n.=\r\n',
    'Content-Transfer-Encoding: quoted-printable\r\n',
  ),
  nasty('header only', `${HEAD}Subject: header only\r\n`),
  withBody('1000 header fields', 'body\r\n', THOUSAND_FIELDS.join('')),
  withBody('a long folded field', 'body\r\n', `X-Long:${'\r\n folded'.repeat(800)}\r\n`),
  signed('PGP/MIME signed', 'pgp.eml'),
  signed('S/MIME signed', 'smime.eml'),
];

const UNEVEN: readonly NastyMail[] = [
  withBody('no last newline', 'one\r\ntwo'),
  withBody('a dot without a newline', 'one\r\n.'),
  withBody('From without a newline', 'one\r\n\r\nFrom here'),
  withBody('lone CR', 'a\rb\r\n\rc\r\nd\r\r\n'),
  withBody('CR at the end', 'a\r\nb\r'),
  withBody('lone LF', 'a\nb\r\n\nc\r\n.\nFrom x\r\n'),
  withBody('LF only', 'a\nFrom b\n.\n\nc\n'),
  withBody('all line ends', 'a\rb\nc\r\nd\n\re\r\r\nf\n'),
];

/** All of them. */
export const nastyMails: readonly NastyMail[] = [...LINES, ...OCTETS, ...UNEVEN];
