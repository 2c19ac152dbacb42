/**
 * What a daemon remembers of itself, for those who ask how it does.
 * @module
 */
import type { Clock } from '../../src/io/contracts.js';

export interface DaemonState {
  /** On the monotonic clock, ms. */
  readonly startedMs: number;
  /** Keys of settings that the file has changed and that only a restart takes over. */
  needsRestart: readonly string[];
}

export const newState = (clock: Clock): DaemonState => ({
  startedMs: clock.monotonic(),
  needsRestart: [],
});

/** Where mail programs connect. */
export interface Listeners {
  readonly smtp: string | undefined;
  readonly pop3: string | undefined;
}
