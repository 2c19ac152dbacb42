/**
 * One speaker, many listeners, each with a queue of its own.
 * @module
 */

export class Announcements<T> {
  readonly #listeners = new Set<(item: T) => void>();

  announce(item: T): void {
    for (const hear of this.#listeners) hear(item);
  }

  /** What is announced from this call on, until `signal` is aborted. */
  listen(signal: AbortSignal): AsyncGenerator<T, void> {
    const queue: T[] = [];
    let wake = (): void => undefined;
    const hear = (item: T): void => {
      queue.push(item);
      wake();
    };
    this.#listeners.add(hear);
    signal.addEventListener('abort', () => wake(), { once: true });
    const waited = (): Promise<void> =>
      new Promise((resolve) => {
        wake = resolve;
      });
    return this.#drain({ queue, signal, waited, leave: () => this.#listeners.delete(hear) });
  }

  async *#drain(listener: {
    readonly queue: T[];
    readonly signal: AbortSignal;
    readonly waited: () => Promise<void>;
    readonly leave: () => void;
  }): AsyncGenerator<T, void> {
    try {
      while (!listener.signal.aborted) {
        const item = listener.queue.shift();
        if (item === undefined) await listener.waited();
        else yield item;
      }
    } finally {
      listener.leave();
    }
  }
}
