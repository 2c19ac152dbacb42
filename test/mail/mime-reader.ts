/** Just enough of a MIME reader to look at what the builders have written. */
import { fromBase64, fromUtf8, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { findAll, type MailHead, readHead, splitMail } from '../../src/mail/header.js';

export interface ReadPart {
  readonly head: MailHead;
  /** Without the media type's parameters. */
  readonly type: string;
  /** Decoded. */
  readonly content: Uint8Array;
  readonly parts: readonly ReadPart[];
}

export const field = (part: Pick<ReadPart, 'head'>, name: string): string =>
  findAll(part.head, name)
    .map(({ value }) => value)
    .join('|');

const latin1 = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
const fromLatin1 = (text: string): Uint8Array =>
  Uint8Array.from(text, (char) => char.charCodeAt(0));

const unquote = (text: string): Uint8Array =>
  fromLatin1(
    text
      .replace(/=\r\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
  );

const decodeBody = (body: Uint8Array, encoding: string): Uint8Array => {
  if (encoding === 'base64') return fromBase64(fromUtf8(body).replace(/\s/g, '')) ?? utf8('bad');
  return encoding === 'quoted-printable' ? unquote(latin1(body)) : body;
};

const splitParts = (body: Uint8Array, boundary: string): readonly ReadPart[] => {
  const pieces = `\r\n${latin1(body)}`.split(`\r\n--${boundary}`);
  return pieces.slice(1, -1).map((piece) => readPart(fromLatin1(piece.replace(/^\r\n/, ''))));
};

export const readPart = (bytes: Uint8Array): ReadPart => {
  const head = readHead(bytes)._unsafeUnwrap();
  const { body } = splitMail(bytes);
  const contentType = field({ head }, 'Content-Type');
  const boundary = /boundary="([^"]+)"/.exec(contentType)?.[1];
  return {
    head,
    type: contentType.replace(/;.*/s, ''),
    content: decodeBody(body, field({ head }, 'Content-Transfer-Encoding')),
    parts: boundary === undefined ? [] : splitParts(body, boundary),
  };
};

/** A header value with its encoded words decoded. */
export const decodeWords = (value: string): string =>
  value
    .split(/(?<=\?=) +(?==\?)/)
    .map((word) => {
      const encoded = /^=\?UTF-8\?B\?(.*)\?=$/.exec(word)?.[1];
      return encoded === undefined ? word : fromUtf8(fromBase64(encoded) ?? concat());
    })
    .join('');
