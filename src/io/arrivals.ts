/**
 * Arrivals: things pushed by an outside event and pulled by one consumer.
 * @module
 */

/** An ordered hand-over between a callback and a `for await`; it never drops anything. */
export class Arrivals<T> implements AsyncIterable<T> {
  #waiting: T[] = [];
  #ended = false;
  #consumer: ((next: IteratorResult<T, undefined>) => void) | undefined;

  /** Pushed and not yet taken. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Whether it was taken over; `false` after {@link Arrivals.end}. */
  push(item: T): boolean {
    if (this.#ended) return false;
    const consumer = this.#consumer;
    this.#consumer = undefined;
    if (consumer === undefined) this.#waiting.push(item);
    else consumer({ done: false, value: item });
    return true;
  }

  /** Ends the iteration. @returns what nobody has taken, which is now the caller's */
  end(): readonly T[] {
    this.#ended = true;
    this.#consumer?.({ done: true, value: undefined });
    this.#consumer = undefined;
    const left = this.#waiting;
    this.#waiting = [];
    return left;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: () => this.#next() };
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#consumer !== undefined) throw new Error('two consumers of one stream');
    const item = this.#waiting.shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#consumer = resolve;
    });
  }
}
