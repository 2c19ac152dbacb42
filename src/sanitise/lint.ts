/**
 * The lint: finds in any mail, sanitised or not, what it tells about its sender.
 * @module
 */
import { decodeCharset } from '../mail/charset.js';
import { type Entity, fieldOf, fileNameOf, readEntity, readShallow } from '../mail/entity.js';
import { readHead } from '../mail/header.js';
import { decodeTransfer } from '../mail/transfer-decode.js';
import { armourNames } from './armour.js';
import { type Leak, shown } from './leaks.js';
import { fileLeaks } from './lint-file.js';
import { headerLeaks } from './lint-header.js';
import { htmlLeaks } from './lint-html.js';
import { textLeaks } from './lint-text.js';
import type { Maker, SanitisePolicy } from './policy.js';

/** Leaks that are listed; a mail with more has told enough. */
const MAX_LEAKS = 200;

/** Bytes of a text that are looked at. */
const MAX_TEXT = 2_000_000;

/** All that a mail tells, in the order in which it does; nothing for what is no mail. Never throws. */
export const findLeaks = (
  mail: Uint8Array,
  policy: SanitisePolicy,
  maker: Pick<Maker, 'threads'>,
): readonly Leak[] => {
  const head = readHead(mail);
  if (head.isErr()) return [];
  const entity = readEntity(mail).unwrapOr(readShallow(mail, head.value));
  const secrets = (policy.secrets ?? []).filter((word) => word.length > 2);
  const found = new Map<string, Leak>();
  for (const leak of allLeaks(entity, { policy, maker, secrets })) {
    found.set(JSON.stringify(leak), leak);
    if (found.size >= MAX_LEAKS) break;
  }
  return [...found.values()];
};

interface Rules {
  readonly policy: SanitisePolicy;
  readonly maker: Pick<Maker, 'threads'>;
  readonly secrets: readonly string[];
}

const allLeaks = function* (entity: Entity, rules: Rules): Generator<Leak> {
  yield* headerLeaks(entity.lines, rules.policy, rules.maker);
  const head = entity.lines.map(({ name, value }) => `${name}: ${value}`).join('\n');
  yield* secretsIn(head, '', rules);
  yield* partLeaks(entity, '', rules);
};

const partLeaks = function* (entity: Entity, part: string, rules: Rules): Generator<Leak> {
  if (part !== '') yield* fieldLeaks(entity, part);
  yield* typeLeaks(entity, part);
  if (entity.type.value.startsWith('message/rfc822')) yield { kind: 'attached-mail', part };
  else if (entity.parts.length === 0) yield* bodyLeaks(entity, part, rules);
  for (const [at, child] of entity.parts.entries()) {
    yield* partLeaks(child, part === '' ? `${at + 1}` : `${part}.${at + 1}`, rules);
  }
};

const PART_FIELDS = [
  ...['content-type', 'content-transfer-encoding', 'content-disposition', 'content-id'],
];

const fieldLeaks = function* ({ lines }: Entity, part: string): Generator<Leak> {
  for (const { name } of lines) {
    const isKnown = PART_FIELDS.includes(name.toLowerCase());
    if (!isKnown) yield { kind: 'part-header', part, name: shown(name) };
  }
  const id = fieldOf(lines, 'Content-ID');
  const isOurs = id === undefined || /^<[0-9a-f]{32}@anonymous\.invalid>$/.test(id);
  if (!isOurs) yield { kind: 'content-id', part, id: shown(id) };
};

/** Parameters that only say how, when or where a program wrote. */
const TELLING =
  /^(?:x-|reply-type$|creation-date$|modification-date$|read-date$|protected-headers)/;
const OUR_BOUNDARY = /^=_[0-9a-f]{32}$/;

const typeLeaks = function* (entity: Entity, part: string): Generator<Leak> {
  const { type, disposition } = entity;
  const names = [...type.parameters.keys(), ...(disposition?.parameters.keys() ?? [])];
  for (const name of new Set(names)) {
    const isSize = name === 'size' && disposition?.parameters.has('size') === true;
    if (TELLING.test(name) || isSize) yield { kind: 'parameter', part, name: shown(name) };
  }
  const boundary = type.parameters.get('boundary');
  if (boundary !== undefined && !OUR_BOUNDARY.test(boundary)) {
    yield { kind: 'boundary', part, boundary: shown(boundary) };
  }
  if (/[/\\]/.test(fileNameOf(entity) ?? '')) {
    yield { kind: 'path', part, path: shown(fileNameOf(entity) ?? '') };
  }
};

const bodyLeaks = function* (entity: Entity, part: string, rules: Rules): Generator<Leak> {
  const bytes = decodeTransfer(entity.body, entity.encoding) ?? entity.body;
  const { value, parameters } = entity.type;
  if (!value.startsWith('text/') && !value.startsWith('multipart/')) {
    yield* fileLeaks(bytes, value, part);
    if (value.startsWith('application/pgp')) yield* armourLeaks(bytes, part);
    return;
  }
  const charset = parameters.get('charset') ?? '';
  const cut = bytes.subarray(0, MAX_TEXT);
  const text = decodeCharset(bytes, charset);
  if (text === undefined) yield { kind: 'charset', part, charset: shown(charset) };
  const said = (text ?? decodeCharset(cut, 'latin1') ?? '').slice(0, MAX_TEXT);
  yield* armourLeaks(cut, part);
  yield* secretsIn(said, part, rules);
  yield* textLeaks(said, part);
  if (value === 'text/html') yield* htmlLeaks(said, part);
};

const armourLeaks = function* (bytes: Uint8Array, part: string): Generator<Leak> {
  for (const line of armourNames(bytes)) yield { kind: 'armour', part, line: shown(line) };
};

const secretsIn = function* (text: string, part: string, rules: Rules): Generator<Leak> {
  const lower = text.toLowerCase();
  for (const word of rules.secrets) {
    if (lower.includes(word.toLowerCase())) yield { kind: 'secret', part, word };
  }
};
