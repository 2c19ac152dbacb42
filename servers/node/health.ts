/**
 * Health: how loops fared, counted for each node that they crossed.
 *
 * One lost loop accuses every node on its path; over many of them the one that loses packets stands
 * out. Names are those of the documents, which everybody has.
 * @module
 */

/** Since the node started. */
export interface NodeHealth {
  /** The node's name in the documents. */
  readonly node: string;
  /** Loops whose path crosses it. */
  readonly sent: number;
  readonly returned: number;
  /** Not back in time; the rest is under way. */
  readonly lost: number;
}

type Counts = { -readonly [Name in keyof Omit<NodeHealth, 'node'>]: number };

export class PathHealth {
  readonly #nodes = new Map<string, Counts>();

  /** Counts a loop for all nodes on its path. */
  note(event: keyof Counts, path: readonly string[]): void {
    for (const node of path) {
      const counts = this.#nodes.get(node) ?? { sent: 0, returned: 0, lost: 0 };
      counts[event]++;
      this.#nodes.set(node, counts);
    }
  }

  /** Forgets the nodes that are no more, so that it cannot grow for ever. */
  keepOnly(nodes: ReadonlySet<string>): void {
    for (const node of this.#nodes.keys()) if (!nodes.has(node)) this.#nodes.delete(node);
  }

  /** By name. */
  snapshot(): readonly NodeHealth[] {
    return [...this.#nodes]
      .map(([node, counts]) => ({ node, ...counts }))
      .sort((a, b) => (a.node < b.node ? -1 : 1));
  }
}
