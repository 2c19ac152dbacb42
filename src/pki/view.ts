/**
 * The network view: a document as those see it who build packets and links.
 *
 * It says entries and exits, not providers, and names nodes as headers do, so that networks with
 * other documents and other roles look the same from here.
 * @module
 */
import { equal } from '../bytes/compare.js';
import type { Primitives } from '../crypto/primitives.js';
import { exponential } from '../crypto/sample.js';
import type { Random } from '../io/contracts.js';
import type { SphinxGeometry } from '../sphinx/geometry.js';
import type { Descriptor, ServiceParameters } from './descriptor.js';
import type { Document } from './document.js';
import type { Rate, Rates } from './document-codec.js';
import type { Epoch } from './epoch.js';

export interface NetworkNode {
  /** The node's name in headers, 32 bytes. */
  readonly nodeId: Uint8Array;
  readonly name: string;
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  /** X25519, 32 bytes. */
  readonly linkKey: Uint8Array;
  /** `host:port` lists by transport. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** X25519, 32 bytes, by the epoch of a packet's arrival at the node. */
  readonly mixKeys: ReadonlyMap<Epoch, Uint8Array>;
  /** By capability. */
  readonly services: ReadonlyMap<string, ServiceParameters>;
  readonly registrationAddresses: readonly string[] | undefined;
}

export interface NetworkView {
  readonly epoch: Epoch;
  /** Mixes by layer, first layer first; no layer is empty. */
  readonly layers: readonly (readonly NetworkNode[])[];
  /** Where clients hand packets in. */
  readonly entries: readonly NetworkNode[];
  /** Where packets end. */
  readonly exits: readonly NetworkNode[];
  readonly rates: Rates;
  /** Packets that a client may send; 0: no limit. */
  readonly sendRatePerMinute: number;
  /** When the document or the first descriptor in it expires, ms since the Unix epoch. */
  readonly validUntilMs: number;
}

/** Where a node stands: the index of its layer, or at the edge as entry and exit. */
export type Place = number | 'edge';

const MS_PER_SECOND = 1000;

/** What decides how headers name nodes. */
interface Naming {
  readonly geometry: SphinxGeometry;
  readonly primitives: Primitives;
}

/** What builders need of a verified document. */
export const viewOf = (document: Document, naming: Naming): NetworkView => {
  const nodesOf = (descriptors: readonly Descriptor[]): readonly NetworkNode[] =>
    descriptors.map((descriptor) => nodeOf(descriptor, naming));
  const providers = nodesOf(document.providers);
  return {
    epoch: document.epoch,
    layers: document.topology.map(nodesOf),
    entries: providers,
    exits: providers,
    rates: document.rates,
    sendRatePerMinute: document.sendRatePerMinute,
    validUntilMs: document.expiration * MS_PER_SECOND,
  };
};

/** What builders need of a verified descriptor. */
export const nodeOf = (descriptor: Descriptor, naming: Naming): NetworkNode => ({
  nodeId: nodeIdOf(descriptor.identityKey, naming),
  name: descriptor.name,
  identityKey: descriptor.identityKey,
  linkKey: descriptor.linkKey,
  addresses: descriptor.addresses,
  mixKeys: descriptor.mixKeys,
  services: descriptor.services,
  registrationAddresses: descriptor.registrationAddresses,
});

/** How headers name the node of an identity key, 32 bytes. */
export const nodeIdOf = (identityKey: Uint8Array, { geometry, primitives }: Naming): Uint8Array => {
  switch (geometry.nodeId) {
    case 'identity-key':
      return identityKey;
    case 'blake2b-256':
      return primitives.hash.blake2b(identityKey, geometry.nodeIdLength);
  }
};

/** The first node of a name, as the reference looks it up; names need not be unique. */
export const nodeNamed = (nodes: readonly NetworkNode[], name: string): NetworkNode | undefined =>
  nodes.find((node) => node.name === name);

/** The node of an Ed25519 identity key. */
export const nodeWithKey = (
  nodes: readonly NetworkNode[],
  identityKey: Uint8Array,
): NetworkNode | undefined => nodes.find((node) => equal(node.identityKey, identityKey));

/** Where the node of an identity key stands; `undefined` when it is not in the view. */
export const placeOf = (view: NetworkView, identityKey: Uint8Array): Place | undefined => {
  const layer = view.layers.findIndex((nodes) => nodeWithKey(nodes, identityKey) !== undefined);
  if (layer >= 0) return layer;
  const edge = nodeWithKey(view.entries, identityKey) ?? nodeWithKey(view.exits, identityKey);
  return edge === undefined ? undefined : 'edge';
};

/**
 * Ms until the next event of a process: floor of an exponential sample, at most `maxMs` if that
 * is not 0.
 *
 * @returns `undefined` for a process that never fires
 */
export const sampleInterval = (random: Random, rate: Rate): number | undefined => {
  if (!(rate.perMs > 0)) return undefined;
  return atMost(Math.floor(exponential(random, rate.perMs)), rate.maxMs);
};

/**
 * Ms that a packet waits at one hop: floor of an exponential sample, plus 1, at most `maxMs` if
 * that is not 0 and at most what a header can carry; never 0.
 *
 * @returns `undefined` where the rate is 0, since without delays nothing is mixed
 */
export const sampleDelay = (random: Random, rate: Rate): number | undefined => {
  if (!(rate.perMs > 0)) return undefined;
  const delayMs = Math.floor(exponential(random, rate.perMs)) + 1;
  return Math.min(atMost(delayMs, rate.maxMs), MAX_DELAY_MS);
};

const MAX_DELAY_MS = 2 ** 32 - 1;

const atMost = (ms: number, maxMs: number): number => (maxMs > 0 ? Math.min(ms, maxMs) : ms);
