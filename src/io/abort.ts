/**
 * Many waiters on one abort signal.
 *
 * A run has one signal and hundreds of sleeps and reads that end with it. Platforms warn at a
 * handful of listeners and remove one in linear time, so each signal gets a single listener here.
 * @module
 */

const waiters = new WeakMap<AbortSignal, Set<() => void>>();

const firstWaiter = (signal: AbortSignal): Set<() => void> => {
  const callbacks = new Set<() => void>();
  const run = (): void => {
    waiters.delete(signal);
    for (const callback of callbacks) callback();
  };
  signal.addEventListener('abort', run, { once: true });
  waiters.set(signal, callbacks);
  return callbacks;
};

/**
 * Calls `run` once when `signal` is aborted; at once when it has been.
 *
 * @returns takes the call back; harmless afterwards
 */
export const onAbort = (signal: AbortSignal | undefined, run: () => void): (() => void) => {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    run();
    return () => undefined;
  }
  const callbacks = waiters.get(signal) ?? firstWaiter(signal);
  // A wrapper of its own keeps two registrations of one function apart.
  const callback = (): void => run();
  callbacks.add(callback);
  return () => callbacks.delete(callback);
};
