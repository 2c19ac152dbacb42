/**
 * A time limit on a promise.
 * @module
 */
import type { Clock } from '../io/contracts.js';

/** What {@link within} gives when the time was up first. */
export const LATE = Symbol('late');

/** `work`, or {@link LATE} after `ms`; the work itself is not stopped. */
export const within = <T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | typeof LATE> =>
  new Promise((resolve, reject) => {
    const stop = new AbortController();
    void clock.sleep(ms, stop.signal).then(() => resolve(LATE));
    // Settled first and stopped then: the sleep ends at once when its signal is aborted.
    work.then(resolve, reject).finally(() => stop.abort());
  });
