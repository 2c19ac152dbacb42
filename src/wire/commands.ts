/**
 * Link commands: what one frame of a link carries.
 *
 * Layout: wire protocol specification, Commands; core wire/commands/commands.go of v0.0.12. Nothing
 * is padded on sending; zeros behind a body are accepted.
 * @module
 */
import type { Result } from 'neverthrow';
import { parse, type ParseError, type Reader } from '../bytes/reader.js';
import type { SphinxGeometry } from '../sphinx/geometry.js';
import { COMMAND_ID, commandWriter, readHeader } from './command-header.js';
import {
  encodeDirectoryCommand,
  readConsensus,
  readGetConsensus,
  readGetVote,
  readPostDescriptor,
  readReveal,
  readStatus,
  readVote,
  type DirectoryCommand,
} from './directory-commands.js';
import {
  encodePacketCommand,
  encodeSendPacket,
  readMessage,
  readRetrieveMessage,
  type PacketCommand,
} from './packet-commands.js';

/** Does nothing; the responder's first one says that the initiator was accepted. */
export interface NoOp {
  readonly kind: 'no-op';
}

/** The sender is about to close. */
export interface Disconnect {
  readonly kind: 'disconnect';
}

export type Command = NoOp | Disconnect | PacketCommand | DirectoryCommand;

/**
 * One whole command.
 *
 * @param geometry - sizes the three forms of `message`, which are all equally long
 */
export const encodeCommand = (geometry: SphinxGeometry, command: Command): Uint8Array => {
  switch (command.kind) {
    case 'no-op':
      return commandWriter(COMMAND_ID.noOp, 0).done();
    case 'disconnect':
      return commandWriter(COMMAND_ID.disconnect, 0).done();
    case 'send-packet':
    case 'retrieve-message':
    case 'message':
    case 'message-ack':
    case 'message-empty':
      return encodePacketCommand(geometry, command);
    case 'get-consensus':
    case 'consensus':
    case 'post-descriptor':
    case 'post-descriptor-status':
    case 'vote':
    case 'vote-status':
    case 'get-vote':
    case 'reveal':
    case 'reveal-status':
      return encodeDirectoryCommand(command);
  }
};

/** The same in parts, one behind the other: a packet stays where it is. */
export const encodeCommandParts = (
  geometry: SphinxGeometry,
  command: Command,
): readonly Uint8Array[] =>
  command.kind === 'send-packet' ? encodeSendPacket(command) : [encodeCommand(geometry, command)];

/**
 * Reads one whole command. The length of a `send-packet` is left to the caller.
 *
 * @returns the command; its byte strings are views into `bytes`
 * @errors `truncated`, `trailing`: a length does not fit; `invalid`: unknown id or form, a reserved
 *   byte, padding or filler that is not zero, an epoch of 2^53 or more
 */
export const decodeCommand = (
  geometry: SphinxGeometry,
  bytes: Uint8Array,
): Result<Command, ParseError> =>
  parse(bytes, readHeader).andThen(({ id, body }) =>
    parse(body, (from) => readBody(geometry, id, from)),
  );

const readBody = (geometry: SphinxGeometry, id: number, from: Reader): Command => {
  switch (id) {
    case COMMAND_ID.noOp:
      return { kind: 'no-op' };
    case COMMAND_ID.disconnect:
      return { kind: 'disconnect' };
    case COMMAND_ID.sendPacket:
      return { kind: 'send-packet', packet: from.rest() };
    case COMMAND_ID.retrieveMessage:
      return readRetrieveMessage(from);
    case COMMAND_ID.message:
      return readMessage(geometry, from);
    default:
      return readDirectoryBody(id, from);
  }
};

const readDirectoryBody = (id: number, from: Reader): DirectoryCommand => {
  switch (id) {
    case COMMAND_ID.getConsensus:
      return readGetConsensus(from);
    case COMMAND_ID.consensus:
      return readConsensus(from);
    case COMMAND_ID.postDescriptor:
      return readPostDescriptor(from);
    case COMMAND_ID.postDescriptorStatus:
      return readStatus('post-descriptor-status', from);
    case COMMAND_ID.vote:
      return readVote(from);
    case COMMAND_ID.voteStatus:
      return readStatus('vote-status', from);
    case COMMAND_ID.getVote:
      return readGetVote(from);
    case COMMAND_ID.reveal:
      return readReveal(from);
    default:
      from.require(id === COMMAND_ID.revealStatus, 'command_id', 'known');
      return readStatus('reveal-status', from);
  }
};
