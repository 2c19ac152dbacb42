/**
 * Header creation: a path becomes nested routing info that every hop opens by one layer.
 *
 * Source: sphinx.rst §3 and core sphinx.go; where they disagree, the code is followed.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { concat } from '../bytes/writer.js';
import type { Scalar } from '../crypto/primitives.js';
import type { Random } from '../io/contracts.js';
import { encodeSlot, type RoutingCommand } from './commands.js';
import { AD, deriveHopKeys, headerMac, type HopKeys, type SphinxSuite } from './suite.js';

/** One node's step: `commands` come without the next-node command, which is added here. */
export interface PathHop {
  readonly nodeId: Uint8Array;
  /** The node's X25519 mix key of the epoch in which the packet arrives there. */
  readonly mixKey: Uint8Array;
  readonly commands: readonly RoutingCommand[];
}

/** A node published a mix key that gives away every secret shared with it. */
export interface LowOrderKey {
  readonly kind: 'low-order-key';
  /** Index of the hop in the path. */
  readonly hop: number;
}

export interface Header {
  readonly bytes: Uint8Array;
  /** Keys of every hop, first hop first. */
  readonly hops: readonly HopKeys[];
}

interface BlindedHop {
  readonly keys: HopKeys;
  readonly groupElement: Uint8Array;
}

const xor = (target: Uint8Array, with_: Uint8Array): Uint8Array => {
  for (let i = 0; i < with_.length; i++) target[i] = (target[i] ?? 0) ^ (with_[i] ?? 0);
  return target;
};

/** Every hop's shared secret, seen through the blinding of all hops in front of it. */
const blindedHops = (
  suite: SphinxSuite,
  path: readonly PathHop[],
  secret: Scalar,
): Result<readonly BlindedHop[], LowOrderKey> => {
  const { x25519 } = suite.primitives;
  const blindings: Scalar[] = [];
  const hops: BlindedHop[] = [];
  let groupElement: Uint8Array | undefined = x25519.publicKey(secret);
  for (const [hop, { mixKey }] of path.entries()) {
    const shared = blindings.reduce<Uint8Array | undefined>(
      (element, blinding) => element && x25519.multiply(blinding, x25519.point(element)),
      x25519.multiply(secret, x25519.point(mixKey)),
    );
    if (!shared || !groupElement) return err({ kind: 'low-order-key', hop });
    const keys = deriveHopKeys(suite, shared);
    hops.push({ keys, groupElement });
    const blinding = x25519.scalar(keys.blinding);
    blindings.push(blinding);
    groupElement = x25519.multiply(blinding, x25519.point(groupElement));
  }
  return ok(hops);
};

interface Layer {
  /** Hides the routing info that reaches this hop. */
  readonly keyStream: Uint8Array;
  /** What the hops in front of and including this one regenerate behind the routing info. */
  readonly padding: Uint8Array;
}

const layersOf = ({ geometry, primitives }: SphinxSuite, hops: readonly BlindedHop[]): Layer[] => {
  const streamLength = geometry.routingInfoLength + geometry.perHopLength;
  const zeros = new Uint8Array(streamLength);
  let before: Uint8Array = new Uint8Array(0);
  return hops.map(({ keys }, i) => {
    const stream = primitives.aesCtr(keys.streamKey, keys.iv, zeros);
    const cut = streamLength - (i + 1) * geometry.perHopLength;
    const padding = xor(stream.slice(cut), before);
    before = padding;
    return { keyStream: stream.subarray(0, cut), padding };
  });
};

/** Wraps the routing info around itself from the last hop to the first. */
const nest = (
  suite: SphinxSuite,
  {
    path,
    hops,
    filler,
  }: {
    readonly path: readonly PathHop[];
    readonly hops: readonly BlindedHop[];
    readonly filler: Uint8Array;
  },
): Uint8Array => {
  const layers = layersOf(suite, hops);
  let routing = filler;
  let mac: Uint8Array | undefined;
  for (let i = path.length - 1; i >= 0; i--) {
    const [hop, blinded, layer] = [path[i], hops[i], layers[i]];
    if (!hop || !blinded || !layer) throw new RangeError('a hop without keys');
    const next = path[i + 1];
    const commands =
      next && mac
        ? [...hop.commands, { kind: 'next-node', nodeId: next.nodeId, mac } as const]
        : hop.commands;
    routing = xor(concat(encodeSlot(suite.geometry, commands), routing), layer.keyStream);
    const regenerated = layers[i - 1]?.padding ?? new Uint8Array(0);
    const { keys, groupElement } = blinded;
    mac = headerMac(suite, keys.macKey, AD, groupElement, routing, regenerated);
  }
  return concat(AD, hops[0]?.groupElement ?? AD, routing, mac ?? AD);
};

/**
 * Makes a header for `path` (1 to {@link SphinxGeometry.hops} hops; else it throws).
 *
 * Randomness is drawn in this order: 32 bytes of ephemeral secret, then the slots of absent hops,
 * which are random so that a path's length does not show.
 *
 * @errors `low-order-key`: a hop's mix key would make its secret known to everybody
 */
export const createHeader = (
  suite: SphinxSuite,
  path: readonly PathHop[],
  random: Random,
): Result<Header, LowOrderKey> => {
  const { geometry, primitives } = suite;
  const absent = geometry.hops - path.length;
  if (path.length === 0 || absent < 0) throw new RangeError(`a path of ${path.length} hops`);
  const secret = primitives.x25519.scalar(random(geometry.groupElementLength));
  return blindedHops(suite, path, secret).map((hops) => {
    const filler = absent > 0 ? random(absent * geometry.perHopLength) : new Uint8Array(0);
    return { bytes: nest(suite, { path, hops, filler }), hops: hops.map(({ keys }) => keys) };
  });
};
