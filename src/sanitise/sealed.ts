/**
 * Parts that are signed or encrypted, and text that is: under a header of ours, the same bytes.
 *
 * A signature covers its part's own header and transfer encoding too, so nothing below the header of
 * such a part may change, not even a boundary that names a mail program.
 * @module
 */
import { decodeCharset } from '../mail/charset.js';
import type { Entity } from '../mail/entity.js';
import type { HeaderField } from '../mail/header.js';
import { encodeQuoted } from '../mail/transfer.js';
import { concat } from '../bytes/writer.js';
import { isAscii, utf8 } from '../bytes/text.js';
import { withoutArmourNames } from './armour.js';
import type { Exact } from './content.js';
import { boundaryParameter, charsetParameter, typeParameters } from './content-fields.js';

const SMIME = ['application/pkcs7-mime', 'application/x-pkcs7-mime'];
const SEALED = ['multipart/signed', 'multipart/encrypted', 'application/pgp', ...SMIME];

const LF = 0x0a;

/** Whether an entity's body may not be touched. */
export const isSealed = ({ type }: Entity): boolean => SEALED.includes(type.value);

/** A transfer encoding that is no encoding, by the bytes. */
export const plainEncoding = (bytes: Uint8Array): '7bit' | '8bit' =>
  isAscii(bytes) ? '7bit' : '8bit';

const TOKEN = /^[a-z0-9-]{1,40}$/;

/** The transfer encoding of a body that stays: what it is called, or what it is. */
export const encodingFields = ({ type, encoding, body }: Entity): readonly HeaderField[] => {
  const name = 'Content-Transfer-Encoding';
  const isPlain = encoding === '' || encoding === '7bit' || encoding === '8bit';
  // What is no name at all gets one, lest the body be taken for plain text.
  if (!isPlain) return [{ name, value: TOKEN.test(encoding) ? encoding : 'x-unknown' }];
  const value = plainEncoding(body);
  return type.value.startsWith('multipart/') && value === '7bit' ? [] : [{ name, value }];
};

/** S/MIME is known to some programs by its file's name only; all have the same. */
const smimeName = ({ type }: Entity): string =>
  SMIME.includes(type.value) ? ';\r\n name="smime.p7m"' : '';

/** A signed or encrypted part. */
export const sealedPart = (entity: Entity): Exact => {
  const { type, body } = entity;
  const parameters = `${typeParameters(type)}${smimeName(entity)}${boundaryParameter(type)}`;
  return {
    kind: 'exact',
    fields: [
      { name: 'Content-Type', value: `${type.value}${parameters}` },
      ...encodingFields(entity),
    ],
    body,
  };
};

/** `; format=flowed` of a text whose lines stay as they are. */
export const flowedParameters = ({ type: { parameters } }: Entity): string => {
  if (parameters.get('format')?.toLowerCase() !== 'flowed') return '';
  const delSp = parameters.get('delsp')?.toLowerCase() === 'yes';
  return `; format=flowed${delSp ? '; delsp=yes' : ''}`;
};

/** Charsets in which ASCII bytes are ASCII characters. */
const ASCII_BASED = /^(?:|us-ascii|ascii|utf-?8|iso-8859-\d+|(?:windows-|cp)125\d|koi8-[ru])$/;

/** The charset of text whose bytes stay: UTF-8 where they could be that as well. */
export const charsetOf = ({ type }: Entity, text: Uint8Array): string => {
  const declared = (type.parameters.get('charset') ?? '').toLowerCase();
  const isUtf8 = ASCII_BASED.test(declared) && isAscii(text);
  const isNamed = ['', 'us-ascii', 'ascii', 'utf-8', 'utf8'].includes(declared);
  const isValid = isNamed && decodeCharset(text, 'utf-8') !== undefined;
  return isUtf8 || isValid ? '; charset=utf-8' : charsetParameter(declared);
};

/**
 * Text that stays as it is, since it holds PGP or is in a charset that nobody knows.
 *
 * Of armour the lines that name its program go. Base64 becomes quoted-printable, which changes no
 * byte of the text: reference recipients cut base64 off.
 *
 * @param text - without its transfer encoding
 */
export const exactText = (entity: Entity, text: Uint8Array): Exact => {
  const clean = withoutArmourNames(text);
  const { encoding, body } = encodedAgain(entity, text, clean);
  const value = `${entity.type.value}${charsetOf(entity, text)}${flowedParameters(entity)}`;
  return {
    kind: 'exact',
    fields: [
      { name: 'Content-Type', value: `${value}${typeParameters(entity.type)}` },
      { name: 'Content-Transfer-Encoding', value: encoding },
    ],
    body,
  };
};

interface Encoded {
  readonly encoding: string;
  readonly body: Uint8Array;
}

const encodedAgain = (entity: Entity, text: Uint8Array, clean: Uint8Array): Encoded => {
  const isQuoted = entity.encoding === 'quoted-printable';
  if (!isQuoted && entity.encoding !== 'base64') {
    return { encoding: plainEncoding(clean), body: clean };
  }
  if (isQuoted && clean.length === text.length) {
    return { encoding: 'quoted-printable', body: ended(entity.body) };
  }
  const { encoding, bytes } = encodeQuoted(clean);
  return { encoding, body: bytes };
};

/** Quoted-printable with a line end behind it, which a soft break is not. */
const ended = (body: Uint8Array): Uint8Array =>
  body.length === 0 || body.at(-1) === LF ? body : concat(body, utf8('=\r\n'));
