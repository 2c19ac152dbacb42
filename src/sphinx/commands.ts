/**
 * Routing commands: what one hop is told, inside its slot of the header.
 *
 * Source: core sphinx/commands; a slot is commands back to back, then zeros.
 * @module
 */
import type { Result } from 'neverthrow';
import { parse, type ParseError, type Reader } from '../bytes/reader.js';
import { Writer } from '../bytes/writer.js';
import type { SphinxGeometry } from './geometry.js';

export type RoutingCommand =
  | { readonly kind: 'next-node'; readonly nodeId: Uint8Array; readonly mac: Uint8Array }
  /** Zero-padded user or service name. */
  | { readonly kind: 'recipient'; readonly recipient: Uint8Array }
  | { readonly kind: 'surb-reply'; readonly surbId: Uint8Array }
  /** An unsigned 32-bit number of milliseconds. */
  | { readonly kind: 'node-delay'; readonly delayMs: number };

const END = 0x00;
const NEXT_NODE = 0x01;
const RECIPIENT = 0x02;
const SURB_REPLY = 0x03;
const NODE_DELAY = 0x80;

const commandLength = (geometry: SphinxGeometry, command: RoutingCommand): number => {
  switch (command.kind) {
    case 'next-node':
      return geometry.nextNodeLength;
    case 'recipient':
      return geometry.recipientCommandLength;
    case 'surb-reply':
      return geometry.surbReplyLength;
    case 'node-delay':
      return geometry.nodeDelayLength;
  }
};

/** One command's bytes; fields shorter than their place are a programmer's mistake and throw. */
export const encodeCommand = (geometry: SphinxGeometry, command: RoutingCommand): Uint8Array => {
  const to = new Writer(commandLength(geometry, command));
  switch (command.kind) {
    case 'next-node':
      return to.u8(NEXT_NODE).bytes(command.nodeId).bytes(command.mac).done();
    case 'recipient':
      return to.u8(RECIPIENT).padded(command.recipient, geometry.recipientLength).done();
    case 'surb-reply':
      return to.u8(SURB_REPLY).bytes(command.surbId).done();
    case 'node-delay':
      return to.u8(NODE_DELAY).u32(command.delayMs).done();
  }
};

/** A hop's slot: {@link SphinxGeometry.perHopLength} bytes. Too many commands throw. */
export const encodeSlot = (
  geometry: SphinxGeometry,
  commands: readonly RoutingCommand[],
): Uint8Array => {
  const to = new Writer(geometry.perHopLength);
  for (const command of commands) to.bytes(encodeCommand(geometry, command));
  return to.zeros(to.remaining).done();
};

const readCommand = (geometry: SphinxGeometry, from: Reader, id: number): RoutingCommand => {
  switch (id) {
    case NEXT_NODE:
      return {
        kind: 'next-node',
        nodeId: from.take(geometry.nodeIdLength, 'next_hop_id'),
        mac: from.take(geometry.macLength, 'next_hop_mac'),
      };
    case RECIPIENT:
      return { kind: 'recipient', recipient: from.take(geometry.recipientLength, 'recipient') };
    case SURB_REPLY:
      return { kind: 'surb-reply', surbId: from.take(geometry.surbIdLength, 'surb_id') };
    default:
      from.require(id === NODE_DELAY, 'command', 'a known id');
      return { kind: 'node-delay', delayMs: from.u32('delay') };
  }
};

/**
 * Reads a hop's slot.
 *
 * @returns the commands in their order; byte fields are views into `slot`
 * @errors `invalid`: an unknown id, non-zero padding, a second next-node or SURB reply;
 *   `truncated`: a command does not fit
 */
export const decodeSlot = (
  geometry: SphinxGeometry,
  slot: Uint8Array,
): Result<readonly RoutingCommand[], ParseError> =>
  parse(slot, (from) => {
    const commands: RoutingCommand[] = [];
    while (from.remaining > 0) {
      const id = from.u8('command');
      if (id === END) {
        from.zeros(from.remaining, 'padding');
        break;
      }
      const command = readCommand(geometry, from, id);
      const once = command.kind === 'next-node' || command.kind === 'surb-reply';
      const repeated = once && commands.some((earlier) => earlier.kind === command.kind);
      from.require(!repeated, command.kind, 'only once');
      commands.push(command);
    }
    return commands;
  });
