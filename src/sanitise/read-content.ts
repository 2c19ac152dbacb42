/**
 * From the entities of a mail to what it says.
 * @module
 */
import { err, ok, Result } from 'neverthrow';
import { decodeCharset } from '../mail/charset.js';
import { type Entity, fieldOf, fileNameOf } from '../mail/entity.js';
import { withCrlf, withLf } from '../mail/line-ends.js';
import { fileBaseName } from '../mail/mime.js';
import { decodeTransfer } from '../mail/transfer-decode.js';
import { encodeParameter } from '../mail/words.js';
import { hasArmour } from './armour.js';
import { type Content, mediaTypeOf, type Multi, NOTHING } from './content.js';
import { typeParameters } from './content-fields.js';
import { plainText, unflow } from './flowed.js';
import { strippedImage } from './images.js';
import { charsetOf, exactText, isSealed, sealedPart } from './sealed.js';

/** A part that has no normal form; `part` is its place, such as `1.2`, empty for the whole mail. */
export interface Unreadable {
  readonly part: string;
  readonly problem: 'transfer-encoding';
}

export interface ReadRules {
  readonly images: 'keep' | 'strip';
}

type Read = Result<Content, Unreadable>;

/** What an entity says; a mail that is a file alone becomes a `multipart/mixed` of it. */
export const readContent = (entity: Entity, rules: ReadRules): Read =>
  readAny(entity, '', rules).map((content) =>
    content.kind === 'file' || content.kind === 'message'
      ? { kind: 'multi', subtype: 'mixed', parameters: '', parts: [content] }
      : content,
  );

const readAny = (entity: Entity, path: string, rules: ReadRules): Read => {
  const { type, disposition, encoding } = entity;
  if (isSealed(entity)) return ok(sealedPart(entity));
  if (type.value.startsWith('multipart/')) return readMulti(entity, path, rules);
  const bytes = decodeTransfer(entity.body, encoding);
  if (bytes === undefined) return err({ part: path, problem: 'transfer-encoding' });
  if (type.value.startsWith('message/')) return ok(readMessage(entity, bytes));
  const isFile = disposition?.value === 'attachment' || fileNameOf(entity) !== undefined;
  if (type.value.startsWith('text/') && !isFile) return ok(readText(entity, bytes));
  return ok(readFile(entity, bytes, rules));
};

const readText = (entity: Entity, bytes: Uint8Array): Content => {
  const { type } = entity;
  const text = decodeCharset(bytes, type.parameters.get('charset') ?? '');
  if (text === undefined || hasArmour(bytes)) return exactText(entity, bytes);
  const isPlain = type.value === 'text/plain';
  const isFlowed = isPlain && type.parameters.get('format')?.toLowerCase() === 'flowed';
  const delSp = type.parameters.get('delsp')?.toLowerCase() === 'yes';
  const said = plainText(isFlowed ? unflow(text, delSp) : text);
  const subtype = type.value.slice('text/'.length);
  return { kind: 'text', subtype, parameters: isPlain ? '' : typeParameters(type), text: said };
};

const readMessage = (entity: Entity, bytes: Uint8Array): Content => ({
  kind: 'message',
  type: `${entity.type.value}${typeParameters(entity.type)}`,
  name: nameOf(entity),
  bytes: withCrlf(bytes),
});

const nameOf = (entity: Entity): string | undefined => {
  const name = fileNameOf(entity);
  return name === undefined || name.trim() === '' ? undefined : fileBaseName(name.trim());
};

const readFile = (entity: Entity, decoded: Uint8Array, { images }: ReadRules): Content => {
  const { type, encoding } = entity;
  const isText = type.value.startsWith('text/');
  // A text file that travelled as lines has the line ends of the way; its own were most likely LF.
  const isLines = isText && encoding !== 'base64' && encoding !== 'binary';
  const bytes = isLines ? withLf(decoded) : decoded;
  return {
    kind: 'file',
    type: `${type.value}${isText ? charsetOf(entity, bytes) : ''}${typeParameters(type)}`,
    name: nameOf(entity),
    contentId: contentIdOf(entity),
    bytes: images === 'strip' ? strippedImage(bytes) : bytes,
  };
};

const contentIdOf = ({ lines }: Entity): string | undefined =>
  /^<([^<>\s]{1,900})>$/.exec(fieldOf(lines, 'Content-ID') ?? '')?.[1];

const readMulti = (entity: Entity, path: string, rules: ReadRules): Read =>
  Result.combine(
    rooted(entity).map((part, at) =>
      readAny(part, path === '' ? `${at + 1}` : `${path}.${at + 1}`, rules),
    ),
  ).map((parts) => simplest(entity, parts));

/** The parts with the root of a `multipart/related` in front, as its `start` names it. */
const rooted = ({ type, parts }: Entity): readonly Entity[] => {
  const start = type.parameters.get('start');
  if (type.value !== 'multipart/related' || start === undefined) return parts;
  const isRoot = ({ lines }: Entity): boolean => fieldOf(lines, 'Content-ID') === start;
  const root = parts.find(isRoot);
  return root === undefined ? parts : [root, ...parts.filter((part) => part !== root)];
};

/** Kinds of multipart that say nothing where there is one part only. */
const NEEDLESS = ['mixed', 'alternative', 'related'];

/** One level of `mixed`, no empty texts beside others, and no multipart around a single part. */
const simplest = ({ type }: Entity, parts: readonly Content[]): Content => {
  const subtype = type.value.slice('multipart/'.length);
  const said = subtype === 'mixed' ? parts.flatMap(membersOf).filter(saysSomething) : parts;
  const [only] = said;
  if (only === undefined) return NOTHING;
  if (said.length === 1 && NEEDLESS.includes(subtype)) return only;
  const parameters =
    subtype === 'related' ? encodeParameter('type', mediaTypeOf(only)) : typeParameters(type);
  return { kind: 'multi', subtype, parameters, parts: said };
};

const membersOf = (content: Content): readonly Content[] =>
  content.kind === 'multi' && content.subtype === 'mixed' ? content.parts : [content];

const saysSomething = (content: Content): boolean =>
  content.kind !== 'text' || content.subtype !== 'plain' || content.text !== '';

/** Everything in a content, in the order of the mail. */
export const walkContent = function* (content: Content): Generator<Exclude<Content, Multi>> {
  if (content.kind !== 'multi') yield content;
  else for (const part of content.parts) yield* walkContent(part);
};
