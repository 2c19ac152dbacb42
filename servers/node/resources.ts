/**
 * Resources: what a run has opened, closed in the reverse order.
 * @module
 */

type Close = () => void | Promise<void>;

export class Resources {
  readonly #stop = new AbortController();
  readonly #closers: Close[] = [];
  #closing: Promise<void> | undefined;

  /** Aborted when closing begins. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Remembers how to close something that has just been opened. */
  add(close: Close): void {
    this.#closers.push(close);
  }

  /** Ends the run; later calls wait for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    this.#stop.abort();
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) await close();
  }
}
