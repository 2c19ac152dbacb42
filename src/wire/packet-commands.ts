/**
 * Commands that carry packets, and that fetch what a provider has stored for a client.
 *
 * Layout: core wire/commands/commands.go of v0.0.12 (the specification numbers the three forms of
 * `message` differently; the code wins).
 * @module
 */
import type { Reader } from '../bytes/reader.js';
import { concat, type Writer } from '../bytes/writer.js';
import type { SphinxGeometry } from '../sphinx/geometry.js';
import { COMMAND_ID, commandHeader, commandWriter } from './command-header.js';

/** A Sphinx packet. Any length passes here: whoever takes it compares it with the geometry. */
export interface SendPacket {
  readonly kind: 'send-packet';
  readonly packet: Uint8Array;
}

/** Asks for the head of the spool; a sequence one higher also acknowledges the last answer. */
export interface RetrieveMessage {
  readonly kind: 'retrieve-message';
  readonly sequence: number;
}

/** Answer: a sealed block. */
export interface Message {
  readonly kind: 'message';
  /** Entries left behind this one, at most 255. */
  readonly hint: number;
  readonly sequence: number;
  /** `geometry.userPayloadLength` bytes. */
  readonly payload: Uint8Array;
}

/** Answer: what came back through a SURB. */
export interface MessageAck {
  readonly kind: 'message-ack';
  /** Entries left behind this one, at most 255. */
  readonly hint: number;
  readonly sequence: number;
  readonly surbId: Uint8Array;
  /** `geometry.taggedPayloadLength` bytes, still encrypted. */
  readonly payload: Uint8Array;
}

/** Answer: the spool is empty. */
export interface MessageEmpty {
  readonly kind: 'message-empty';
  readonly sequence: number;
}

export type MessageForm = Message | MessageAck | MessageEmpty;
export type PacketCommand = SendPacket | RetrieveMessage | MessageForm;

const SEQUENCE_LENGTH = 4;
/** Form 1, hint 1, sequence 4. */
const MESSAGE_PREFIX_LENGTH = 1 + 1 + SEQUENCE_LENGTH;
const FORM = { message: 0, messageAck: 1, messageEmpty: 2 } as const;

/** Room behind the prefix, which the longest form (`message-ack`) fills; all forms are padded to it. */
const messageRoom = (geometry: SphinxGeometry): number =>
  geometry.surbIdLength + geometry.taggedPayloadLength;

/** Zeros behind a `message`'s payload: 590 bytes in the default geometry. */
const messageFiller = (geometry: SphinxGeometry): number =>
  geometry.surbIdLength +
  geometry.payloadTagLength +
  geometry.plaintextHeaderLength +
  geometry.surbLength;

const messageWriter = (
  geometry: SphinxGeometry,
  prefix: { readonly form: number; readonly hint: number; readonly sequence: number },
): Writer =>
  commandWriter(COMMAND_ID.message, MESSAGE_PREFIX_LENGTH + messageRoom(geometry))
    .u8(prefix.form)
    .u8(prefix.hint)
    .u32(prefix.sequence);

/** A packet behind the header of its command. */
export const encodeSendPacket = ({ packet }: SendPacket): readonly Uint8Array[] => [
  commandHeader(COMMAND_ID.sendPacket, packet.length),
  packet,
];

/** Whole commands; a payload of a wrong length is a programmer's mistake and throws. */
export const encodePacketCommand = (
  geometry: SphinxGeometry,
  command: PacketCommand,
): Uint8Array => {
  switch (command.kind) {
    case 'send-packet':
      return concat(...encodeSendPacket(command));
    case 'retrieve-message':
      return commandWriter(COMMAND_ID.retrieveMessage, SEQUENCE_LENGTH)
        .u32(command.sequence)
        .done();
    case 'message':
      return messageWriter(geometry, { ...command, form: FORM.message })
        .bytes(command.payload)
        .zeros(messageFiller(geometry))
        .done();
    case 'message-ack':
      return messageWriter(geometry, { ...command, form: FORM.messageAck })
        .bytes(command.surbId)
        .bytes(command.payload)
        .done();
    case 'message-empty':
      return messageWriter(geometry, { ...command, form: FORM.messageEmpty, hint: 0 })
        .zeros(messageRoom(geometry))
        .done();
  }
};

export const readRetrieveMessage = (from: Reader): RetrieveMessage => ({
  kind: 'retrieve-message',
  sequence: from.u32('sequence'),
});

/** One of the three forms; payloads are views. */
export const readMessage = (geometry: SphinxGeometry, from: Reader): MessageForm => {
  const form = from.u8('message_type');
  const hint = from.u8('queue_size_hint');
  const sequence = from.u32('sequence');
  switch (form) {
    case FORM.message: {
      const payload = from.take(geometry.userPayloadLength, 'payload');
      from.zeros(messageFiller(geometry), 'filler');
      return { kind: 'message', hint, sequence, payload };
    }
    case FORM.messageAck: {
      const surbId = from.take(geometry.surbIdLength, 'surb_id');
      const payload = from.take(geometry.taggedPayloadLength, 'payload');
      return { kind: 'message-ack', hint, sequence, surbId, payload };
    }
    default:
      from.require(form === FORM.messageEmpty, 'message_type', 'known');
      from.zeros(messageRoom(geometry), 'filler');
      return { kind: 'message-empty', sequence };
  }
};
