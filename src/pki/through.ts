/**
 * Loops through chosen nodes: whom a loop can cross, and how to make it cross them.
 * @module
 */
import { nodeNamed, nodeWithKey, type NetworkNode, type NetworkView } from './view.js';

/** The service of a provider that sends loops back. */
export const LOOP_SERVICE = 'loop';

/**
 * The view in which every loop crosses these nodes: theirs is the only choice in its layer.
 *
 * @param ours - identity key of the mix that sends, where it is one; other mixes of its own layer are
 *   on no path of it
 * @returns `undefined` where a node is not there, or cannot be crossed
 */
export const viewThrough = (
  view: NetworkView,
  names: readonly string[],
  ours?: Uint8Array,
): NetworkView | undefined => {
  const named = (nodes: readonly NetworkNode[]): readonly NetworkNode[] =>
    names.flatMap((name) => nodeNamed(nodes, name) ?? []);
  const crossed = crossedBy(view, ours);
  if (names.length === 0 || crossed.flatMap(named).length !== names.length) return undefined;
  // Two of one layer cannot both be crossed.
  if (crossed.some((nodes) => named(nodes).length > 1)) return undefined;
  const narrowed = (nodes: readonly NetworkNode[]): readonly NetworkNode[] =>
    isOwnLayer(nodes, ours) || named(nodes).length === 0 ? nodes : named(nodes);
  return { ...view, layers: view.layers.map(narrowed), exits: narrowed(loopExits(view)) };
};

/** Names of all whom a loop can cross; `ours` as in {@link viewThrough}. */
export const nodesToCross = (view: NetworkView, ours?: Uint8Array): readonly string[] =>
  crossedBy(view, ours)
    .flat()
    .map(({ name }) => name);

/** The providers that send loops back. */
export const loopExits = ({ exits }: NetworkView): readonly NetworkNode[] =>
  exits.filter(({ services }) => services.has(LOOP_SERVICE));

const crossedBy = (
  view: NetworkView,
  ours: Uint8Array | undefined,
): readonly (readonly NetworkNode[])[] => [
  ...view.layers.filter((nodes) => !isOwnLayer(nodes, ours)),
  loopExits(view),
];

const isOwnLayer = (nodes: readonly NetworkNode[], ours: Uint8Array | undefined): boolean =>
  ours !== undefined && nodeWithKey(nodes, ours) !== undefined;
