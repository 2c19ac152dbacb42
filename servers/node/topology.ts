/**
 * Topology: which nodes may connect to us, and to which we connect.
 *
 * Neighbours follow from our own layer in each document: packets come from the layer before and go
 * to the next one; providers stand before the first layer and behind the last.
 * Source: server internal/pki of v0.0.17.
 * @module
 */
import { equal } from '../../src/bytes/compare.js';
import { epochAt, remainingMs, type Epoch, type EpochTime } from '../../src/pki/epoch.js';
import {
  nodeWithKey,
  placeOf,
  type NetworkNode,
  type NetworkView,
  type Place,
} from '../../src/pki/view.js';
import type { Peer } from '../../src/wire/contracts.js';

/** Who opened the connection. */
export type Direction = 'incoming' | 'outgoing';

/** What a node peer is allowed: nothing, a connection kept ready, or packets too. */
export type Verdict = 'refuse' | 'connect-only' | 'may-send';

export interface TopologyDeps {
  readonly epochTime: EpochTime;
  readonly view: (epoch: Epoch) => NetworkView | undefined;
  /** Our Ed25519 identity key. */
  readonly identityKey: Uint8Array;
  /** Neighbours on trial, which a document does not list; see `trials.ts`. */
  readonly onTrial: (view: NetworkView) => readonly NetworkNode[];
}

/** The part of an epoch at whose end connections for the next one are made ready. */
const EARLY_CONNECT_PART = 1 / 6;
/** How long before their epoch peers may send already. */
const EARLY_SEND_MS = 120_000;
/** Documents that count beside the current one, into the past. */
const PAST_EPOCHS = 2;

/** Whether a peer is a neighbour in this direction, by all documents that count now. */
export const judge = (
  deps: TopologyDeps,
  peer: Peer,
  { direction, nowMs }: { readonly direction: Direction; readonly nowMs: number },
): Verdict => {
  const now = epochAt(deps.epochTime, nowMs);
  let verdict: Verdict = 'refuse';
  let newest: NetworkNode | undefined;
  for (const view of relevantViews(deps, nowMs)) {
    const listed = nodeWithKey(neighbours(deps, view, direction), peer.ad);
    if (!listed) continue;
    newest ??= listed;
    if (!equal(peer.publicKey, listed.linkKey) && !equal(peer.publicKey, newest.linkKey)) continue;
    if (view.epoch <= now) {
      if (view.epoch === now || isCurrent(deps, view, { identityKey: peer.ad, nowMs })) {
        return 'may-send';
      }
      continue;
    }
    verdict = 'connect-only';
    const early = remainingMs(deps.epochTime, nowMs) < EARLY_SEND_MS;
    if (direction === 'incoming' && early) return 'may-send';
  }
  return verdict;
};

/** Every node that we connect to, as its newest descriptor says. */
export const destinations = (deps: TopologyDeps, nowMs: number): readonly NetworkNode[] => {
  const now = epochAt(deps.epochTime, nowMs);
  const found: NetworkNode[] = [];
  for (const view of relevantViews(deps, nowMs)) {
    for (const node of neighbours(deps, view, 'outgoing')) {
      const { identityKey } = node;
      const counts = view.epoch >= now || isCurrent(deps, view, { identityKey, nowMs });
      if (counts && !nodeWithKey(found, node.identityKey)) found.push(node);
    }
  }
  return found;
};

/** Documents that count now, newest first. */
const relevantViews = (
  { epochTime, view }: TopologyDeps,
  nowMs: number,
): readonly NetworkView[] => {
  const now = epochAt(epochTime, nowMs);
  const isEarly = remainingMs(epochTime, nowMs) < epochTime.periodMs * EARLY_CONNECT_PART;
  const views: NetworkView[] = [];
  for (let epoch = isEarly ? now + 1 : now; epoch >= now - PAST_EPOCHS; epoch--) {
    const found = view(epoch);
    if (found) views.push(found);
  }
  return views;
};

/**
 * Whether a node of an older document is still in the network. Without a current document nobody
 * can tell; it stays then until the older one expires, so that the network survives an authority's
 * pause.
 */
const isCurrent = (
  { view, epochTime }: TopologyDeps,
  { validUntilMs }: NetworkView,
  { identityKey, nowMs }: { readonly identityKey: Uint8Array; readonly nowMs: number },
): boolean => {
  const current = view(epochAt(epochTime, nowMs));
  return current === undefined
    ? nowMs <= validUntilMs
    : placeOf(current, identityKey) !== undefined;
};

const neighbours = (
  { identityKey, onTrial }: TopologyDeps,
  view: NetworkView,
  direction: Direction,
): readonly NetworkNode[] => {
  const place = placeOf(view, identityKey);
  if (place === undefined) return onTrial(view);
  const listed = direction === 'incoming' ? before(view, place) : after(view, place);
  return [...listed, ...onTrial(view)];
};

const before = (view: NetworkView, place: Place): readonly NetworkNode[] => {
  if (place === 'edge') return view.layers.at(-1) ?? [];
  return place === 0 ? view.entries : (view.layers[place - 1] ?? []);
};

const after = (view: NetworkView, place: Place): readonly NetworkNode[] => {
  if (place === 'edge') return view.layers[0] ?? [];
  return view.layers[place + 1] ?? view.exits;
};
