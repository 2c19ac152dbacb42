/**
 * The inbox's records, as they lie in the store.
 *
 * A mail's bytes lie in parts, which are the blocks as they came: completing a mail moves nothing.
 * All order and state is in small records that are read at open.
 * @module
 */
import type { Result } from 'neverthrow';
import { parse, type ParseError, type Reader } from '../../bytes/reader.js';
import { fromUtf8, utf8 } from '../../bytes/text.js';
import { Writer } from '../../bytes/writer.js';
import { MESSAGE_ID_LENGTH } from '../blocks/block.js';

/** Collections of the store. */
export const MAILS = 'inbox-mails';
export const PARTS = 'inbox-parts';
export const PARTIALS = 'inbox-partials';

/** Bytes of the local id of a mail, whole or not. */
export const MAIL_ID_LENGTH = 16;

const KEY_LENGTH = 32;
const VERSION = 0;
/** In the place of the version: the same layout, of a mail whose last line is not ended. */
const OPEN_ENDED = 1;

/** A whole mail; its id is the record's key. */
export interface MailRecord {
  /** Place among all mails, ascending. */
  readonly order: number;
  /** Ms since the Unix epoch. */
  readonly receivedAt: number;
  /** Absent on reports made here. */
  readonly senderKey: Uint8Array | undefined;
  /** Our fields, which stand in front of the parts. */
  readonly prefix: Uint8Array;
  readonly parts: number;
  /** Bytes of prefix and parts. */
  readonly size: number;
  /** Whether the last line does not end in CR LF. */
  readonly openEnd: boolean;
  /** Readers that need it no more. */
  readonly done: readonly string[];
}

/** A mail of which blocks are missing; its id is the record's key. */
export interface PartialRecord {
  readonly senderKey: Uint8Array;
  readonly messageId: Uint8Array;
  readonly total: number;
  /** Ms since the Unix epoch at which the last new block came. */
  readonly lastSeen: number;
  /** Bytes of the blocks held. */
  readonly size: number;
  /** One bit per block, lowest first: whether it is held. */
  readonly held: Uint8Array;
}

/** Where part `index` of a mail lies, 20 bytes. */
export const partKey = (id: Uint8Array, index: number): Uint8Array =>
  new Writer(MAIL_ID_LENGTH + 4).bytes(id).u32(index).done();

export const encodeMail = (mail: MailRecord): Uint8Array => {
  const names = mail.done.map(utf8);
  const namesLength = names.reduce((sum, name) => sum + 2 + name.length, 2);
  const sender = mail.senderKey ?? new Uint8Array();
  const length = 1 + 8 * 3 + 4 + 1 + sender.length + 4 + mail.prefix.length + namesLength;
  const writer = new Writer(length)
    .u8(mail.openEnd ? OPEN_ENDED : VERSION)
    .u64(mail.order)
    .u64(mail.receivedAt)
    .u64(mail.size)
    .u32(mail.parts)
    .u8(sender.length)
    .bytes(sender)
    .u32(mail.prefix.length)
    .bytes(mail.prefix)
    .u16(names.length);
  for (const name of names) writer.u16(name.length).bytes(name);
  return writer.done();
};

export const decodeMail = (bytes: Uint8Array): Result<MailRecord, ParseError> =>
  parse(bytes, (from) => {
    const version = from.u8('version');
    from.require(version === VERSION || version === OPEN_ENDED, 'version', 'known');
    const order = from.u64('order');
    const receivedAt = from.u64('received_at');
    const size = from.u64('size');
    const parts = from.u32('parts');
    const senderLength = from.u8('sender_length');
    from.require(senderLength === 0 || senderLength === KEY_LENGTH, 'sender_length', '0 or 32');
    const sender = from.take(senderLength, 'sender').slice();
    const prefix = from.take(from.u32('prefix_length'), 'prefix').slice();
    const done = takeNames(from);
    const senderKey = senderLength === 0 ? undefined : sender;
    const openEnd = version === OPEN_ENDED;
    return { order, receivedAt, senderKey, prefix, parts, size, openEnd, done };
  });

export const encodePartial = (partial: PartialRecord): Uint8Array =>
  new Writer(1 + KEY_LENGTH + MESSAGE_ID_LENGTH + 2 + 8 * 2 + partial.held.length)
    .u8(VERSION)
    .bytes(partial.senderKey)
    .bytes(partial.messageId)
    .u16(partial.total)
    .u64(partial.lastSeen)
    .u64(partial.size)
    .bytes(partial.held)
    .done();

export const decodePartial = (bytes: Uint8Array): Result<PartialRecord, ParseError> =>
  parse(bytes, (from) => {
    checkVersion(from);
    const senderKey = from.take(KEY_LENGTH, 'sender').slice();
    const messageId = from.take(MESSAGE_ID_LENGTH, 'message_id').slice();
    const total = from.u16('total_blocks');
    const lastSeen = from.u64('last_seen');
    const size = from.u64('size');
    const held = from.take(Math.ceil(total / 8), 'held').slice();
    return { senderKey, messageId, total, lastSeen, size, held };
  });

const checkVersion = (from: Reader): void =>
  from.require(from.u8('version') === VERSION, 'version', 'known');

const takeNames = (from: Reader): readonly string[] => {
  const count = from.u16('names');
  return Array.from({ length: count }, () => fromUtf8(from.take(from.u16('name_length'), 'name')));
};
