/** What the Sphinx vector files hold, and how they become paths and commands. */
import type { Primitives } from '../../src/crypto/primitives.js';
import { decodeSlot, type RoutingCommand } from '../../src/sphinx/commands.js';
import { KATZENPOST_GEOMETRY, type SphinxGeometry } from '../../src/sphinx/geometry.js';
import type { PathHop } from '../../src/sphinx/header.js';
import { makeFastPrimitives } from '../../src/crypto/fast.js';
import { portablePrimitives } from '../../src/crypto/portable.js';

import { hex, sha256, toHex } from '../support/bytes.js';

export const bothPrimitives: readonly Primitives[] = [portablePrimitives, makeFastPrimitives()];

export interface VectorHop {
  readonly id: string;
  readonly private_key: string;
  readonly public_key: string;
  readonly commands: readonly { readonly bytes: string }[];
}

/** A whole byte string, or the digest that stands for it. */
export type Expected = string | { readonly sha256: string };

export interface VectorUnwrap {
  readonly replay_tag: string;
  readonly commands: readonly { readonly bytes: string; readonly type: string }[];
  readonly packet_after?: Expected;
  readonly payload?: Expected;
}

export const commandsOf = (
  geometry: SphinxGeometry,
  commands: readonly string[],
): readonly RoutingCommand[] => decodeSlot(geometry, hex(commands.join('')))._unsafeUnwrap();

export const pathOf = (
  hops: readonly VectorHop[],
  geometry: SphinxGeometry = KATZENPOST_GEOMETRY,
): readonly PathHop[] =>
  hops.map((hop) => ({
    nodeId: hex(hop.id),
    mixKey: hex(hop.public_key),
    commands: commandsOf(
      geometry,
      hop.commands.map(({ bytes }) => bytes),
    ),
  }));

/** Makes `actual` comparable with what a vector says of it. */
export const like = (expected: Expected | undefined, actual: Uint8Array): Expected =>
  typeof expected === 'string' ? toHex(actual) : { sha256: sha256(actual) };
