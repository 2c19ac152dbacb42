/**
 * Which nodes let our loops through: an account's own view of the network.
 *
 * A lost loop accuses every node on its path. A node is silent when none of the loops through it has
 * come back, although those around it did so often that this would hardly happen to a living one: so
 * neither a broken link of ours nor a lossy network makes one silent, nor a dead neighbour. Silent
 * mixes are avoided by whatever we send, mail and decoys alike, and tried again later.
 *
 * See docs/security.md, "Silent mixes", for what that costs.
 * @module
 */
import { toHex } from '../../bytes/text.js';
import type { Clock } from '../../io/contracts.js';
import type { NetworkNode, NetworkView } from '../../pki/view.js';
import type { NodeHealth } from '../types.js';

export interface LoopWatchDeps {
  readonly clock: Clock;
  /** Of an epoch. */
  readonly periodMs: number;
}

interface Loop {
  /** Names of the mixes and the provider that it crosses, each once. */
  readonly nodes: ReadonlySet<string>;
  fate: 'under-way' | 'returned' | 'lost';
  /** A silent node is on its path: it says nothing about the others. */
  isExplained: boolean;
}

/** The last loops that are remembered. */
const MOST_LOOPS = 512;
/** How unlikely the losses of a silent node must be for a living one. */
const DOUBT = 1e-6;
/** A silent node is tried again after so many epochs. */
const REST_EPOCHS = 2;
/** At least this part of a layer is used, whoever is silent: fewer mixes are less anonymity. */
const LEAST_USED = 1 / 2;

export class LoopWatch {
  readonly #deps: LoopWatchDeps;
  /** In the order of sending. */
  #loops: Loop[] = [];
  readonly #underWay = new Map<string, Loop>();
  /** Names of silent nodes, those found first being first; with the end of their rest, monotonic ms. */
  readonly #silent = new Map<string, number>();

  constructor(deps: LoopWatchDeps) {
    this.#deps = deps;
  }

  /** A loop is about to leave. */
  sent(surbId: Uint8Array, nodes: readonly string[]): void {
    const loop: Loop = { nodes: new Set(nodes), fate: 'under-way', isExplained: false };
    this.#underWay.set(toHex(surbId), loop);
    this.#loops = [...this.#loops.slice(1 - MOST_LOOPS), loop];
  }

  /** It has not left after all. */
  withdrawn(surbId: Uint8Array): void {
    const loop = this.#take(surbId);
    this.#loops = this.#loops.filter((each) => each !== loop);
  }

  returned(surbId: Uint8Array): void {
    const loop = this.#take(surbId);
    if (loop !== undefined) loop.fate = 'returned';
  }

  /** It is no more expected. */
  lost(surbId: Uint8Array): void {
    const loop = this.#take(surbId);
    if (loop === undefined) return;
    loop.fate = 'lost';
    const accused = this.#accused();
    loop.isExplained = [...loop.nodes].some((name) => accused.has(name));
    if (loop.isExplained) return;
    const dead = [...loop.nodes].filter((name) => this.#isDead(name));
    for (const name of dead) this.#accuse(name);
  }

  /** The view without the mixes that are avoided. */
  avoiding(view: NetworkView): NetworkView {
    if (this.#accused().size === 0) return view;
    return { ...view, layers: view.layers.map((nodes) => this.#used(nodes)) };
  }

  /** What is known of each node of the view. */
  nodes(view: NetworkView): readonly NodeHealth[] {
    return [
      ...view.layers.flatMap((nodes, layer) => {
        const used = this.#used(nodes);
        return nodes.map((node) => this.#healthOf(node, { layer, avoided: !used.includes(node) }));
      }),
      ...view.exits.map((node) => this.#healthOf(node, { layer: 'provider', avoided: false })),
    ];
  }

  #take(surbId: Uint8Array): Loop | undefined {
    const key = toHex(surbId);
    const loop = this.#underWay.get(key);
    this.#underWay.delete(key);
    return loop;
  }

  /** By what was sent since the last loop that a node let through. */
  #isDead(name: string): boolean {
    const last = this.#loops.findLastIndex(
      ({ nodes, fate }) => fate === 'returned' && nodes.has(name),
    );
    const since = this.#loops
      .slice(last + 1)
      .filter(({ fate, isExplained }) => fate !== 'under-way' && !isExplained);
    return chanceOf(name, since) < DOUBT;
  }

  /** Its losses accuse nobody else, and will not accuse it again. */
  #accuse(name: string): void {
    const { clock, periodMs } = this.#deps;
    this.#silent.set(name, clock.monotonic() + REST_EPOCHS * periodMs);
    for (const loop of this.#loops) loop.isExplained ||= loop.nodes.has(name);
  }

  /** Those whose rest is not over. */
  #accused(): ReadonlySet<string> {
    const nowMs = this.#deps.clock.monotonic();
    for (const [name, untilMs] of this.#silent) if (untilMs <= nowMs) this.#silent.delete(name);
    return new Set(this.#silent.keys());
  }

  #used(nodes: readonly NetworkNode[]): readonly NetworkNode[] {
    const most = Math.floor(nodes.length * (1 - LEAST_USED));
    const accused = [...this.#accused()].filter((name) => nodes.some((node) => node.name === name));
    const avoided = new Set(accused.slice(0, most));
    return nodes.filter(({ name }) => !avoided.has(name));
  }

  #healthOf(
    { name }: NetworkNode,
    { layer, avoided }: Pick<NodeHealth, 'layer' | 'avoided'>,
  ): NodeHealth {
    const through = this.#loops.filter(({ nodes }) => nodes.has(name));
    const count = (fate: Loop['fate']): number =>
      through.filter((loop) => loop.fate === fate).length;
    const [returned, lost] = [count('returned'), count('lost')];
    const isSilent = this.#accused().has(name);
    const state = isSilent ? 'silent' : returned > 0 ? 'well' : 'unknown';
    return { name, layer, state, avoided, returned, lost };
  }
}

/**
 * How likely a living node loses all that crosses it while others let loops through.
 *
 * Each loss between two that came back round it counts once, so that a link of ours that was down
 * for long counts as one; each had the chance of those that went round it.
 */
const chanceOf = (name: string, loops: readonly Loop[]): number => {
  let [around, returned, losses] = [0, 0, 0];
  let hasLost = false;
  for (const { nodes, fate } of loops) {
    if (nodes.has(name)) {
      hasLost = true;
      continue;
    }
    around += 1;
    if (fate !== 'returned') continue;
    returned += 1;
    if (hasLost) losses += 1;
    hasLost = false;
  }
  return (1 - returned / (around + 1)) ** losses;
};
