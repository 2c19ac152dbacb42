/**
 * What to do about a failing store: say so once, wait, try again; never give up and never hurry.
 * @module
 */
import type { Clock } from '../io/contracts.js';
import type { StoreError } from '../store/store.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** One account's view of its store; everybody who writes in the background shares it. */
export class StoreHealth {
  readonly #clock: Clock;
  readonly #report: (error: StoreError) => void;
  #pauseMs = 0;
  #pausedUntilMs = 0;

  /** `report` is told of the first failure after a success. */
  constructor(clock: Clock, report: (error: StoreError) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Whether to leave the store alone for now. */
  get isPaused(): boolean {
    return this.#clock.monotonic() < this.#pausedUntilMs;
  }

  /** How long the pause still lasts, ms. */
  get pauseMs(): number {
    return Math.max(0, this.#pausedUntilMs - this.#clock.monotonic());
  }

  failed(error: StoreError): void {
    if (error.kind === 'store-closed') return;
    if (this.#pauseMs === 0) this.#report(error);
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * this.#pauseMs));
    this.#pausedUntilMs = this.#clock.monotonic() + this.#pauseMs;
  }

  succeeded(): void {
    this.#pauseMs = 0;
    this.#pausedUntilMs = 0;
  }
}
