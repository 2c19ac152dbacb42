/**
 * Events to any number of listeners, each with a queue of its own: none takes from another.
 *
 * Source: mailproxy event; there one slow listener holds up all others.
 * @module
 */
import { onAbort } from '../io/abort.js';
import type { ClientEvent } from './types.js';

/** A listener that stops reading must not fill the memory: its oldest events go. */
const MAX_QUEUED = 10_000;

class Listener implements AsyncIterableIterator<ClientEvent, undefined> {
  readonly #queue: ClientEvent[] = [];
  readonly #waiting: ((next: IteratorResult<ClientEvent, undefined>) => void)[] = [];
  readonly #left: () => void;
  #ended = false;

  constructor(left: () => void) {
    this.#left = left;
  }

  push(event: ClientEvent): void {
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting({ done: false, value: event });
      return;
    }
    this.#queue.push(event);
    if (this.#queue.length > MAX_QUEUED) this.#queue.shift();
  }

  /** No more events; those queued can still be read. */
  end(): void {
    this.#ended = true;
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<ClientEvent, undefined>> {
    const event = this.#queue.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<ClientEvent, undefined>> {
    this.#queue.length = 0;
    this.end();
    this.#left();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Where events come in and listeners come from. */
export class EventHub {
  readonly #listeners = new Set<Listener>();
  #closed = false;

  /** Hands `event` to everybody who listens now. */
  emit(event: ClientEvent): void {
    for (const listener of this.#listeners) listener.push(event);
  }

  /** Events from this call on, until `signal`, {@link EventHub.close} or the end of the loop. */
  listen(signal?: AbortSignal): AsyncIterableIterator<ClientEvent, undefined> {
    const left = (): void => {
      this.#listeners.delete(listener);
      forget();
    };
    const listener = new Listener(left);
    this.#listeners.add(listener);
    let forget = (): void => undefined;
    forget = onAbort(signal, () => {
      this.#listeners.delete(listener);
      listener.end();
    });
    if (this.#closed) listener.end();
    return listener;
  }

  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
  }
}
