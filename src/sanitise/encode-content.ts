/**
 * From what a mail says to bytes: one spelling, one transfer encoding per kind of content.
 *
 * Text is 7bit or 8bit, or quoted-printable where lines are too long; files are base64 and always
 * within a multipart, since reference recipients cut base64 off elsewhere.
 * @module
 */
import type { Random } from '../io/contracts.js';
import type { HeaderField } from '../mail/header.js';
import { multipart, type Part } from '../mail/mime.js';
import { newMessageId } from '../mail/tokens.js';
import { encodeBase64, encodeWideText } from '../mail/transfer.js';
import { encodeParameter } from '../mail/words.js';
import type { Content, File, Message, Text } from './content.js';
import { walkContent } from './read-content.js';
import { plainEncoding } from './sealed.js';

/** Content-IDs as they were, without angle brackets, and what takes their place. */
type Ids = ReadonlyMap<string, string>;

/** What HTML calls a file of the same mail (RFC 2392). */
const CID = /\bcid:([^"'\s)<>\\]{1,900})/gi;

/** A content as an entity; draws one token per file that is spoken of, then one per multipart. */
export const encodeContent = (content: Content, random: Random): Part =>
  encode(content, random, newIds(content, random));

const newIds = (content: Content, random: Random): Ids => {
  const all = [...walkContent(content)];
  const spoken = new Set(all.flatMap((each) => (each.kind === 'text' ? cidsOf(each) : [])));
  const ids = all.flatMap((each) => (each.kind === 'file' ? [each.contentId ?? ''] : []));
  const used = [...new Set(ids)].filter((id) => spoken.has(id));
  return new Map(used.map((id) => [id, newMessageId(random).slice(1, -1)]));
};

const cidsOf = ({ subtype, text }: Text): readonly string[] =>
  subtype === 'html' ? [...text.matchAll(CID)].map(([, id = '']) => unescaped(id)) : [];

/** `%40` as programs write `@`. */
const unescaped = (id: string): string =>
  id.replace(/%([2-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );

const encode = (content: Content, random: Random, ids: Ids): Part => {
  switch (content.kind) {
    case 'text':
      return textPart(content, ids);
    case 'exact':
      return { fields: content.fields, body: content.body };
    case 'file':
      return filePart(content, ids);
    case 'message':
      return messagePart(content);
    case 'multi': {
      const parts = content.parts.map((part) => encode(part, random, ids));
      return multipart(random, content, parts);
    }
  }
};

const contentFields = (type: string, encoding: string): readonly HeaderField[] => [
  { name: 'Content-Type', value: type },
  { name: 'Content-Transfer-Encoding', value: encoding },
];

const textPart = ({ subtype, parameters, text }: Text, ids: Ids): Part => {
  const said =
    subtype === 'html'
      ? text.replace(CID, (whole, id: string) => {
          const renamed = ids.get(unescaped(id));
          return renamed === undefined ? whole : `cid:${renamed}`;
        })
      : text;
  const { encoding, bytes } = encodeWideText(said);
  return {
    fields: contentFields(`text/${subtype}; charset=utf-8${parameters}`, encoding),
    body: bytes,
  };
};

const disposition = (kind: string, name: string | undefined): HeaderField => ({
  name: 'Content-Disposition',
  value: `${kind}${name === undefined ? '' : encodeParameter('filename', name)}`,
});

const filePart = ({ type, name, contentId, bytes }: File, ids: Ids): Part => {
  const id = contentId === undefined ? undefined : ids.get(contentId);
  const encoded = encodeBase64(bytes);
  return {
    fields: [
      ...contentFields(type, encoded.encoding),
      disposition(id === undefined ? 'attachment' : 'inline', name),
      ...(id === undefined ? [] : [{ name: 'Content-ID', value: `<${id}>` }]),
    ],
    body: encoded.bytes,
  };
};

const messagePart = ({ type, name, bytes }: Message): Part => ({
  fields: [
    ...contentFields(type, plainEncoding(bytes)),
    ...(name === undefined ? [] : [disposition('attachment', name)]),
  ],
  body: bytes,
});
