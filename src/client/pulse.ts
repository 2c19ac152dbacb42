/**
 * A pulse: wakes everybody who waits for something to have changed.
 *
 * Nothing is carried along: who wakes looks at the state itself. Between looking and waiting there
 * must be no `await`, then no change is missed.
 * @module
 */
import { onAbort } from '../io/abort.js';
import type { Clock } from '../io/contracts.js';

export class Pulse {
  readonly #waiting = new Set<() => void>();

  /** Wakes all who wait now. */
  fire(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the next {@link Pulse.fire} or when `signal` is aborted. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        forget();
        resolve();
      };
      this.#waiting.add(wake);
      const forget = onAbort(signal, () => wake());
      if (signal.aborted) wake();
    });
  }

  /** As {@link Pulse.wait}, but for at most `ms`. */
  async waitFor(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const end = (): void => ended.abort();
    const forget = onAbort(signal, end);
    this.#waiting.add(end);
    await clock.sleep(ms, ended.signal);
    this.#waiting.delete(end);
    forget();
  }
}
