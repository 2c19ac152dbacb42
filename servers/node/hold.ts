/**
 * Holding: packets wait here until their delay is over, or as long as another strategy says.
 *
 * Source: mixnet.rst on delays, and the checks of the scheduler of server v0.0.17.
 * @module
 */
import { uniformInt } from '../../src/crypto/sample.js';
import type { Clock, Random } from '../../src/io/contracts.js';
import type { EpochTime } from '../../src/pki/epoch.js';
import type { Drop, DropReason } from './drops.js';
import { makeStrategy } from './make-strategy.js';
import type { NodeTuning } from './options.js';
import type { ForwardHop } from './role.js';
import { POISSON, type Departure, type Mixing, type Strategy } from './strategy.js';

export interface HoldDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly epochTime: EpochTime;
  readonly tuning: Pick<NodeTuning, 'holdBudgetMs' | 'holdQueue'>;
  /** When packets leave; {@link POISSON} when absent. */
  readonly mixing?: Mixing | undefined;
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
  #mixing: Mixing;
  #strategy: Strategy<Held>;
  /** Chosen to leave, in the order of their times. */
  #leaving: Departure<Held>[] = [];
  #closed = false;
  #maxDelayMs: number;
  /** When the timer that counts fires; infinite while there is none. */
  #wakeMs = Infinity;

  constructor(deps: HoldDeps) {
    this.#deps = deps;
    const { mixing = POISSON, random, clock } = deps;
    this.#mixing = mixing;
    this.#strategy = makeStrategy(mixing, { random, startMs: clock.monotonic() });
    this.#maxDelayMs = MAX_DELAY_EPOCHS * deps.epochTime.periodMs;
  }

  get size(): number {
    return this.#strategy.size + this.#leaving.length;
  }

  get mixing(): Mixing {
    return this.#mixing;
  }

  /** Goes on by another strategy; what is held moves over, with what is left of its delay. */
  remix(mixing: Mixing): void {
    if (JSON.stringify(mixing) === JSON.stringify(this.#mixing)) return;
    const { random, clock } = this.#deps;
    const nowMs = clock.monotonic();
    const held = this.#strategy.drain(nowMs);
    this.#mixing = mixing;
    this.#strategy = makeStrategy(mixing, { random, startMs: nowMs });
    for (const { item, dueMs } of held) {
      this.#strategy.add(item, { nowMs, delayMs: Math.max(0, dueMs - nowMs) });
    }
    this.#wakeMs = Infinity;
    this.#arm();
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
    const leftMs = this.#strategy.obeysDelay ? remainingDelayMs(delayMs, spentMs) : delayMs;
    if (leftMs === undefined) this.#deps.drop('delay-used-up');
    else this.hold(packet, nextNodeId, leftMs);
  }

  /** Holds a packet for `delayMs` from now, where the strategy goes by delays. */
  hold(packet: Uint8Array, nextNodeId: Uint8Array, delayMs: number): void {
    const { clock, drop, tuning } = this.#deps;
    if (this.#closed) return;
    const refusal = this.#refusal(nextNodeId, delayMs);
    if (refusal) {
      drop(refusal);
      return;
    }
    this.#strategy.add({ packet, nextNodeId }, { nowMs: clock.monotonic(), delayMs });
    if (tuning.holdQueue > 0 && this.size > tuning.holdQueue) this.#evict();
    this.#arm();
  }

  #refusal(nextNodeId: Uint8Array, delayMs: number): DropReason | undefined {
    if (this.#strategy.obeysDelay && delayMs > this.#maxDelayMs) return 'delay-too-long';
    return this.#deps.isNextNode(nextNodeId) ? undefined : 'unknown-next-node';
  }

  /** A random one goes, so that an attacker cannot choose which. */
  #evict(): void {
    const place = uniformInt(this.#deps.random, this.size);
    const waiting = this.#strategy.size;
    if (place < waiting) this.#strategy.remove(place);
    else this.#leaving.splice(place - waiting, 1);
    this.#deps.drop('hold-full');
  }

  /** A timer that was set for later stays, and finds that it counts no more: cheaper than ending it. */
  #arm(): void {
    const dueMs = this.#leaving[0]?.dueMs ?? this.#strategy.nextMs;
    if (dueMs >= this.#wakeMs) return;
    this.#wakeMs = dueMs;
    void this.#wake(dueMs);
  }

  async #wake(dueMs: number): Promise<void> {
    const { clock, signal } = this.#deps;
    await clock.sleep(dueMs - clock.monotonic(), signal);
    if (this.#wakeMs !== dueMs || signal.aborted) return;
    this.#wakeMs = Infinity;
    for (const departure of this.#strategy.release(clock.monotonic()))
      this.#leaving.push(departure);
    this.#sendDue();
    this.#arm();
  }

  /** Sends on what is due, at most {@link PER_TURN} packets. */
  #sendDue(): void {
    const { clock, tuning, drop, dispatch } = this.#deps;
    for (let sent = 0; sent < PER_TURN; sent++) {
      const next = this.#leaving[0];
      const lateMs = next ? clock.monotonic() - next.dueMs : -1;
      if (!next || lateMs < 0) return;
      this.#leaving.shift();
      if (lateMs > tuning.holdBudgetMs) drop('hold-late');
      else dispatch(next.item.packet, next.item.nextNodeId);
    }
  }

  /** Ends holding. @returns what was held, each with the delay that is left of it */
  close(): readonly HeldPacket[] {
    this.#closed = true;
    this.#wakeMs = Infinity;
    const nowMs = this.#deps.clock.monotonic();
    const left = [...this.#leaving, ...this.#strategy.drain(nowMs)];
    this.#leaving = [];
    return left.map(({ item, dueMs }) => ({ ...item, leftMs: Math.max(0, dueMs - nowMs) }));
  }
}
