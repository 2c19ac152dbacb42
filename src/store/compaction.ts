/**
 * When to write a file anew. Deleting overwrites, but what SQLite moved while it rearranged a page
 * may leave a sealed piece of a record in the page's unused part; and only a new file is smaller.
 * @module
 */
import type { Clock } from '../io/contracts.js';

const DAY_MS = 86_400_000;

/** Larger files would stand still for too long, and take as much memory meanwhile. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Once a day where something was deleted, the first time soon after the first deletion. */
export class Compaction {
  readonly #clock: Clock;
  #hasDeleted = false;
  #notBeforeMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  deleted(): void {
    this.#hasDeleted = true;
  }

  /** Whether it is time for a file of this size; says so once a day. */
  take(bytes: number): boolean {
    const nowMs = this.#clock.monotonic();
    if (!this.#hasDeleted || nowMs < this.#notBeforeMs || bytes > MAX_BYTES) return false;
    this.#hasDeleted = false;
    this.#notBeforeMs = nowMs + DAY_MS;
    return true;
  }
}
