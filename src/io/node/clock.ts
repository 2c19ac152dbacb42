/**
 * Time on Node.js.
 * @module
 */
import { onAbort } from '../abort.js';
import type { Clock } from '../contracts.js';

export interface NodeClockOptions {
  /** Sleeps do not keep the process alive; default false. */
  readonly background?: boolean;
}

/** The longest time that a timer of the platform can take; beyond it fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Runs `wake` after `ms` of any size, never early. @returns takes it back */
const schedule = (ms: number, wake: () => void, background: boolean): (() => void) => {
  const dueMs = performance.now() + ms;
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => {
    const leftMs = dueMs - performance.now();
    if (leftMs <= 0) wake();
    else start(leftMs);
  };
  const start = (leftMs: number): void => {
    timer = setTimeout(check, Math.min(Math.ceil(leftMs), MAX_TIMER_MS));
    if (background) timer.unref();
  };
  start(ms);
  return () => clearTimeout(timer);
};

const nextTurn = (wake: () => void, background: boolean): (() => void) => {
  const turn = setImmediate(wake);
  if (background) turn.unref();
  return () => clearImmediate(turn);
};

/** The machine's clock. */
export const nodeClock = ({ background = false }: NodeClockOptions = {}): Clock => ({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => {
    if (Number.isNaN(ms)) throw new RangeError('a sleep of NaN');
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        forget();
        resolve();
      };
      const cancel = ms > 0 ? schedule(ms, wake, background) : nextTurn(wake, background);
      const forget = onAbort(signal, () => {
        cancel();
        resolve();
      });
    });
  },
});
