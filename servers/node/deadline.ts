/**
 * A deadline as an abort signal, on whatever clock there is.
 * @module
 */
import { onAbort } from '../../src/io/abort.js';
import type { Clock } from '../../src/io/contracts.js';

export interface Deadline {
  /** Aborted when the time is over or the parent is aborted. */
  readonly signal: AbortSignal;
  /** The work is done: frees the timer, aborts nothing. */
  clear(): void;
}

export const startDeadline = (clock: Clock, ms: number, parent: AbortSignal): Deadline => {
  const out = new AbortController();
  const done = new AbortController();
  const forget = onAbort(parent, () => out.abort());
  void clock.sleep(ms, done.signal).then(() => {
    forget();
    if (!done.signal.aborted) out.abort();
  });
  return { signal: out.signal, clear: () => done.abort() };
};
