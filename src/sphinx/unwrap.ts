/**
 * Unwrap: what a node does with a packet.
 *
 * Source: sphinx.rst §4.2, core sphinx.go. Replay tags are the caller's to remember.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { equal, isZero } from '../bytes/compare.js';
import { concat } from '../bytes/writer.js';
import type { Point, Scalar } from '../crypto/primitives.js';
import { decodeSlot, type RoutingCommand } from './commands.js';
import type { SphinxGeometry } from './geometry.js';
import { AD, deriveHopKeys, type HopKeys, type SphinxSuite } from './suite.js';

/** Why a packet was refused; another epoch's key may still fit after any of them. */
export type UnwrapError =
  | { readonly kind: 'too-short' }
  | { readonly kind: 'bad-version' }
  | { readonly kind: 'low-order-element' }
  | { readonly kind: 'bad-mac' }
  | { readonly kind: 'bad-commands' }
  | { readonly kind: 'bad-payload-tag' };

interface Opened {
  /** Fingerprint of the packet under this key, 32 bytes. */
  readonly replayTag: Uint8Array;
  /** Without the next-node command. */
  readonly commands: readonly RoutingCommand[];
}

export type Unwrapped =
  | (Opened & {
      readonly kind: 'forward';
      readonly nextNodeId: Uint8Array;
      readonly packet: Uint8Array;
    })
  | (Opened & {
      /** The payload without its tag; for a SURB reply with it, still encrypted. */
      readonly kind: 'terminal';
      readonly payload: Uint8Array;
    });

interface Parts {
  readonly groupElement: Uint8Array;
  readonly routingInfo: Uint8Array;
  readonly mac: Uint8Array;
  /** Everything that the MAC covers. */
  readonly covered: Uint8Array;
  readonly payload: Uint8Array;
}

const split = (geometry: SphinxGeometry, packet: Uint8Array): Result<Parts, UnwrapError> => {
  if (packet.length < geometry.headerLength) return err({ kind: 'too-short' });
  let offset = 0;
  const take = (length: number): Uint8Array => packet.subarray(offset, (offset += length));
  if (!equal(take(geometry.adLength), AD)) return err({ kind: 'bad-version' });
  const groupElement = take(geometry.groupElementLength);
  const routingInfo = take(geometry.routingInfoLength);
  const covered = packet.subarray(0, offset);
  const mac = take(geometry.macLength);
  return ok({ groupElement, routingInfo, covered, mac, payload: packet.subarray(offset) });
};

interface Routing {
  readonly commands: readonly RoutingCommand[];
  /** The routing info for the next hop. */
  readonly rest: Uint8Array;
}

const openRouting = (
  { geometry, primitives }: SphinxSuite,
  keys: HopKeys,
  routingInfo: Uint8Array,
): Result<Routing, UnwrapError> => {
  const extended = concat(routingInfo, new Uint8Array(geometry.perHopLength));
  const plain = primitives.aesCtr(keys.streamKey, keys.iv, extended);
  return decodeSlot(geometry, plain.subarray(0, geometry.perHopLength))
    .map((commands) => ({ commands, rest: plain.subarray(geometry.perHopLength) }))
    .mapErr(() => ({ kind: 'bad-commands' }));
};

const terminal = (
  geometry: SphinxGeometry,
  opened: Opened,
  body: Uint8Array,
): Result<Unwrapped, UnwrapError> => {
  if (opened.commands.some(({ kind }) => kind === 'surb-reply')) {
    return ok({ kind: 'terminal', ...opened, payload: body });
  }
  const tag = body.subarray(0, geometry.payloadTagLength);
  return tag.length === geometry.payloadTagLength && isZero(tag)
    ? ok({ kind: 'terminal', ...opened, payload: body.subarray(geometry.payloadTagLength) })
    : err({ kind: 'bad-payload-tag' });
};

/** A packet's memory whose payload is `payload`, and the payload in it as a view. */
const packetAround = (
  { headerLength }: SphinxGeometry,
  payload: Uint8Array,
): { readonly packet: Uint8Array; readonly body: Uint8Array } => {
  const packet = new Uint8Array(headerLength + payload.length);
  packet.set(payload, headerLength);
  return { packet, body: packet.subarray(headerLength) };
};

/** Everything behind the MAC check; `element` is the group element as it was loaded before. */
const openPacket = (
  suite: SphinxSuite,
  parts: Parts,
  { keys, element }: { readonly keys: HopKeys; readonly element: Point },
): Result<Unwrapped, UnwrapError> =>
  openRouting(suite, keys, parts.routingInfo).andThen(
    ({ commands: all, rest }): Result<Unwrapped, UnwrapError> => {
      const { geometry, primitives } = suite;
      // The one copy of a payload on its way through a node: it is decrypted where it stays.
      const { packet, body } = packetAround(geometry, parts.payload);
      if (body.length > 0) primitives.wideBlock.decryptInPlace(keys.key, keys.iv, body);
      const next = all.find((command) => command.kind === 'next-node');
      const opened = {
        replayTag: primitives.hash.sha512_256(parts.groupElement),
        commands: all.filter((command) => command.kind !== 'next-node'),
      };
      if (!next) return terminal(geometry, opened, body);
      const { x25519 } = primitives;
      const blinded = x25519.multiply(x25519.scalar(keys.blinding), element);
      if (!blinded) return err({ kind: 'low-order-element' });
      packet.set(concat(AD, blinded, rest, next.mac));
      return ok({ kind: 'forward', ...opened, nextNodeId: next.nodeId, packet });
    },
  );

/**
 * Opens one layer of `packet` with a node's mix key. The packet is not touched, so that another
 * epoch's key can be tried on it.
 *
 * @returns what to do next; fields may be views into fresh memory, never into `packet`
 * @errors see {@link UnwrapError}; forged packets cost no payload decryption
 */
export const unwrap = (
  suite: SphinxSuite,
  packet: Uint8Array,
  mixKey: Scalar,
): Result<Unwrapped, UnwrapError> =>
  split(suite.geometry, packet).andThen((parts): Result<Unwrapped, UnwrapError> => {
    const { x25519, hmacSha256 } = suite.primitives;
    const element = x25519.point(parts.groupElement);
    const shared = x25519.multiply(mixKey, element);
    if (!shared) return err({ kind: 'low-order-element' });
    const keys = deriveHopKeys(suite, shared);
    const mac = hmacSha256(keys.macKey, parts.covered).subarray(0, suite.geometry.macLength);
    return equal(mac, parts.mac)
      ? openPacket(suite, parts, { keys, element })
      : err({ kind: 'bad-mac' });
  });
