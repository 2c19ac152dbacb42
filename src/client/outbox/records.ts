/**
 * Records of the outbox: what is written once per message, what is shared by all recipients of one
 * mail, and the little that changes.
 * @module
 */
import { ok, Result, ResultAsync } from 'neverthrow';
import { parse, type ParseError } from '../../bytes/reader.js';
import { fromUtf8, toHex, utf8 } from '../../bytes/text.js';
import { concat, concatAll, Writer } from '../../bytes/writer.js';
import type { Change, Store, StoreError } from '../../store/store.js';
import type { Address } from '../types.js';

/** Collections of the outbox in an account's store. */
export const OUTBOX = {
  /** message id → {@link OutboxRecord} and perhaps its body; written again only when a key is found */
  message: 'outbox',
  /** message id → {@link ProgressRecord}; absent before the first acknowledgement */
  progress: 'outbox-progress',
  /** body id and index → the bytes of one block */
  part: 'outbox-part',
} as const;

/** Random bytes that name the frozen bytes of one mail, whoever they go to. */
export const BODY_ID_LENGTH = 16;
const KEY_LENGTH = 32;
const NOTHING = new Uint8Array();

/** One mail to one recipient, as accepted. */
export interface OutboxRecord {
  /** Order of acceptance. */
  readonly sequence: number;
  readonly reliable: boolean;
  /** Ms since the Unix epoch. */
  readonly acceptedAt: number;
  /** Ms since the Unix epoch. */
  readonly bounceAt: number;
  /** Blocks. */
  readonly total: number;
  readonly bodyId: Uint8Array;
  /** Whether its only block lies in this record, and not in one of its own. */
  readonly holdsBody: boolean;
  /** The recipient's X25519 identity key when the mail was free to leave; none while it waits. */
  readonly recipientKey: Uint8Array | undefined;
  readonly recipient: Address;
  /** The path that every transmission takes, as it was written; none where each is drawn. */
  readonly path?: string | undefined;
}

const RELIABLE = 1;
const WAITING = 2;
const HOLDS_BODY = 4;
const HAS_PATH = 8;

const flagsOf = ({ reliable, recipientKey, holdsBody, path }: OutboxRecord): number =>
  (reliable ? RELIABLE : 0) |
  (recipientKey === undefined ? WAITING : 0) |
  (holdsBody ? HOLDS_BODY : 0) |
  (path === undefined ? 0 : HAS_PATH);

/** @param body - of a record that holds it */
export const encodeOutboxRecord = (
  record: OutboxRecord,
  body: Uint8Array = NOTHING,
): Uint8Array => {
  const recipient = utf8(record.recipient);
  const path = record.path === undefined ? undefined : utf8(record.path);
  return concat(
    new Writer(8 + 1 + 8 + 8 + 2)
      .u64(record.sequence)
      .u8(flagsOf(record))
      .u64(record.acceptedAt)
      .u64(record.bounceAt)
      .u16(record.total)
      .done(),
    record.bodyId,
    record.recipientKey ?? NOTHING,
    path === undefined ? NOTHING : new Writer(2 + path.length).u16(path.length).bytes(path).done(),
    record.holdsBody ? new Writer(2).u16(recipient.length).done() : NOTHING,
    recipient,
    body,
  );
};

/** What a message's record says of it, and its body where that lies there too. */
export interface MessageRecord {
  readonly record: OutboxRecord;
  /** A view. */
  readonly body: Uint8Array | undefined;
}

export const decodeMessageRecord = (bytes: Uint8Array): Result<MessageRecord, ParseError> =>
  parse(bytes, (from) => {
    const sequence = from.u64('sequence');
    const flags = from.u8('flags');
    from.require(flags <= (RELIABLE | WAITING | HOLDS_BODY | HAS_PATH), 'flags', 'known');
    const holdsBody = (flags & HOLDS_BODY) !== 0;
    const record = {
      sequence,
      reliable: (flags & RELIABLE) !== 0,
      acceptedAt: from.u64('accepted_at'),
      bounceAt: from.u64('bounce_at'),
      total: from.u16('total'),
      holdsBody,
      // Copies: views would keep the body in memory for as long as the message waits.
      bodyId: from.take(BODY_ID_LENGTH, 'body_id').slice(),
      recipientKey:
        (flags & WAITING) !== 0 ? undefined : from.take(KEY_LENGTH, 'recipient_key').slice(),
      path:
        (flags & HAS_PATH) === 0 ? undefined : fromUtf8(from.take(from.u16('path_length'), 'path')),
      recipient: fromUtf8(
        holdsBody ? from.take(from.u16('recipient_length'), 'recipient') : from.rest(),
      ),
    };
    return { record, body: holdsBody ? from.rest() : undefined };
  });

export const decodeOutboxRecord = (bytes: Uint8Array): Result<OutboxRecord, ParseError> =>
  decodeMessageRecord(bytes).map(({ record }) => record);

/** How far a message is. */
export interface ProgressRecord {
  /** Of the blocks acknowledged by then. */
  readonly transmissions: number;
  /** Indices of the blocks that are done, ascending. */
  readonly acknowledged: readonly number[];
}

export const encodeProgress = (total: number, progress: ProgressRecord): Uint8Array => {
  const bits = new Uint8Array(Math.ceil(total / 8));
  for (const index of progress.acknowledged) {
    bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return new Writer(4 + bits.length).u32(progress.transmissions).bytes(bits).done();
};

export const decodeProgress = (bytes: Uint8Array): Result<ProgressRecord, ParseError> =>
  parse(bytes, (from) => {
    const transmissions = from.u32('transmissions');
    const bits = from.rest();
    const isSet = (index: number): boolean => (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
    const acknowledged = Array.from({ length: bits.length * 8 }, (_, i) => i).filter(isSet);
    return { transmissions, acknowledged };
  });

const partKey = (bodyId: Uint8Array, index: number): Uint8Array =>
  concat(bodyId, new Writer(2).u16(index).done());

const put = (collection: string, key: Uint8Array, value: Uint8Array): Change => ({
  kind: 'put',
  collection,
  key,
  value,
});

/** A message's own records. */
interface Message {
  readonly id: Uint8Array;
  readonly record: OutboxRecord;
}

/** The changes that store a mail's messages, if any, and its bytes: a record per block or within. */
export const acceptanceChanges = (
  bodyId: Uint8Array,
  payloads: readonly Uint8Array[],
  messages: readonly Message[],
): readonly Change[] => {
  const apart = messages.some(({ record }) => !record.holdsBody) ? payloads : [];
  return [
    ...apart.map((value, index) => put(OUTBOX.part, partKey(bodyId, index), value)),
    ...messages.map((message) => messageChange(message, payloads[0])),
  ];
};

/** The change that stores a message's record, with `body` where it holds that. */
export const messageChange = ({ id, record }: Message, body?: Uint8Array): Change =>
  put(OUTBOX.message, id, encodeOutboxRecord(record, record.holdsBody ? body : undefined));

/** The change that stores which blocks are done, ascending. */
export const progressChange = (
  { id, record, transmissions }: Message & { readonly transmissions: number },
  acknowledged: readonly number[],
): Change =>
  put(OUTBOX.progress, id, encodeProgress(record.total, { acknowledged, transmissions }));

/** A message as it is found again. */
export interface StoredMessage extends Message {
  readonly progress: ProgressRecord | undefined;
}

/** All messages in the order of their acceptance. @errors `store-corrupt`: one cannot be read */
export const readOutbox = (store: Store): ResultAsync<readonly StoredMessage[], StoreError> =>
  ResultAsync.combine([store.list(OUTBOX.message), store.list(OUTBOX.progress)]).andThen(
    ([messages, stored]) => {
      const progress = new Map(stored.map(({ key, value }) => [toHex(key), value]));
      return Result.combine(
        messages.map(({ key, value }) => readMessage(key, value, progress.get(toHex(key)))),
      )
        .map((read) => read.toSorted((a, b) => a.record.sequence - b.record.sequence))
        .mapErr((): StoreError => ({ kind: 'store-corrupt', collection: OUTBOX.message }));
    },
  );

const readMessage = (
  id: Uint8Array,
  message: Uint8Array,
  progress: Uint8Array | undefined,
): Result<StoredMessage, ParseError> =>
  decodeOutboxRecord(message).map((record) => ({
    id,
    record,
    // Progress that cannot be read costs a few transmissions, not the mail.
    progress: progress && decodeProgress(progress).unwrapOr(undefined),
  }));

/** The changes that delete a mail's bytes, as far as they do not go with its message. */
export const partRemoval = ({ bodyId, total, holdsBody }: OutboxRecord): readonly Change[] =>
  Array.from({ length: holdsBody ? 0 : total }, (_, index) => ({
    kind: 'delete',
    collection: OUTBOX.part,
    key: partKey(bodyId, index),
  }));

/**
 * The bytes of one block; `undefined` when they have gone with their mail.
 *
 * @errors `store-corrupt`: the record that held them cannot be read
 */
export const readPart = (
  store: Store,
  { id, record }: Message,
  index: number,
): ResultAsync<Uint8Array | undefined, StoreError> =>
  record.holdsBody
    ? store
        .get(OUTBOX.message, id)
        .andThen((bytes) => (bytes === undefined ? ok(undefined) : bodyIn(bytes)))
    : store.get(OUTBOX.part, partKey(record.bodyId, index));

const bodyIn = (bytes: Uint8Array): Result<Uint8Array | undefined, StoreError> =>
  decodeMessageRecord(bytes)
    .map(({ body }) => body)
    .mapErr((): StoreError => ({ kind: 'store-corrupt', collection: OUTBOX.message }));

/** All bytes of a mail. */
export const readMail = (store: Store, message: Message): ResultAsync<Uint8Array, StoreError> => {
  const indices = Array.from({ length: message.record.total }, (_, index) => index);
  return ResultAsync.combine(indices.map((index) => readPart(store, message, index))).map((parts) =>
    concatAll(parts.map((part) => part ?? NOTHING)),
  );
};

/** Counts how many messages share each mail's bytes. */
export class SharedBodies {
  readonly #counts = new Map<string, number>();

  /** @returns how many share the bytes from now on */
  add({ bodyId }: OutboxRecord, change: 1 | -1): number {
    const body = toHex(bodyId);
    const sharing = (this.#counts.get(body) ?? 0) + change;
    if (sharing > 0) this.#counts.set(body, sharing);
    else this.#counts.delete(body);
    return sharing;
  }
}
