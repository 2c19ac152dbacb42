/**
 * The reader of MIME: a mail as a tree of entities, each with its place in the bytes (RFC 2046).
 *
 * It is as tolerant as mail programs are, has a limit for everything, and never throws. Nothing is
 * decoded here.
 * @module
 */
import { err, ok, Result } from 'neverthrow';
import { fieldText } from './decode-words.js';
import { findAll, type HeaderError, type HeaderLine, type MailHead, readHead } from './header.js';
import { readParameters, type ParameterValue } from './parameters.js';
import { splitAt } from './multipart-split.js';

/** A mail or one of its parts. */
export interface Entity {
  readonly lines: readonly HeaderLine[];
  /** Media type in lower case, with its parameters; what is absent or malformed is `text/plain`. */
  readonly type: ParameterValue;
  readonly disposition: ParameterValue | undefined;
  /** In lower case; empty where there is none. */
  readonly encoding: string;
  /** Bytes behind the empty line; a view into the mail. */
  readonly body: Uint8Array;
  /** Offset of `body` in the mail. */
  readonly bodyStart: number;
  /** Of a multipart; of a `multipart/signed` or `/encrypted` only where they can be read. */
  readonly parts: readonly Entity[];
}

export type EntityError =
  | HeaderError
  /** Something is more, larger or deeper than anybody needs. */
  | { readonly kind: 'too-complex'; readonly what: 'depth' | 'parts' | 'fields' | 'line' }
  /** A part that no reader can make out; `part` is its place, such as `1.2`, empty for the whole. */
  | {
      readonly kind: 'bad-part';
      readonly part: string;
      readonly problem: 'no-boundary' | 'header' | 'encoded-multipart';
    };

export interface EntityLimits {
  readonly depth: number;
  readonly parts: number;
  readonly fields: number;
  /** Bytes of one header field with its continuation lines. */
  readonly line: number;
}

export const ENTITY_LIMITS: EntityLimits = { depth: 20, parts: 1000, fields: 5000, line: 262_144 };

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/;
const DEFAULT_TYPE: ParameterValue = { value: 'text/plain', parameters: new Map() };
const DIGEST_TYPE: ParameterValue = { value: 'message/rfc822', parameters: new Map() };

/** Types whose parts must be left as they are, so that a part that is odd there hurts nobody. */
const SEALED = ['multipart/signed', 'multipart/encrypted'];

/** What goes along while a tree is read. */
interface Walk {
  readonly limits: EntityLimits;
  /** Parts so far. */
  count: number;
}

/** Where an entity lies, and what it is when it does not say. */
interface Leaf {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly fallback: ParameterValue;
}

interface Place extends Leaf {
  readonly path: string;
  readonly depth: number;
}

/**
 * Reads a whole mail.
 *
 * @errors `bad-mail` — its header is none; `bad-part`; `too-complex`
 */
export const readEntity = (
  mail: Uint8Array,
  limits: EntityLimits = ENTITY_LIMITS,
): Result<Entity, EntityError> =>
  readHead(mail).andThen((head) =>
    readWith(
      { limits, count: 0 },
      { bytes: mail, start: 0, path: '', depth: 0, fallback: DEFAULT_TYPE },
      head,
    ),
  );

/** The mail alone, whose head is read already; nobody looks for its parts. */
export const readShallow = (mail: Uint8Array, head: MailHead): Entity =>
  leafOf({ bytes: mail, start: 0, fallback: DEFAULT_TYPE }, head);

/** The first field of a name as text. */
export const fieldOf = (lines: readonly HeaderLine[], name: string): string | undefined => {
  const [line] = findAll({ lines, bodyStart: 0 }, name);
  return line === undefined ? undefined : fieldText(line);
};

/** The file name that a part has, by either of the two places where programs put it. */
export const fileNameOf = ({ disposition, type }: Entity): string | undefined =>
  disposition?.parameters.get('filename') ?? type.parameters.get('name');

const readPart = (walk: Walk, place: Place): Result<Entity, EntityError> => {
  walk.count++;
  if (walk.count > walk.limits.parts) return err({ kind: 'too-complex', what: 'parts' });
  if (place.depth > walk.limits.depth) return err({ kind: 'too-complex', what: 'depth' });
  if (place.bytes.length === 0) return readWith(walk, place, { lines: [], bodyStart: 0 });
  return readHead(place.bytes)
    .mapErr((): EntityError => ({ kind: 'bad-part', part: place.path, problem: 'header' }))
    .andThen((head) => readWith(walk, place, head));
};

const readWith = (
  walk: Walk,
  place: Place,
  { lines, bodyStart }: MailHead,
): Result<Entity, EntityError> => {
  if (lines.length > walk.limits.fields) return err({ kind: 'too-complex', what: 'fields' });
  if (lines.some(({ raw }) => raw.length > walk.limits.line)) {
    return err({ kind: 'too-complex', what: 'line' });
  }
  const leaf = leafOf(place, { lines, bodyStart });
  if (!leaf.type.value.startsWith('multipart/')) return ok(leaf);
  const parts = readParts(walk, leaf, place);
  if (SEALED.includes(leaf.type.value)) return ok({ ...leaf, parts: parts.unwrapOr([]) });
  return parts.map((read) => ({ ...leaf, parts: read }));
};

const leafOf = ({ bytes, start, fallback }: Leaf, { lines, bodyStart }: MailHead): Entity => ({
  lines,
  type: typeOf(lines, fallback),
  disposition: dispositionOf(lines),
  encoding: readParameters(fieldOf(lines, 'Content-Transfer-Encoding') ?? '').value,
  body: bytes.subarray(bodyStart),
  bodyStart: start + bodyStart,
  parts: [],
});

const readParts = (
  walk: Walk,
  { type, body, bodyStart, encoding }: Entity,
  { path, depth }: Place,
): Result<readonly Entity[], EntityError> => {
  const boundary = type.parameters.get('boundary') ?? '';
  const pieces = boundary === '' ? undefined : splitAt(body, boundary);
  const problem = encoding === 'base64' || encoding === 'quoted-printable';
  if (problem) return err({ kind: 'bad-part', part: path, problem: 'encoded-multipart' });
  if (pieces === undefined) return err({ kind: 'bad-part', part: path, problem: 'no-boundary' });
  const fallback = type.value === 'multipart/digest' ? DIGEST_TYPE : DEFAULT_TYPE;
  const parts: Entity[] = [];
  for (const [at, { start, end }] of pieces.entries()) {
    const part = readPart(walk, {
      bytes: body.subarray(start, end),
      start: bodyStart + start,
      path: path === '' ? `${at + 1}` : `${path}.${at + 1}`,
      depth: depth + 1,
      fallback,
    });
    if (part.isErr()) return err(part.error);
    parts.push(part.value);
  }
  return ok(parts);
};

const typeOf = (lines: readonly HeaderLine[], fallback: ParameterValue): ParameterValue => {
  const text = fieldOf(lines, 'Content-Type');
  if (text === undefined) return fallback;
  const type = readParameters(text);
  return MEDIA_TYPE.test(type.value) ? type : DEFAULT_TYPE;
};

const dispositionOf = (lines: readonly HeaderLine[]): ParameterValue | undefined => {
  const text = fieldOf(lines, 'Content-Disposition');
  return text === undefined ? undefined : readParameters(text);
};
