/**
 * The backlog: what waits for nodes that cannot be reached, each destination for itself.
 *
 * The first packets of a destination wait in memory, the others on disk, as many as there is room
 * for. Whoever reaches the destination takes all that waits for it, in one connection. No packet
 * waits for longer than its next node has a key that opens it.
 *
 * Source: mixminiond(8), Pool Directories (`outgoing`), and its rule that retries belong to
 * destinations: a timer of its own would show which packets belong together.
 * @module
 */
import type { Clock, Log } from '../../src/io/contracts.js';
import type { EpochTime } from '../../src/pki/epoch.js';
import type { Drop } from './drops.js';
import { openableUntilMs } from './mix-keys.js';
import type { NodeTuning } from './options.js';
import type { QueuedPacket } from './queue-record.js';
import type { QueueEntry, QueueError, QueueStore } from './queue-store.js';

export interface BacklogDeps {
  readonly clock: Clock;
  readonly epochTime: EpochTime;
  readonly queue: QueueStore;
  readonly tuning: Pick<NodeTuning, 'sendQueue'>;
  readonly drop: Drop;
  readonly log: Log;
}

/** A packet that was taken to be sent. */
export interface Waiting {
  readonly packet: Uint8Array;
  readonly nextNodeId: Uint8Array;
  /** When no key opens it any more, wall time, ms. */
  readonly expiresMs: number;
  /** Where it lies on disk, if it does; it stays there until {@link Backlog.sent}. */
  readonly entry: QueueEntry | undefined;
}

interface Destination {
  inMemory: Waiting[];
  onDisk: QueueEntry[];
}

/** Packets that are written at once when the node closes. */
const PER_COMMIT = 64;

/** A node id as a map's key; called for each packet, so without a detour over hex. */
export const nodeKey = (nodeId: Uint8Array): string => String.fromCharCode(...nodeId);

export class Backlog {
  readonly #deps: BacklogDeps;
  readonly #destinations = new Map<string, Destination>();
  /** Packets on their way to the disk. */
  #writing = 0;

  constructor(deps: BacklogDeps) {
    this.#deps = deps;
    for (const entry of deps.queue.entries) {
      if (entry.stage === 'outgoing') this.#of(entry.nextNodeId).onDisk.push(entry);
    }
  }

  /** Packets that wait, for all destinations. */
  get size(): number {
    let size = this.#writing;
    for (const each of this.#destinations.values()) size += sizeOf(each);
    return size;
  }

  waitingFor(nodeId: Uint8Array): number {
    const found = this.#destinations.get(nodeKey(nodeId));
    return found ? sizeOf(found) : 0;
  }

  /** A packet that is due now, as one that waits. */
  waiting(packet: Uint8Array, nextNodeId: Uint8Array): Waiting {
    const { clock, epochTime } = this.#deps;
    const expiresMs = openableUntilMs(epochTime, clock.now());
    return { packet, nextNodeId, expiresMs, entry: undefined };
  }

  /** Lets a packet wait that is due now. */
  park(packet: Uint8Array, nextNodeId: Uint8Array): void {
    this.putBack(this.waiting(packet, nextNodeId));
  }

  /** Lets a packet wait on that could not be sent. */
  putBack(waiting: Waiting): void {
    const destination = this.#of(waiting.nextNodeId);
    if (waiting.entry) destination.onDisk.unshift(waiting.entry);
    else if (destination.inMemory.length < this.#deps.tuning.sendQueue) {
      destination.inMemory.push(waiting);
    } else void this.#write(waiting);
  }

  /** Takes up to `count` packets for a node, oldest first; each is then sent or put back. */
  async take(nodeId: Uint8Array, count: number): Promise<readonly Waiting[]> {
    const { inMemory, onDisk } = this.#of(nodeId);
    const taken = this.#alive(inMemory.splice(0, count));
    const entries = this.#alive(onDisk.splice(0, count - taken.length));
    for (const [index, entry] of entries.entries()) {
      const read = await this.#deps.queue.read(entry);
      if (read.isErr()) {
        this.#of(nodeId).onDisk.unshift(...entries.slice(index));
        break;
      }
      if (read.value) taken.push({ ...read.value, entry });
    }
    return taken;
  }

  /** Forgets packets that were sent. A crash before may send them again: the next node knows them. */
  async sent(packets: readonly Waiting[]): Promise<void> {
    await this.#remove(packets.flatMap(({ entry }) => entry ?? []));
  }

  /** Drops what waits for a node that no document names any more. */
  abandon(nodeId: Uint8Array): void {
    const key = nodeKey(nodeId);
    const destination = this.#destinations.get(key);
    this.#destinations.delete(key);
    if (!destination || sizeOf(destination) === 0) return;
    this.#deps.drop('unknown-next-node', sizeOf(destination));
    void this.#remove(destination.onDisk);
  }

  /** Drops what no key opens any more; to be called from time to time. */
  dropExpired(): void {
    for (const [key, destination] of this.#destinations) {
      destination.inMemory = this.#alive(destination.inMemory);
      destination.onDisk = this.#alive(destination.onDisk);
      if (sizeOf(destination) === 0) this.#destinations.delete(key);
    }
  }

  /** Writes what waits in memory; there must be no more calls but this one. */
  async close(): Promise<void> {
    this.dropExpired();
    const dueMs = this.#deps.clock.now();
    const left = [...this.#destinations.values()].flatMap(({ inMemory }) => inMemory);
    this.#destinations.clear();
    await this.keep(left.map((each) => ({ ...each, stage: 'outgoing', dueMs, leftMs: 0 })));
  }

  /** Writes packets that the node may not forget when it closes, as many as there is room for. */
  async keep(packets: readonly QueuedPacket[]): Promise<void> {
    const { queue, drop } = this.#deps;
    const kept = packets.slice(0, queue.room);
    if (kept.length < packets.length) drop('send-queue-full', packets.length - kept.length);
    for (let at = 0; at < kept.length; at += PER_COMMIT) {
      const batch = kept.slice(at, at + PER_COMMIT);
      const written = await queue.put(batch, 'power-loss');
      if (written.isErr()) this.#refuse(written.error, batch.length);
    }
  }

  /** Those that a key still opens; the others are dropped. */
  #alive<T extends Waiting | QueueEntry>(packets: T[]): T[] {
    const nowMs = this.#deps.clock.now();
    const expired = packets.filter(({ expiresMs }) => expiresMs <= nowMs);
    if (expired.length === 0) return packets;
    this.#deps.drop('next-key-gone', expired.length);
    void this.#remove(expired.flatMap(entryOf));
    return packets.filter(({ expiresMs }) => expiresMs > nowMs);
  }

  async #write({ packet, nextNodeId, expiresMs }: Waiting): Promise<void> {
    this.#writing++;
    const dueMs = this.#deps.clock.now();
    const queued: QueuedPacket = {
      stage: 'outgoing',
      nextNodeId,
      packet,
      dueMs,
      leftMs: 0,
      expiresMs,
    };
    const written = await this.#deps.queue.put([queued]);
    this.#writing--;
    if (written.isErr()) this.#refuse(written.error, 1);
    else this.#of(nextNodeId).onDisk.push(...written.value);
  }

  #refuse({ kind }: QueueError, packets: number): void {
    const { drop, log } = this.#deps;
    if (kind === 'queue-full') {
      drop('send-queue-full', packets);
      return;
    }
    drop('send-not-stored', packets);
    log.write('error', 'queue', 'packets could not be written', { reason: kind, packets });
  }

  /** What stays on disk because of an error here is sent once more, or expires. */
  async #remove(entries: readonly QueueEntry[]): Promise<void> {
    const removed = await this.#deps.queue.remove(entries);
    if (removed.isErr()) {
      this.#deps.log.write('error', 'queue', 'packets could not be deleted', {
        reason: removed.error.kind,
      });
    }
  }

  #of(nodeId: Uint8Array): Destination {
    const key = nodeKey(nodeId);
    const found = this.#destinations.get(key) ?? { inMemory: [], onDisk: [] };
    this.#destinations.set(key, found);
    return found;
  }
}

const entryOf = (each: Waiting | QueueEntry): QueueEntry | readonly QueueEntry[] =>
  'number' in each ? each : (each.entry ?? []);

const sizeOf = ({ inMemory, onDisk }: Destination): number => inMemory.length + onDisk.length;
