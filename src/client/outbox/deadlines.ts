/**
 * Deadlines: what is to be done at its time, and again later where it could not be done.
 *
 * Times are monotonic: a jump of the wall clock brings nothing forward.
 * @module
 */
import type { Clock } from '../../io/contracts.js';
import { Heap } from '../../io/heap.js';
import { Pulse } from '../pulse.js';

interface Deadline<T> {
  readonly item: T;
  /** Monotonic ms. */
  readonly atMs: number;
}

export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #heap = new Heap<Deadline<T>>((a, b) => a.atMs < b.atMs);
  readonly #added = new Pulse();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(item: T, inMs: number): void {
    const first = this.#heap.peek();
    this.#heap.push({ item, atMs: this.#clock.monotonic() + inMs });
    // A later one wakes nobody: most are added behind all others, one for each mail.
    if (this.#heap.peek() !== first) this.#added.fire();
  }

  /**
   * Meets each deadline when it comes, one by one, until `signal` is aborted.
   *
   * @param meet - gives the ms after which to try again, or `undefined` when it is done
   */
  async run(signal: AbortSignal, meet: (item: T) => Promise<number | undefined>): Promise<void> {
    while (!signal.aborted) {
      const first = this.#heap.peek();
      const restMs = first === undefined ? undefined : first.atMs - this.#clock.monotonic();
      if (first === undefined || restMs === undefined) {
        await this.#added.wait(signal);
      } else if (restMs > 0) {
        await this.#added.waitFor(this.#clock, restMs, signal);
      } else {
        this.#heap.pop();
        const againMs = await meet(first.item);
        if (againMs !== undefined) this.add(first.item, againMs);
      }
    }
  }
}
