/**
 * Along a path that is written by hand: the view in which nothing else can be drawn.
 *
 * A packet crosses one mix of every layer, in their order; so a path says for each layer which mix
 * it is, or that it is drawn.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { type NodeReading, readGivenNode } from './given-node.js';
import { parsePathSpec, type PathItem, type PathProblem, type PathSpecError } from './path-spec.js';
import { nodeNamed, nodeWithKey, type NetworkNode, type NetworkView } from './view.js';

/** A path written by hand, and where it leads to. */
export interface WrittenPath {
  readonly path: string;
  /** The exit's name. */
  readonly exit: string;
}

/**
 * The view in which every path from an entry to the exit, and back, is as it is written.
 *
 * A mix that the document does not list stands in whatever layer the other items leave it.
 *
 * @errors the first item that is none, or does not fit
 */
export const viewAlong = (
  view: NetworkView,
  { path, exit }: WrittenPath,
  reading: NodeReading,
): Result<NetworkView, PathSpecError> =>
  parsePathSpec(path)
    .andThen((items) => withoutExit(view, items, exit))
    .andThen((items) => chosenMixes(view, items, reading))
    .map((chosen) => ({
      ...view,
      layers: view.layers.map((nodes, layer) => chosen.get(layer) ?? nodes),
    }));

/** The items of mixes. */
const withoutExit = (
  view: NetworkView,
  items: readonly PathItem[],
  exit: string,
): Result<readonly PathItem[], PathSpecError> => {
  const last = items.at(-1);
  if (last?.kind !== 'named' || mixNamed(view, last.text) !== undefined) return ok(items);
  if (last.text === exit) return ok(items.slice(0, -1));
  return nodeNamed(view.exits, last.text) === undefined
    ? ok(items)
    : refuse(items, items.length - 1, { kind: 'other-exit', exit });
};

/** An item's mix, if it is not drawn; it stands in the layer `first`, or as many more as there may be. */
interface Stand {
  readonly first: number;
  /** How many layers the item can take up. */
  readonly most: number;
  readonly node: NetworkNode | undefined;
}

/** Every mix that is not drawn, by its layer. */
const chosenMixes = (
  view: NetworkView,
  items: readonly PathItem[],
  reading: NodeReading,
): Result<ReadonlyMap<number, readonly [NetworkNode]>, PathSpecError> => {
  const layers = view.layers.length;
  const stands: Stand[] = [];
  // Where the next item can stand, by how many layers those before it can take up.
  let [first, last] = [0, 0];
  for (const [index, item] of items.entries()) {
    const { least, most } = item.kind === 'drawn' ? item : { least: 1, most: 1 };
    const mix = mixOf(view, item, reading);
    if (mix.isErr()) return refuse(items, index, mix.error);
    if (first + least > layers) return refuse(items, index, { kind: 'too-many', layers });
    const { node, layer } = mix.value;
    if (layer !== undefined) {
      const place = { layer, first, last: Math.min(last, layers - 1) };
      if (layer < first || layer > last)
        return refuse(items, index, { kind: 'other-layer', ...place });
      [first, last] = [layer, layer];
    }
    stands.push({ first, most, node });
    [first, last] = [first + least, last + most];
  }
  if (last >= layers) return ok(settled(stands, layers));
  return refuse(items, items.length - 1, { kind: 'too-few', left: layers - last });
};

/** From the last layer to the first, each item takes up as many as the rest leaves it. */
const settled = (
  stands: readonly Stand[],
  layers: number,
): ReadonlyMap<number, readonly [NetworkNode]> => {
  const chosen = new Map<number, readonly [NetworkNode]>();
  let next = layers;
  for (const { first, most, node } of stands.toReversed()) {
    next = Math.max(first, next - most);
    if (node !== undefined) chosen.set(next, [node]);
  }
  return chosen;
};

/** The mix of an item, unless it is drawn; and where the document has it, if it does. */
interface Mix {
  readonly node?: NetworkNode;
  readonly layer?: number;
}

const mixOf = (
  view: NetworkView,
  item: PathItem,
  reading: NodeReading,
): Result<Mix, PathProblem> => {
  if (item.kind === 'drawn') return ok({});
  if (item.kind === 'given') return givenMix(view, item.raw, reading);
  const named = mixNamed(view, item.text);
  if (named !== undefined) return ok(named);
  const atTheEdge = nodeNamed([...view.entries, ...view.exits], item.text);
  return err({ kind: atTheEdge === undefined ? 'unknown-node' : 'edge-inside' });
};

const givenMix = (
  view: NetworkView,
  raw: Uint8Array,
  reading: NodeReading,
): Result<Mix, PathProblem> =>
  readGivenNode(reading, raw)
    .mapErr((why): PathProblem => ({ kind: 'given-node', why }))
    .andThen((node) => {
      const listed = findMix(view, (nodes) => nodeWithKey(nodes, node.identityKey));
      if (listed !== undefined) return ok(listed);
      return node.mixKeys.has(view.epoch)
        ? ok({ node })
        : err<Mix, PathProblem>({ kind: 'given-node', why: 'no-key' });
    });

const mixNamed = (view: NetworkView, name: string): Required<Mix> | undefined =>
  findMix(view, (nodes) => nodeNamed(nodes, name));

const findMix = (
  { layers }: NetworkView,
  find: (nodes: readonly NetworkNode[]) => NetworkNode | undefined,
): Required<Mix> | undefined => {
  for (const [layer, nodes] of layers.entries()) {
    const node = find(nodes);
    if (node !== undefined) return { node, layer };
  }
  return undefined;
};

const refuse = (
  items: readonly PathItem[],
  index: number,
  problem: PathProblem,
): Result<never, PathSpecError> =>
  err({ position: Math.max(0, index) + 1, item: items[index]?.text ?? '', problem });
