/**
 * Dispatch: hands packets to the connection of their next node.
 *
 * The table has one connection for each node that the documents put behind us, planned or up.
 * @module
 */
import { nodeWithKey, type NetworkNode } from '../../src/pki/view.js';
import { nodeKey } from './backlog.js';
import { OutgoingLink, type ConnectDeps } from './connect.js';
import type { FaultStage } from './fault-stage.js';
import { destinations, judge, type TopologyDeps } from './topology.js';

export type DispatchDeps = Omit<ConnectDeps, 'judge' | 'destination'> & {
  readonly topology: TopologyDeps;
  readonly faults: FaultStage | undefined;
};

interface Entry {
  readonly link: OutgoingLink;
  /** Ends when the connection is given up or the node closes. */
  readonly done: Promise<void>;
}

export class Dispatcher {
  readonly #deps: DispatchDeps;
  readonly #table = new Map<string, Entry>();
  /** Packets kept back by the fault stage. */
  #keptBack = 0;

  constructor(deps: DispatchDeps) {
    this.#deps = deps;
  }

  /** Packets that are leaving, or wait for a node that cannot be reached. */
  get pending(): number {
    let pending = this.#keptBack + this.#deps.backlog.size;
    for (const { link } of this.#table.values()) pending += link.pending;
    return pending;
  }

  /** Connections planned, and those of them that are up. */
  get connections(): { readonly planned: number; readonly up: number } {
    const links = [...this.#table.values()];
    return { planned: links.length, up: links.filter(({ link }) => link.isUp).length };
  }

  /** Whether a connection to the node exists or is planned. */
  has(nodeId: Uint8Array): boolean {
    return this.#table.has(nodeKey(nodeId));
  }

  /** Connects to the nodes that are new in the documents, and checks the connections there are. */
  sweep(): void {
    if (this.#deps.signal.aborted) return;
    this.#deps.backlog.dropExpired();
    for (const node of this.#destinations()) {
      const key = nodeKey(node.nodeId);
      if (!this.#table.has(key)) this.#connect(key, node);
    }
    for (const { link } of this.#table.values()) link.recheck();
  }

  /** Sends a packet to its next node, through the fault stage if there is one. */
  dispatch(packet: Uint8Array, nextNodeId: Uint8Array): void {
    const { faults, drop } = this.#deps;
    if (!faults) {
      this.#send(packet, nextNodeId);
      return;
    }
    const survivors = faults(packet);
    if (survivors.length === 0) drop('fault-loss');
    for (const { packet: survivor, delayMs } of survivors) {
      if (delayMs > 0) void this.#keepBack(survivor, nextNodeId, delayMs);
      else this.#send(survivor, nextNodeId);
    }
  }

  /** Waits until every connection has ended, and what waits is on disk; the signal must be aborted. */
  async close(): Promise<void> {
    await Promise.all([...this.#table.values()].map(({ done }) => done));
    await this.#deps.backlog.close();
  }

  #send(packet: Uint8Array, nextNodeId: Uint8Array): void {
    const entry = this.#table.get(nodeKey(nextNodeId));
    if (entry) entry.link.send(packet);
    else this.#deps.drop('unknown-next-node');
  }

  async #keepBack(packet: Uint8Array, nextNodeId: Uint8Array, delayMs: number): Promise<void> {
    this.#keptBack++;
    await this.#deps.clock.sleep(delayMs, this.#deps.signal);
    this.#keptBack--;
    if (!this.#deps.signal.aborted) this.#send(packet, nextNodeId);
  }

  #connect(key: string, node: NetworkNode): void {
    const { topology, clock } = this.#deps;
    const link = new OutgoingLink(
      {
        ...this.#deps,
        judge: (peer) => judge(topology, peer, { direction: 'outgoing', nowMs: clock.now() }),
        destination: (identityKey) => nodeWithKey(this.#destinations(), identityKey),
      },
      node.identityKey,
    );
    this.#table.set(key, { link, done: this.#run(key, link) });
  }

  async #run(key: string, link: OutgoingLink): Promise<void> {
    await link.run();
    this.#table.delete(key);
    const { backlog, signal } = this.#deps;
    if (!signal.aborted) backlog.abandon(link.identityKey);
  }

  #destinations(): readonly NetworkNode[] {
    return destinations(this.#deps.topology, this.#deps.clock.now());
  }
}
