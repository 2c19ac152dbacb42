/**
 * The waits between attempts to reach the provider: none, then 15 s more each time up to 120 s, each
 * with jitter, so that not everybody comes back at once.
 *
 * Source: minclient's connection worker, which has the same steps and no jitter.
 * @module
 */
import { uniform } from '../../crypto/sample.js';
import type { Random } from '../../io/contracts.js';

const STEP_MS = 15_000;
const LONGEST_MS = 120_000;
/** A wait is changed by at most this share of it, either way. */
const JITTER = 0.25;

export class Backoff {
  readonly #random: Random;
  #delayMs = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The wait before the next attempt, ms. */
  next(): number {
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(LONGEST_MS, delayMs + STEP_MS);
    return delayMs * (1 + JITTER * (2 * uniform(this.#random) - 1));
  }

  /** The provider has answered: the next wait is none. */
  reset(): void {
    this.#delayMs = 0;
  }
}
