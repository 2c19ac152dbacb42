/**
 * A packet as the queue on disk keeps it.
 *
 * Layout: stage (1), next node's id (32), due, left and expires (8 each), the packet.
 * @module
 */
import type { Result } from 'neverthrow';
import { parse, type ParseError } from '../../src/bytes/reader.js';
import { concat, Writer } from '../../src/bytes/writer.js';

/** Where a packet was: held for its delay, or waiting for its next node. */
export type QueueStage = 'mix' | 'outgoing';

export interface QueuedPacket {
  readonly stage: QueueStage;
  /** Identity key, 32 bytes. */
  readonly nextNodeId: Uint8Array;
  readonly packet: Uint8Array;
  /** When it may leave, wall time, ms. */
  readonly dueMs: number;
  /** What was left of its delay when it was written, ms. */
  readonly leftMs: number;
  /** When its next node has no key for it any more, wall time, ms. */
  readonly expiresMs: number;
}

const STAGES: readonly QueueStage[] = ['mix', 'outgoing'];
const NODE_ID_LENGTH = 32;
const HEADER_LENGTH = 1 + NODE_ID_LENGTH + 3 * 8;

/** Times are rounded up to whole ms, so that no packet leaves early. */
export const encodeQueued = (queued: QueuedPacket): Uint8Array => {
  const header = new Writer(HEADER_LENGTH)
    .u8(STAGES.indexOf(queued.stage))
    .bytes(queued.nextNodeId)
    .u64(Math.ceil(queued.dueMs))
    .u64(Math.ceil(queued.leftMs))
    .u64(Math.ceil(queued.expiresMs));
  return concat(header.done(), queued.packet);
};

/**
 * @returns views into `bytes`
 * @errors any {@link ParseError}: an unknown stage, or a packet that has not `packetLength` bytes
 */
export const decodeQueued = (
  bytes: Uint8Array,
  packetLength: number,
): Result<QueuedPacket, ParseError> =>
  parse(bytes, (from) => {
    const stage = STAGES[from.u8('stage')];
    from.require(stage !== undefined, 'stage', 'mix or outgoing');
    return {
      stage: stage ?? 'outgoing',
      nextNodeId: from.take(NODE_ID_LENGTH, 'next_node_id'),
      dueMs: from.u64('due'),
      leftMs: from.u64('left'),
      expiresMs: from.u64('expires'),
      packet: from.take(packetLength, 'packet'),
    };
  });
