/**
 * What is carried over a stop: packets whose delay was not over are written when the node closes,
 * and held again when it runs and knows its neighbours.
 *
 * Time that the node was down counts as delay. What nobody can open any more is dropped.
 * @module
 */
import type { Clock, Log } from '../../src/io/contracts.js';
import type { EpochTime } from '../../src/pki/epoch.js';
import type { Backlog } from './backlog.js';
import type { Drop } from './drops.js';
import type { HeldPacket } from './hold.js';
import { openableUntilMs } from './mix-keys.js';
import type { QueuedPacket } from './queue-record.js';
import type { QueueEntry, QueueStore } from './queue-store.js';

export interface CarryOverDeps {
  readonly clock: Clock;
  readonly epochTime: EpochTime;
  readonly queue: QueueStore;
  readonly backlog: Pick<Backlog, 'keep'>;
  readonly hold: (packet: Uint8Array, nextNodeId: Uint8Array, delayMs: number) => void;
  readonly drop: Drop;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export class CarryOver {
  readonly #deps: CarryOverDeps;
  /** Of an earlier run, to be held again. */
  #entries: readonly QueueEntry[];

  constructor(deps: CarryOverDeps) {
    this.#deps = deps;
    this.#entries = deps.queue.entries.filter(({ stage }) => stage === 'mix');
  }

  /** Packets that wait on disk to be held again. */
  get size(): number {
    return this.#entries.length;
  }

  /** Writes what was held; durable when it resolves, as far as there is room. */
  async save(held: readonly HeldPacket[]): Promise<void> {
    const { clock, epochTime, backlog } = this.#deps;
    const nowMs = clock.now();
    await backlog.keep(
      held.map(({ packet, nextNodeId, leftMs }): QueuedPacket => {
        const dueMs = nowMs + leftMs;
        const expiresMs = openableUntilMs(epochTime, dueMs);
        return { stage: 'mix', packet, nextNodeId, dueMs, leftMs, expiresMs };
      }),
    );
  }

  /** Holds again what an earlier run has left; to be called when the neighbours are known. */
  async resume(): Promise<void> {
    const entries = this.#entries;
    this.#entries = [];
    for (const [index, entry] of entries.entries()) {
      if (this.#deps.signal.aborted || !(await this.#resumeOne(entry))) {
        this.#entries = entries.slice(index);
        return;
      }
    }
  }

  /** Off the disk first, so that no stop finds it twice. @returns whether the store could be used */
  async #resumeOne(entry: QueueEntry): Promise<boolean> {
    const { clock, queue, drop, hold, log } = this.#deps;
    const taken = await queue
      .read(entry)
      .andThen((packet) => queue.remove([entry]).map(() => packet));
    if (taken.isErr()) {
      log.write('error', 'queue', 'packets could not be read', { reason: taken.error.kind });
      return false;
    }
    const { value: packet } = taken;
    if (!packet) return true;
    if (packet.expiresMs <= clock.now()) drop('next-key-gone');
    else hold(packet.packet, packet.nextNodeId, leftOf(packet, clock.now()));
    return true;
  }
}

/** Never below nothing, and whatever the clock says never more than there was. */
const leftOf = ({ dueMs, leftMs }: QueuedPacket, nowMs: number): number =>
  Math.min(leftMs, Math.max(0, dueMs - nowMs));
