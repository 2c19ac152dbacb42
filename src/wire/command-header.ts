/**
 * What every link command begins with: id, a reserved zero and the length of its body.
 *
 * Layout: wire protocol specification, Commands; core wire/commands/commands.go.
 * @module
 */
import type { Reader } from '../bytes/reader.js';
import { Writer } from '../bytes/writer.js';

/** First byte of each command. */
export const COMMAND_ID = {
  noOp: 0,
  disconnect: 1,
  sendPacket: 2,
  retrieveMessage: 16,
  message: 17,
  getConsensus: 18,
  consensus: 19,
  postDescriptor: 20,
  postDescriptorStatus: 21,
  vote: 22,
  voteStatus: 23,
  getVote: 24,
  reveal: 25,
  revealStatus: 26,
} as const;

/** id 1, reserved 1, body length 4. */
export const COMMAND_HEADER_LENGTH = 1 + 1 + 4;

/** What stands in front of a body. */
export const commandHeader = (id: number, bodyLength: number): Uint8Array =>
  new Writer(COMMAND_HEADER_LENGTH).u8(id).u8(0).u32(bodyLength).done();

/** A writer of one whole command, its header already written. */
export const commandWriter = (id: number, bodyLength: number): Writer =>
  new Writer(COMMAND_HEADER_LENGTH + bodyLength).u8(id).u8(0).u32(bodyLength);

/** The id and body of a command; zeros behind the body are legal padding, anything else is not. */
export const readHeader = (from: Reader): { readonly id: number; readonly body: Uint8Array } => {
  const id = from.u8('command_id');
  from.zeros(1, 'reserved');
  const body = from.take(from.u32('length'), 'body');
  from.zeros(from.remaining, 'padding');
  return { id, body };
};
