/**
 * What an opened packet wants of this node, by the commands that it carries.
 *
 * Source: server packet.go of v0.0.17; the table is the reference's, combination by combination.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import type { RoutingCommand } from '../../src/sphinx/commands.js';
import type { Unwrapped } from '../../src/sphinx/unwrap.js';
import type { DropReason } from './drops.js';
import type { Hop, NodeRole, PacketSource, TerminalHop } from './role.js';

/** When a packet came, and how long it waited to be opened; ms on the monotonic clock. */
export interface Arrival {
  readonly arrivedMs: number;
  readonly dwellMs: number;
}

interface CommandSet {
  readonly delayMs: number | undefined;
  readonly recipient: Uint8Array | undefined;
  readonly surbId: Uint8Array | undefined;
}

/**
 * Sorts an opened packet into one of the four classes.
 *
 * @errors `bad-command-set`: a command twice, or a set that is no class
 */
export const classify = (opened: Unwrapped, arrival: Arrival): Result<Hop, DropReason> => {
  const set = commandSet(opened.commands);
  if (!set) return err('bad-command-set');
  if (opened.kind === 'terminal') return classifyTerminal(set, opened.payload, arrival.arrivedMs);
  const { delayMs, recipient, surbId } = set;
  if (delayMs === undefined || recipient || surbId) return err('bad-command-set');
  const { nextNodeId, packet } = opened;
  return ok({ kind: 'forward', nextNodeId, packet, delayMs, ...arrival });
};

const classifyTerminal = (
  { delayMs, recipient, surbId }: CommandSet,
  payload: Uint8Array,
  arrivedMs: number,
): Result<TerminalHop, DropReason> => {
  if (!recipient) return err('bad-command-set');
  const common = { recipient, payload, arrivedMs };
  if (surbId) {
    return delayMs === undefined
      ? ok({ kind: 'surb-reply', surbId, ...common })
      : err('bad-command-set');
  }
  return delayMs === undefined
    ? ok({ kind: 'deliver-unreliable', ...common })
    : ok({ kind: 'deliver', replyDelayMs: delayMs, ...common });
};

/** The commands by kind; `undefined` when one is there twice. */
const commandSet = (commands: readonly RoutingCommand[]): CommandSet | undefined => {
  if (new Set(commands.map(({ kind }) => kind)).size !== commands.length) return undefined;
  const delay = commands.find((command) => command.kind === 'node-delay');
  const recipient = commands.find((command) => command.kind === 'recipient');
  const surb = commands.find((command) => command.kind === 'surb-reply');
  return { delayMs: delay?.delayMs, recipient: recipient?.recipient, surbId: surb?.surbId };
};

/**
 * Why a role does not take a hop; `undefined` when it does.
 *
 * A provider's clients must send through the mixes and never to it, nodes only what ends at it. At
 * a mix only replies to its own decoys end.
 */
export const roleRefusal = (
  role: NodeRole['kind'],
  source: PacketSource,
  hop: Hop['kind'],
): DropReason | undefined => {
  if (role === 'mix') {
    return hop === 'forward' || hop === 'surb-reply' ? undefined : 'not-for-a-mix';
  }
  if (source === 'client') return hop === 'forward' ? undefined : 'must-forward';
  return hop === 'forward' ? 'must-terminate' : undefined;
};
