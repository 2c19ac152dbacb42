/**
 * Holding: packets wait here until their delay is over.
 *
 * Source: mixnet.rst on delays, and the checks of the scheduler of server v0.0.17.
 * @module
 */
import { uniformInt } from '../../src/crypto/sample.js';
import { Heap } from '../../src/io/heap.js';
import type { Clock, Random } from '../../src/io/contracts.js';
import type { EpochTime } from '../../src/pki/epoch.js';
import type { Drop, DropReason } from './drops.js';
import type { NodeTuning } from './options.js';
import type { ForwardHop } from './role.js';

export interface HoldDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly epochTime: EpochTime;
  readonly tuning: Pick<NodeTuning, 'holdBudgetMs' | 'holdQueue'>;
  readonly drop: Drop;
  /** Whether a connection to this node exists or is planned. */
  readonly isNextNode: (nodeId: Uint8Array) => boolean;
  readonly dispatch: (packet: Uint8Array, nextNodeId: Uint8Array) => void;
  readonly signal: AbortSignal;
}

/** A packet whose delay is not over. */
export interface HeldPacket {
  readonly packet: Uint8Array;
  readonly nextNodeId: Uint8Array;
  readonly leftMs: number;
}

interface Held {
  readonly packet: Uint8Array;
  readonly nextNodeId: Uint8Array;
  readonly dueMs: number;
  readonly order: number;
}

/** No packet waits longer than this many epochs, whatever the document says. */
const MAX_DELAY_EPOCHS = 3;
/** What is left when waiting has used up a packet's delay. */
const LEAST_DELAY_MS = 1;
/** Packets sent on before other work gets its turn. */
const PER_TURN = 16;

/**
 * How long a packet that has been here for `spentMs` is held still; `undefined` when it asked for
 * no delay and cannot be on time any more.
 */
export const remainingDelayMs = (delayMs: number, spentMs: number): number | undefined => {
  if (delayMs > spentMs) return delayMs - spentMs;
  if (delayMs > 0) return LEAST_DELAY_MS;
  return spentMs < LEAST_DELAY_MS ? LEAST_DELAY_MS - spentMs : undefined;
};

export class Hold {
  readonly #deps: HoldDeps;
  readonly #held = new Heap<Held>((a, b) =>
    a.dueMs === b.dueMs ? a.order < b.order : a.dueMs < b.dueMs,
  );
  #order = 0;
  #closed = false;
  #maxDelayMs: number;
  /** When the timer that counts fires; infinite while there is none. */
  #wakeMs = Infinity;

  constructor(deps: HoldDeps) {
    this.#deps = deps;
    this.#maxDelayMs = MAX_DELAY_EPOCHS * deps.epochTime.periodMs;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Takes over a document's MuMaxDelay; 0 means no limit but three epochs. */
  setMaxDelay(maxDelayMs: number): void {
    const limit = MAX_DELAY_EPOCHS * this.#deps.epochTime.periodMs;
    this.#maxDelayMs = maxDelayMs > 0 && maxDelayMs < limit ? maxDelayMs : limit;
  }

  /** Holds a packet that came off a link. */
  holdForward({ packet, nextNodeId, delayMs, dwellMs, arrivedMs }: ForwardHop): void {
    // Unwrapping and writing its tag are part of a delay too; what asks for none is judged by its
    // wait alone, since nobody could unwrap it in no time.
    const spentMs = delayMs > 0 ? this.#deps.clock.monotonic() - arrivedMs : dwellMs;
    const leftMs = remainingDelayMs(delayMs, spentMs);
    if (leftMs === undefined) this.#deps.drop('delay-used-up');
    else this.hold(packet, nextNodeId, leftMs);
  }

  /** Holds a packet for `delayMs` from now. */
  hold(packet: Uint8Array, nextNodeId: Uint8Array, delayMs: number): void {
    const { clock, drop, tuning } = this.#deps;
    if (this.#closed) return;
    const refusal = this.#refusal(nextNodeId, delayMs);
    if (refusal) {
      drop(refusal);
      return;
    }
    const dueMs = clock.monotonic() + delayMs;
    this.#held.push({ packet, nextNodeId, dueMs, order: this.#order++ });
    if (tuning.holdQueue > 0 && this.#held.size > tuning.holdQueue) this.#evict();
    if (dueMs < this.#wakeMs) this.#arm(dueMs);
  }

  #refusal(nextNodeId: Uint8Array, delayMs: number): DropReason | undefined {
    if (delayMs > this.#maxDelayMs) return 'delay-too-long';
    return this.#deps.isNextNode(nextNodeId) ? undefined : 'unknown-next-node';
  }

  /** A random one goes, so that an attacker cannot choose which. */
  #evict(): void {
    let skip = uniformInt(this.#deps.random, this.#held.size);
    this.#held.retain(() => skip-- !== 0);
    this.#deps.drop('hold-full');
  }

  /** A timer that was set for later stays, and finds that it counts no more: cheaper than ending it. */
  #arm(dueMs: number): void {
    this.#wakeMs = dueMs;
    void this.#wake(dueMs);
  }

  async #wake(dueMs: number): Promise<void> {
    const { clock, signal } = this.#deps;
    await clock.sleep(dueMs - clock.monotonic(), signal);
    if (this.#wakeMs !== dueMs || signal.aborted) return;
    this.#wakeMs = Infinity;
    this.#release();
    const next = this.#held.peek();
    if (next) this.#arm(next.dueMs);
  }

  /** Sends on what is due, at most {@link PER_TURN} packets. */
  #release(): void {
    const { clock, tuning, drop, dispatch } = this.#deps;
    for (let released = 0; released < PER_TURN; released++) {
      const next = this.#held.peek();
      const lateMs = next ? clock.monotonic() - next.dueMs : -1;
      if (!next || lateMs < 0) return;
      this.#held.pop();
      if (lateMs > tuning.holdBudgetMs) drop('hold-late');
      else dispatch(next.packet, next.nextNodeId);
    }
  }

  /** Ends holding. @returns what was held, each with the delay that is left of it */
  close(): readonly HeldPacket[] {
    this.#closed = true;
    this.#wakeMs = Infinity;
    const nowMs = this.#deps.clock.monotonic();
    const left: HeldPacket[] = [];
    this.#held.retain(({ packet, nextNodeId, dueMs }) => {
      left.push({ packet, nextNodeId, leftMs: Math.max(0, dueMs - nowMs) });
      return false;
    });
    return left;
  }
}
