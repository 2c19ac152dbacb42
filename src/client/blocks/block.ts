/**
 * Blocks: a mail cut into pieces of one size, and the layout of one piece.
 *
 * Layout: end_to_end.rst §4; checks follow minclient/block/block.go, and go further where
 * it skips the padding of an empty block.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { parse, type ParseError } from '../../bytes/reader.js';
import { Writer } from '../../bytes/writer.js';
import type { SphinxGeometry } from '../../sphinx/geometry.js';

/** Bytes of an end-to-end message id. */
export const MESSAGE_ID_LENGTH = 16;

/** Most blocks of one message: the total is a u16. */
export const MAX_BLOCKS = 0xffff;

/** Message id, total and index (u16 each), payload length (u32). */
const BLOCK_HEADER_LENGTH = MESSAGE_ID_LENGTH + 2 + 2 + 4;

/** Ephemeral key, encrypted static key with its tag, tag of the block. */
const SEAL_OVERHEAD = 32 + (32 + 16) + 16;

/** One piece of a mail. */
export interface Block {
  /** The same for all blocks of a message, 16 bytes. */
  readonly messageId: Uint8Array;
  /** How many blocks the message has, 1 to {@link MAX_BLOCKS}. */
  readonly total: number;
  /** Place of this one, from 0. */
  readonly index: number;
  /** At most {@link blockPayloadLength} bytes of the mail. */
  readonly payload: Uint8Array;
}

/** A mail of more bytes than a message can have blocks for. */
export interface MailTooLarge {
  readonly kind: 'mail-too-large';
  readonly size: number;
  readonly limit: number;
}

/** Bytes of an encoded block, whatever it carries (50546 by default). */
export const blockLength = (geometry: SphinxGeometry): number =>
  geometry.userPayloadLength - SEAL_OVERHEAD;

/** Most mail bytes in one block (50522 by default). */
export const blockPayloadLength = (geometry: SphinxGeometry): number =>
  blockLength(geometry) - BLOCK_HEADER_LENGTH;

/** Most bytes of a mail. */
export const mailLimit = (geometry: SphinxGeometry): number =>
  MAX_BLOCKS * blockPayloadLength(geometry);

/**
 * Cuts a mail into blocks, all full but the last; an empty mail is one empty block.
 *
 * @returns the blocks in order; their payloads are views into `mail`
 * @errors `mail-too-large`: more than {@link MAX_BLOCKS} blocks
 */
export const fragment = (
  mail: Uint8Array,
  { messageId, geometry }: { messageId: Uint8Array; geometry: SphinxGeometry },
): Result<readonly Block[], MailTooLarge> => {
  const length = blockPayloadLength(geometry);
  const limit = mailLimit(geometry);
  if (mail.length > limit) return err({ kind: 'mail-too-large', size: mail.length, limit });
  const total = Math.max(1, Math.ceil(mail.length / length));
  const cut = (index: number): Block => {
    const payload = mail.subarray(index * length, (index + 1) * length);
    return { messageId, total, index, payload };
  };
  return ok(Array.from({ length: total }, (_, index) => cut(index)));
};

/** The bytes of one block, {@link blockLength} of them; a payload that does not fit throws. */
export const encodeBlock = (geometry: SphinxGeometry, block: Block): Uint8Array =>
  new Writer(blockLength(geometry))
    .bytes(block.messageId)
    .u16(block.total)
    .u16(block.index)
    .u32(block.payload.length)
    .padded(block.payload, blockPayloadLength(geometry))
    .done();

/**
 * Reads one decrypted block.
 *
 * @param bytes - exactly {@link blockLength} bytes, already authenticated
 * @returns the block; its id and payload are views into `bytes`
 * @errors `truncated`, `trailing`: wrong size; `invalid`: index, length or padding
 */
export const decodeBlock = (
  geometry: SphinxGeometry,
  bytes: Uint8Array,
): Result<Block, ParseError> =>
  parse(bytes, (from) => {
    const limit = blockPayloadLength(geometry);
    const messageId = from.take(MESSAGE_ID_LENGTH, 'message_id');
    const total = from.u16('total_blocks');
    const index = from.u16('block_id');
    const length = from.u32('block_length');
    from.require(index < total, 'block_id', 'below total_blocks');
    from.require(length <= limit, 'block_length', 'fits a block');
    const payload = from.take(length, 'block');
    from.zeros(limit - length, 'padding');
    return { messageId, total, index, payload };
  });
