/**
 * A budget of reports that strangers can cause: a few at once, then one an hour.
 * @module
 */
import type { Clock } from '../../io/contracts.js';

const BURST = 10;
const REFILL_MS = 3_600_000;

export class ReportBudget {
  readonly #clock: Clock;
  #left = BURST;
  #countedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#countedAt = clock.monotonic();
  }

  /** Whether there may be one more report; counts it. */
  take(): boolean {
    const gained = Math.floor((this.#clock.monotonic() - this.#countedAt) / REFILL_MS);
    this.#countedAt += gained * REFILL_MS;
    this.#left = Math.min(BURST, this.#left + gained);
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }
}
