/**
 * Paths: which nodes a packet crosses, with which keys and for how long it rests at each.
 *
 * Source: core sphinx path selection and minclient v0.0.10. Every mix is drawn uniformly from its
 * layer and independently of all other draws.
 * @module
 */
import { err, ok, safeTry, type Result } from 'neverthrow';
import { pick } from '../crypto/sample.js';
import type { Clock, Random } from '../io/contracts.js';
import type { RoutingCommand } from '../sphinx/commands.js';
import type { SphinxGeometry } from '../sphinx/geometry.js';
import type { PathHop } from '../sphinx/header.js';
import { epochAt, remainingMs, type Epoch, type EpochTime } from './epoch.js';
import { placeOf, sampleDelay, type NetworkNode, type NetworkView, type Place } from './view.js';

export interface PathDeps {
  readonly view: NetworkView;
  readonly epochTime: EpochTime;
  readonly geometry: SphinxGeometry;
  readonly random: Random;
}

export interface ForwardRequest {
  readonly kind: 'forward';
  /** A client's entry, which is the first hop; or the mix that sends, which is none. */
  readonly source: NetworkNode;
  /** Set where a provider sends for itself and is therefore no hop. */
  readonly fromSource?: true;
  readonly destination: NetworkNode;
  /** User or service name, at most {@link SphinxGeometry.recipientLength} bytes. */
  readonly recipient: Uint8Array;
  /** The id of the attached SURB; then the last hop learns how long its reply rests there. */
  readonly surbId?: Uint8Array;
  /** Ms since the Unix epoch. */
  readonly startMs: number;
}

export interface ReplyRequest {
  readonly kind: 'reply';
  /** The exit that will send the reply; it is no hop. */
  readonly source: NetworkNode;
  /** Set where a client of `source` sends the reply, which is the first hop then. */
  readonly viaSource?: true;
  /** A client's entry, or the mix that made the SURB. */
  readonly destination: NetworkNode;
  readonly recipient: Uint8Array;
  readonly surbId: Uint8Array;
  readonly startMs: number;
}

export type PathRequest = ForwardRequest | ReplyRequest;

export interface ChosenPath {
  readonly path: readonly PathHop[];
  /** `startMs` plus all delays, the last hop's too. */
  readonly endMs: number;
}

export type PathError =
  /** Source or destination is not in the view, or not where such a path can begin or end. */
  | { readonly kind: 'misplaced-node'; readonly which: 'source' | 'destination' }
  | { readonly kind: 'empty-layer'; readonly layer: number }
  | { readonly kind: 'too-many-hops'; readonly hops: number }
  | { readonly kind: 'recipient-too-long'; readonly length: number }
  /** The document has no rate of delays. */
  | { readonly kind: 'no-delay-rate' }
  /** A node has no key for the epoch in which the packet would reach it. */
  | { readonly kind: 'no-mix-key'; readonly node: string; readonly epoch: Epoch }
  /** No pair of paths was quick enough. */
  | { readonly kind: 'too-slow' };

const MAX_ATTEMPTS = 3;
const MAX_PAIR_ATTEMPTS = 16;
/** A packet and its reply must be home before the keys of their epochs are gone. */
const MAX_PAIR_PERIODS = 2;
const SECOND_MS = 1000;

/**
 * Chooses nodes, keys and delays of one path.
 *
 * The key of each hop is that of the epoch in which the packet arrives there, counting delays but
 * no time on the wire; where a node has none, nodes and delays are drawn anew, twice at most.
 *
 * @errors any {@link PathError} but `too-slow`
 */
export const choosePath = (deps: PathDeps, request: PathRequest): Result<ChosenPath, PathError> => {
  const { recipientLength } = deps.geometry;
  const { length } = request.recipient;
  if (length > recipientLength) return err({ kind: 'recipient-too-long', length });
  for (let attempt = 1; ; attempt++) {
    const chosen = chooseNodes(deps, request).andThen((nodes) => walk(deps, request, nodes));
    if (chosen.isOk() || chosen.error.kind !== 'no-mix-key' || attempt === MAX_ATTEMPTS) {
      return chosen;
    }
  }
};

export interface PairRequest {
  /** The client's own entry. */
  readonly source: NetworkNode;
  readonly destination: NetworkNode;
  readonly recipient: Uint8Array;
  /** Our own user name and a fresh SURB id, where an answer is wanted. */
  readonly reply?: { readonly recipient: Uint8Array; readonly surbId: Uint8Array };
}

export interface PathPair {
  readonly forward: readonly PathHop[];
  /** The SURB's path, where an answer was wanted. */
  readonly reply: readonly PathHop[] | undefined;
  /** Sum of all delays there and back; time on the wire comes on top. */
  readonly roundTripMs: number;
}

/**
 * Chooses what a client's packet needs: the way there and, if wanted, the way back.
 *
 * Drawn again when the epoch ended meanwhile or the delays add up to two epochs; the reference
 * does so without end, here it is given up after 16 times.
 *
 * @errors any {@link PathError}
 */
export const choosePair = (
  deps: PathDeps & { readonly clock: Clock },
  request: PairRequest,
): Result<PathPair, PathError> => {
  const { clock, epochTime } = deps;
  for (let attempt = 1; attempt <= MAX_PAIR_ATTEMPTS; attempt++) {
    const startMs = Math.floor(clock.now() / SECOND_MS) * SECOND_MS;
    const budgetMs = remainingMs(epochTime, clock.now());
    const began = clock.monotonic();
    const pair = pairFrom(deps, request, startMs);
    if (pair.isErr()) return err(pair.error);
    const inTime = clock.monotonic() - began <= budgetMs;
    const isShort = pair.value.roundTripMs < MAX_PAIR_PERIODS * epochTime.periodMs;
    if (inTime && isShort) return ok(pair.value);
  }
  return err({ kind: 'too-slow' });
};

const pairFrom = (
  deps: PathDeps,
  { source, destination, recipient, reply }: PairRequest,
  startMs: number,
): Result<PathPair, PathError> =>
  safeTry(function* () {
    const surb = reply === undefined ? {} : { surbId: reply.surbId };
    const forward = yield* choosePath(deps, {
      kind: 'forward',
      source,
      destination,
      recipient,
      startMs,
      ...surb,
    });
    if (reply === undefined) {
      return ok({ forward: forward.path, reply: undefined, roundTripMs: forward.endMs - startMs });
    }
    const back = yield* choosePath(deps, {
      kind: 'reply',
      source: destination,
      destination: source,
      ...reply,
      startMs: forward.endMs,
    });
    return ok({ forward: forward.path, reply: back.path, roundTripMs: back.endMs - startMs });
  });

/** The nodes of a path in order, by where its two ends stand. */
const chooseNodes = (
  { view, geometry, random }: PathDeps,
  request: PathRequest,
): Result<readonly NetworkNode[], PathError> => {
  const { source, destination } = request;
  const from = placeOf(view, source.identityKey);
  const to = placeOf(view, destination.identityKey);
  const isForward = request.kind === 'forward';
  if (from === undefined || (!isForward && from !== 'edge')) return misplaced('source');
  if (to === undefined || (isForward && to !== 'edge')) return misplaced('destination');
  const isFirstHop = isForward
    ? from === 'edge' && request.fromSource !== true
    : request.viaSource === true;
  const crossed = view.layers
    .map((nodes, layer) => ({ layer, nodes }))
    .slice(...layersBetween(request.kind, from, to))
    .map(({ layer, nodes }) => ({ layer, node: pick(random, nodes) }));
  const nodes = [...(isFirstHop ? [source] : []), ...crossed.map(({ node }) => node), destination];
  if (nodes.length > geometry.hops) return err({ kind: 'too-many-hops', hops: nodes.length });
  return nodes.every((node) => node !== undefined)
    ? ok(nodes)
    : err({ kind: 'empty-layer', layer: crossed.find(({ node }) => !node)?.layer ?? 0 });
};

/** From behind the sender's layer to the last one, or from the first to before the receiver's. */
const layersBetween = (
  kind: PathRequest['kind'],
  from: Place,
  to: Place,
): [start: number, end: number | undefined] =>
  kind === 'forward'
    ? [from === 'edge' ? 0 : from + 1, undefined]
    : [0, to === 'edge' ? undefined : to];

const misplaced = (which: 'source' | 'destination'): Result<never, PathError> =>
  err({ kind: 'misplaced-node', which });

/** Gives each node its key and its commands, with a clock that runs by the delays. */
const walk = (
  { view, epochTime, geometry, random }: PathDeps,
  request: PathRequest,
  nodes: readonly NetworkNode[],
): Result<ChosenPath, PathError> => {
  const path: PathHop[] = [];
  let arrivalMs = request.startMs;
  for (const node of nodes) {
    const epoch = epochAt(epochTime, arrivalMs);
    const mixKey = node.mixKeys.get(epoch);
    if (mixKey === undefined) return err({ kind: 'no-mix-key', node: node.name, epoch });
    const isLast = path.length === nodes.length - 1;
    const commands: RoutingCommand[] = [];
    if (!isLast || (request.kind === 'forward' && request.surbId !== undefined)) {
      const delayMs = sampleDelay(random, view.rates.mu);
      if (delayMs === undefined) return err({ kind: 'no-delay-rate' });
      commands.push({ kind: 'node-delay', delayMs });
      arrivalMs += delayMs;
    }
    if (isLast) commands.push(...terminalCommands(request, geometry));
    path.push({ nodeId: node.nodeId, mixKey, commands });
  }
  return ok({ path, endMs: arrivalMs });
};

const terminalCommands = (
  request: PathRequest,
  geometry: SphinxGeometry,
): readonly RoutingCommand[] => {
  const recipient = new Uint8Array(geometry.recipientLength);
  recipient.set(request.recipient);
  return request.kind === 'forward'
    ? [{ kind: 'recipient', recipient }]
    : [
        { kind: 'recipient', recipient },
        { kind: 'surb-reply', surbId: request.surbId },
      ];
};
