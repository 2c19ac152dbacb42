/**
 * When to empty the write-ahead log, in which deleted records live on.
 * @module
 */
import type { Clock } from '../io/contracts.js';

export interface Truncation {
  /** Something was changed: the log must go within a minute. */
  changed(): void;
  stop(): void;
}

/** Below a minute, with room for a slow disk. */
const TRUNCATE_AFTER_MS = 45_000;

/**
 * One sleep at a time, begun by a change; a store at rest has no timer.
 *
 * @param truncate - whether it worked; if not, the next change tries again
 */
export const openTruncation = (clock: Clock, truncate: () => boolean): Truncation => {
  const stopping = new AbortController();
  let changedAtMs: number | undefined;
  let asleep = false;
  const leftMs = (): number =>
    changedAtMs === undefined ? 0 : changedAtMs + TRUNCATE_AFTER_MS - clock.monotonic();
  const truncateNow = (): void => {
    if (truncate()) changedAtMs = undefined;
  };
  const sleep = async (): Promise<void> => {
    asleep = true;
    while (leftMs() > 0 && !stopping.signal.aborted) await clock.sleep(leftMs(), stopping.signal);
    asleep = false;
    if (changedAtMs !== undefined && !stopping.signal.aborted) truncateNow();
  };
  return {
    changed: () => {
      changedAtMs ??= clock.monotonic();
      if (leftMs() <= 0) truncateNow();
      else if (!asleep) void sleep();
    },
    stop: () => stopping.abort(),
  };
};
