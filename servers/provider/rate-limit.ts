/**
 * The rate limit: a token bucket per user, which starts full and outlives connections.
 *
 * Source: server internal/incoming; there the bucket starts empty and is off by default.
 * @module
 */
import type { Clock } from '../../src/io/contracts.js';
import { Buckets } from './buckets.js';
import type { UserName } from './names.js';

/** How much of a minute's packets may come at once where nobody has said. */
const BURST_MINUTES = 0.5;
const LEAST_BURST = 30;

export class RateLimit {
  readonly #documentRate: () => number;
  readonly #buckets: Buckets<UserName>;
  #perMinute: number | undefined;
  #burst: number | undefined;

  /** @param documentRate - packets per minute of the current document; 0: no limit */
  constructor(clock: Clock, documentRate: () => number) {
    this.#buckets = new Buckets(clock);
    this.#documentRate = documentRate;
  }

  get perMinute(): number {
    return this.#perMinute ?? this.#documentRate();
  }

  /** Overrides the document's rate; 0: no limit. */
  setPerMinute(perMinute: number): void {
    this.#perMinute = perMinute;
  }

  get burst(): number {
    return this.#burst ?? Math.max(LEAST_BURST, Math.ceil(this.perMinute * BURST_MINUTES));
  }

  /** 0: no limit. */
  setBurst(burst: number): void {
    this.#burst = burst;
  }

  /** Takes one packet's token, if there is one. */
  take(user: UserName): boolean {
    return this.#buckets.take(user, this);
  }

  forget(user: UserName): void {
    this.#buckets.forget(user);
  }
}
