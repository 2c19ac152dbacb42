/**
 * Delivery: what becomes of the bytes of a whole message.
 *
 * Only its head is read. The body stays in the parts in which it came, so a large mail costs no more
 * than a small one until somebody reads it.
 * @module
 */
import { err, ok, type Result, type ResultAsync, safeTry } from 'neverthrow';
import { equal } from '../../bytes/compare.js';
import { utf8 } from '../../bytes/text.js';
import { concat, concatAll } from '../../bytes/writer.js';
import {
  findAll,
  findBody,
  type HeaderField,
  type HeaderLine,
  isNamed,
  type MailHead,
  readHead,
  replaceFields,
} from '../../mail/header.js';
import { claimsSender, fromAddresses } from '../../mail/sender-field.js';
import { foldTokens } from '../../mail/words.js';
import { idsOf } from '../../sanitise/threads.js';
import type { Store, StoreError } from '../../store/store.js';
import { PARTS, partKey } from './records.js';
import type { Address } from '../types.js';

/** Heads longer than this are no mail. */
const MAX_HEAD_LENGTH = 256 * 1024;

const CRLF = utf8('\r\n');

/** Most bytes that are taken along as evidence in a report. */
const MAX_EVIDENCE_LENGTH = 16 * 1024 * 1024;

const DAMAGED = err<never, StoreError>({ kind: 'store-corrupt', collection: PARTS });

/** Gives one part of a message. */
export type ReadPart = (index: number) => ResultAsync<Uint8Array, StoreError>;

/** What a message turned out to be. */
export type Verdict =
  | {
      readonly kind: 'mail';
      /** The addresses that it says it is from. */
      readonly from: readonly Address[];
      /** In angle brackets; `undefined` where it has none. */
      readonly messageId: string | undefined;
      readonly start: Start;
    }
  | { readonly kind: Objection };

/** The first parts of a message, as many as its head is in. */
export interface Start {
  readonly parts: number;
  readonly bytes: Uint8Array;
}

/** Why a message is not shown as a mail. */
export type Objection = 'malformed-mail' | 'spoofed-sender';

/** The parts of a mail in the store; one that is missing means a damaged store. */
export const storedParts =
  (store: Store, id: Uint8Array): ReadPart =>
  (index) =>
    store
      .get(PARTS, partKey(id, index))
      .andThen((part): Result<Uint8Array, StoreError> => (part === undefined ? DAMAGED : ok(part)));

/** Looks at the head of a message of `count` parts. */
export const judge = (readPart: ReadPart, count: number): ResultAsync<Verdict, StoreError> =>
  readUntil(readPart, count, isHeadThere).map((start): Verdict => {
    const body = findBody(start.bytes);
    const whole = body !== undefined || start.bytes.length < MAX_HEAD_LENGTH;
    const bytes = start.bytes.subarray(0, body);
    const head = readHead(bytes);
    if (!whole || head.isErr()) return { kind: 'malformed-mail' };
    if (claimsSender(bytes)) return { kind: 'spoofed-sender' };
    const [from, messageId] = [fromAddresses(head.value), messageIdIn(head.value)];
    return { kind: 'mail', from, messageId, start };
  });

/** Fields that name the mails that a mail answers. */
const THREAD_FIELDS = ['In-Reply-To', 'References'];

/** Parts that take the place of those of a start, and how many bytes longer they are. */
export interface Answered {
  readonly parts: readonly { readonly index: number; readonly payload: Uint8Array }[];
  readonly growth: number;
}

/**
 * The start of a mail with the mails that it answers called as they are here, so that it joins their
 * thread; nothing where none of them is ours.
 */
export const withOwnIds = (
  { parts, bytes }: Start,
  idHere: (id: string) => string | undefined,
): Answered => {
  const rename = (line: HeaderLine): HeaderField | undefined => {
    if (!THREAD_FIELDS.some((name) => isNamed(line, name))) return undefined;
    const ids = idsOf(line.value);
    const here = ids.map((id) => idHere(id) ?? id);
    const isSame = here.every((id, at) => id === ids[at]);
    return isSame ? undefined : { name: line.name, value: foldTokens(line.name, here) };
  };
  const renamed = replaceFields(bytes, rename).unwrapOr(bytes);
  if (renamed === bytes) return { parts: [], growth: 0 };
  // The parts behind the first one stay, with nothing in them.
  const payloads = Array.from({ length: parts }, (_, index) => (index === 0 ? renamed : NOTHING));
  return {
    parts: payloads.map((payload, index) => ({ index, payload })),
    growth: renamed.length - bytes.length,
  };
};

const NOTHING = new Uint8Array();

/** In angle brackets; `undefined` where there is none. */
export const messageIdIn = (head: MailHead): string | undefined =>
  findAll(head, 'Message-ID').flatMap(({ value }) => idsOf(value))[0];

/** All bytes of a message, or its first ones where it is too large for a report. */
export const readEvidence = (
  readPart: ReadPart,
  count: number,
): ResultAsync<Uint8Array, StoreError> =>
  readUntil(readPart, count, ({ length }) => length >= MAX_EVIDENCE_LENGTH).map(
    ({ bytes }) => bytes,
  );

/** The first parts of a message, in order; `undefined` for those that `isHeld` says are missing. */
export const readPartial = (
  readPart: ReadPart,
  count: number,
  isHeld: (index: number) => boolean,
): ResultAsync<readonly (Uint8Array | undefined)[], StoreError> =>
  safeTry(async function* () {
    const blocks: (Uint8Array | undefined)[] = [];
    let length = 0;
    for (let index = 0; index < count && length < MAX_EVIDENCE_LENGTH; index++) {
      const block = isHeld(index) ? yield* readPart(index) : undefined;
      blocks.push(block);
      length += block?.length ?? 0;
    }
    return ok(blocks);
  });

/** Whether a message of `count` parts does not end in CR LF; only its last bytes are read. */
export const hasOpenEnd = (readPart: ReadPart, count: number): ResultAsync<boolean, StoreError> =>
  safeTry(async function* () {
    let end: Uint8Array = new Uint8Array();
    for (let index = count - 1; index >= 0 && end.length < CRLF.length; index--) {
      const part = yield* readPart(index);
      end = concat(part.subarray(-CRLF.length), end);
    }
    return ok(!endsLine(end));
  });

/** Whether these bytes end in CR LF. */
export const endsLine = (bytes: Uint8Array): boolean => equal(bytes.subarray(-CRLF.length), CRLF);

/** All parts behind `prefix`. */
export const readWhole = (
  readPart: ReadPart,
  { prefix, parts, size }: { prefix: Uint8Array; parts: number; size: number },
): ResultAsync<Uint8Array, StoreError> =>
  safeTry(async function* () {
    const whole = new Uint8Array(size);
    whole.set(prefix);
    let at = prefix.length;
    for (let index = 0; index < parts; index++) {
      const part = yield* readPart(index);
      if (at + part.length > size) return DAMAGED;
      whole.set(part, at);
      at += part.length;
    }
    return ok(whole);
  });

/** Reads on until `enough` holds, looking at twice as many parts each time. */
const readUntil = (
  readPart: ReadPart,
  count: number,
  enough: (start: Uint8Array) => boolean,
): ResultAsync<Start, StoreError> =>
  safeTry(async function* () {
    const parts: Uint8Array[] = [];
    for (let wanted = 1; ; wanted *= 2) {
      while (parts.length < Math.min(wanted, count)) parts.push(yield* readPart(parts.length));
      const bytes = concatAll(parts);
      if (parts.length >= count || enough(bytes)) return ok({ parts: parts.length, bytes });
    }
  });

const isHeadThere = (start: Uint8Array): boolean =>
  start.length >= MAX_HEAD_LENGTH || findBody(start) !== undefined;
