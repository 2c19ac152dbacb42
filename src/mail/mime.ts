/**
 * MIME parts and their nesting (RFC 2046).
 * @module
 */
import { utf8 } from '../bytes/text.js';
import { concat } from '../bytes/writer.js';
import type { Random } from '../io/contracts.js';
import { encodeFields, type HeaderField } from './header.js';
import { newBoundary } from './tokens.js';
import { encodeBase64, encodeText } from './transfer.js';
import { encodeParameter } from './words.js';

/** An entity: its content fields and its body as it stands in the mail. */
export interface Part {
  readonly fields: readonly HeaderField[];
  readonly body: Uint8Array;
}

/** A file that travels with a mail. */
export interface Attachment {
  readonly name: string;
  /** Media type; anything that is none becomes `application/octet-stream`. */
  readonly type: string;
  readonly content: Uint8Array;
}

const CRLF = utf8('\r\n');
const UNKNOWN_TYPE = 'application/octet-stream';
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,40}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}$/i;

/** Types whose content may not be base64 (RFC 2046 §5.2), so they go as plain files. */
const COMPOSITE_TYPE = /^(?:message|multipart)\//i;

/** Text in the shortest encoding that is safe. */
export const textPart = (type: string, text: string): Part => {
  const { encoding, bytes } = encodeText(text);
  return { fields: contentFields(`${type}; charset=utf-8`, encoding), body: bytes };
};

/** An attachment in base64; a path in its name is dropped. */
export const filePart = ({ name, type, content }: Attachment): Part => {
  const { encoding, bytes } = encodeBase64(content);
  const usable = MEDIA_TYPE.test(type) && !COMPOSITE_TYPE.test(type);
  const fileName = fileBaseName(name);
  return {
    fields: [
      ...contentFields(usable ? type.toLowerCase() : UNKNOWN_TYPE, encoding),
      {
        name: 'Content-Disposition',
        value: `attachment${encodeParameter('filename', fileName)}`,
      },
    ],
    body: bytes,
  };
};

/** Parts under one `multipart` type; `parameters` go in front of the boundary. */
export const multipart = (
  random: Random,
  { subtype, parameters = '' }: { readonly subtype: string; readonly parameters?: string },
  parts: readonly Part[],
): Part => {
  const boundary = newBoundary(random);
  const delimited = parts.map((part) => concat(utf8(`--${boundary}\r\n`), encodePart(part), CRLF));
  const type = `multipart/${subtype}${parameters};\r\n boundary="${boundary}"`;
  return {
    fields: [{ name: 'Content-Type', value: type }, ...wideFields(parts)],
    body: concat(...delimited, utf8(`--${boundary}--\r\n`)),
  };
};

/** What holds a part with 8-bit bytes has to say so too (RFC 2045 §6.4). */
const wideFields = (parts: readonly Part[]): readonly HeaderField[] => {
  const wide = { name: 'Content-Transfer-Encoding', value: '8bit' };
  const isWide = ({ name, value }: HeaderField): boolean =>
    name === wide.name && value === wide.value;
  return parts.some(({ fields }) => fields.some(isWide)) ? [wide] : [];
};

/** Fields, empty line and body. */
export const encodePart = ({ fields, body }: Part): Uint8Array =>
  concat(encodeFields(fields), CRLF, body);

const contentFields = (type: string, encoding: string): readonly HeaderField[] => [
  { name: 'Content-Type', value: type },
  { name: 'Content-Transfer-Encoding', value: encoding },
];

/** A file's name without the folders that it lay in; never empty. */
export const fileBaseName = (name: string): string =>
  name.replace(/^.*[/\\]/su, '').replace(/\p{Cc}/gu, '') || 'attachment';
