/**
 * Records of reply blocks: what is kept of each until its reply has come.
 * @module
 */
import type { Result } from 'neverthrow';
import { parse, type ParseError, type Reader } from '../../bytes/reader.js';
import { fromHex, fromUtf8, toHex, utf8 } from '../../bytes/text.js';
import { concat, Writer } from '../../bytes/writer.js';
import { MESSAGE_ID_LENGTH } from '../blocks/block.js';
import type { MessageId } from '../types.js';

/** What a reply is for. */
export type SurbUse =
  /** Says that a provider has stored this block of this message. */
  | { readonly kind: 'acknowledgement'; readonly messageId: MessageId; readonly block: number }
  /** A provider's service answers; whoever asked knows the id. */
  | { readonly kind: 'service' }
  /** Cover traffic; the reply tells only that this provider, by name, is alive. */
  | { readonly kind: 'decoy'; readonly provider: string }
  /** Somebody whom we have given the block may write a mail. */
  | { readonly kind: 'mail' };

export interface SurbRecord {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  /** Opens the reply; see `createSurb`. */
  readonly keys: Uint8Array;
  readonly use: SurbUse;
  /** Ms since the Unix epoch. */
  readonly sentAt: number;
  /** Sum of all delays until the reply is at our provider; for mail, how long it may take to come. */
  readonly rttMs: number;
}

const ACKNOWLEDGEMENT = 0;
const SERVICE = 1;
const DECOY = 2;
const MAIL = 3;

const encodeUse = (use: SurbUse): Uint8Array => {
  switch (use.kind) {
    case 'acknowledgement':
      return new Writer(1 + MESSAGE_ID_LENGTH + 2)
        .u8(ACKNOWLEDGEMENT)
        .bytes(fromHex(use.messageId) ?? new Uint8Array())
        .u16(use.block)
        .done();
    case 'service':
      return Uint8Array.of(SERVICE);
    case 'mail':
      return Uint8Array.of(MAIL);
    case 'decoy': {
      const name = utf8(use.provider);
      return new Writer(1 + 1 + name.length).u8(DECOY).u8(name.length).bytes(name).done();
    }
  }
};

const readUse = (from: Reader): SurbUse => {
  const kind = from.u8('use');
  from.require(kind <= MAIL, 'use', 'a known kind');
  if (kind === SERVICE) return { kind: 'service' };
  if (kind === MAIL) return { kind: 'mail' };
  if (kind === DECOY) {
    return { kind: 'decoy', provider: fromUtf8(from.take(from.u8('length'), 'provider')) };
  }
  const messageId = toHex(from.take(MESSAGE_ID_LENGTH, 'message_id'));
  return { kind: 'acknowledgement', messageId, block: from.u16('block_id') };
};

/** A record's bytes, without its id, which is its key. */
export const encodeSurbRecord = ({ use, sentAt, rttMs, keys }: SurbRecord): Uint8Array =>
  concat(encodeUse(use), new Writer(8 + 8).u64(sentAt).u64(rttMs).done(), keys);

/** Reads a record back. @errors any, where the record was not written by {@link encodeSurbRecord} */
export const decodeSurbRecord = (
  id: Uint8Array,
  bytes: Uint8Array,
): Result<SurbRecord, ParseError> =>
  parse(bytes, (from) => ({
    id,
    use: readUse(from),
    sentAt: from.u64('sent_at'),
    rttMs: from.u64('rtt'),
    keys: from.rest(),
  }));
