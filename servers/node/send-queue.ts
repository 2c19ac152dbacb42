/**
 * What leaves for a peer that is connected: a short queue whose packets grow stale.
 * @module
 */
import type { Clock } from '../../src/io/contracts.js';
import type { Drop } from './drops.js';
import type { NodeTuning } from './options.js';

export interface SendQueueDeps {
  readonly clock: Clock;
  readonly tuning: Pick<NodeTuning, 'sendBudgetMs' | 'sendQueue'>;
  readonly drop: Drop;
}

interface Queued {
  readonly packet: Uint8Array;
  readonly queuedMs: number;
}

export class SendQueue {
  readonly #deps: SendQueueDeps;
  readonly #waiting: Queued[] = [];

  constructor(deps: SendQueueDeps) {
    this.#deps = deps;
  }

  /** Packets that can still leave in time. */
  get fresh(): number {
    return this.#waiting.filter((queued) => !this.#isLate(queued)).length;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Adds a packet if there is room. @returns whether there was */
  push(packet: Uint8Array): boolean {
    const { clock, tuning } = this.#deps;
    this.#dropLate();
    if (this.#waiting.length >= tuning.sendQueue) return false;
    this.#waiting.push({ packet, queuedMs: clock.monotonic() });
    return true;
  }

  /** Takes up to `count` packets that are still in time, oldest first. */
  take(count: number): readonly Uint8Array[] {
    this.#dropLate();
    return this.#waiting.splice(0, count).map(({ packet }) => packet);
  }

  #isLate({ queuedMs }: Queued): boolean {
    return this.#deps.clock.monotonic() - queuedMs > this.#deps.tuning.sendBudgetMs;
  }

  /** Packets are in the order of their coming, so the late ones are in front. */
  #dropLate(): void {
    for (let first = this.#waiting[0]; first && this.#isLate(first); first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#deps.drop('send-late');
    }
  }
}
