/**
 * Simulated time: what happens next, one thing after another.
 * @module
 */
import { Heap } from '../src/io/heap.js';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Events happen in the order of their times; those of one time in the order of their making. */
export class Timeline {
  #nowMs = 0;
  #order = 0;
  readonly #events = new Heap<Event>((a, b) =>
    a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs,
  );

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Lets `run` happen at a time that is not over. */
  at(atMs: number, run: () => void): void {
    this.#events.push({ atMs: Math.max(atMs, this.#nowMs), order: this.#order++, run });
  }

  /** Goes on until `isDone`, but not beyond `untilMs`. */
  run(untilMs: number, isDone: () => boolean = () => false): void {
    for (let next = this.#events.peek(); next && next.atMs <= untilMs && !isDone();) {
      this.#events.pop();
      this.#nowMs = next.atMs;
      next.run();
      next = this.#events.peek();
    }
  }
}
