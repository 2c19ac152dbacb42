/**
 * Composing: one body becomes one packet, with a reply block where an answer is wanted.
 *
 * Source: minclient's composition of a packet and its SURB, core sphinx path.
 * @module
 */
import { err, ok, safeTry, type Result } from 'neverthrow';
import { toHex } from '../../bytes/text.js';
import type { Clock, Random } from '../../io/contracts.js';
import type { EpochTime } from '../../pki/epoch.js';
import { choosePair, type PathError } from '../../pki/path.js';
import type { NetworkNode, NetworkView } from '../../pki/view.js';
import type { LowOrderKey, PathHop } from '../../sphinx/header.js';
import { createPacket } from '../../sphinx/packet.js';
import { encodePlaintext, type Plaintext } from '../../sphinx/plaintext.js';
import type { SphinxSuite } from '../../sphinx/suite.js';
import { createSurb, type CreatedSurb } from '../../sphinx/surb.js';

export interface ComposeDeps {
  readonly suite: SphinxSuite;
  readonly epochTime: EpochTime;
  readonly clock: Clock;
  readonly random: Random;
  /** Our own user name as it is on the wire. */
  readonly user: Uint8Array;
}

export interface Parcel {
  /** Our own provider. */
  readonly source: NetworkNode;
  readonly destination: NetworkNode;
  /** User or endpoint of a service. */
  readonly recipient: Uint8Array;
  /** At most `geometry.userPayloadLength` bytes. */
  readonly body: Uint8Array;
}

/** What stays of a reply block that went along. */
export interface ReplyBlock {
  readonly id: Uint8Array;
  readonly keys: Uint8Array;
}

export interface Composed {
  readonly packet: Uint8Array;
  /** Sum of all delays, of the way back too. */
  readonly rttMs: number;
}

/** A packet whose answer is expected. */
export interface ComposedWithReply extends Composed {
  readonly reply: ReplyBlock;
  /** Names of the mixes on the way there and back. */
  readonly mixes: readonly string[];
}

export type ComposeError = PathError | LowOrderKey;

/** A packet whose destination can answer. */
export const composeWithReply = (
  deps: ComposeDeps,
  view: NetworkView,
  parcel: Parcel,
): Result<ComposedWithReply, ComposeError> =>
  safeTry(function* () {
    const { suite, random } = deps;
    const id = random(suite.geometry.surbIdLength);
    const pair = yield* choosePair(
      { ...pathDeps(deps, view), clock: deps.clock },
      { ...ends(parcel), reply: { recipient: deps.user, surbId: id } },
    );
    const made = yield* surbFor(deps, pair.reply);
    const plaintext: Plaintext = { kind: 'with-surb', surb: made.surb, body: parcel.body };
    const packet = yield* seal(deps, pair.forward, plaintext);
    const mixes = mixesOn(view, [...pair.forward, ...(pair.reply ?? [])]);
    return ok({ packet, rttMs: pair.roundTripMs, reply: { id, keys: made.keys }, mixes });
  });

/** A packet that nobody answers. */
export const composeWithoutReply = (
  deps: ComposeDeps,
  view: NetworkView,
  parcel: Parcel,
): Result<Composed, ComposeError> =>
  choosePair({ ...pathDeps(deps, view), clock: deps.clock }, ends(parcel)).andThen((pair) =>
    seal(deps, pair.forward, { kind: 'plain', body: parcel.body }).map((packet) => ({
      packet,
      rttMs: pair.roundTripMs,
    })),
  );

const mixesOn = ({ layers }: NetworkView, hops: readonly PathHop[]): readonly string[] => {
  const ids = new Set(hops.map(({ nodeId }) => toHex(nodeId)));
  return layers.flat().flatMap(({ nodeId, name }) => (ids.has(toHex(nodeId)) ? name : []));
};

const pathDeps = ({ suite, epochTime, random }: ComposeDeps, view: NetworkView) => ({
  view,
  epochTime,
  random,
  geometry: suite.geometry,
});

const ends = ({ source, destination, recipient }: Parcel) => ({ source, destination, recipient });

const surbFor = (
  { suite, random }: ComposeDeps,
  path: readonly PathHop[] | undefined,
): Result<CreatedSurb, ComposeError> =>
  path === undefined ? err({ kind: 'too-slow' }) : createSurb(suite, { path, random });

const seal = (
  { suite, random }: ComposeDeps,
  path: readonly PathHop[],
  plaintext: Plaintext,
): Result<Uint8Array, ComposeError> =>
  createPacket(suite, { path, payload: encodePlaintext(suite.geometry, plaintext), random });
