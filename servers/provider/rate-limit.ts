/**
 * The rate limit: a token bucket per user, which starts full and outlives connections.
 *
 * Source: server internal/incoming; there the bucket starts empty and is off by default.
 * @module
 */
import type { Clock } from '../../src/io/contracts.js';
import type { UserName } from './names.js';

const MS_PER_MINUTE = 60_000;
/** How much of a minute's packets may come at once where nobody has said. */
const BURST_MINUTES = 0.5;
const LEAST_BURST = 30;

interface Bucket {
  tokens: number;
  filledMs: number;
}

export class RateLimit {
  readonly #clock: Clock;
  readonly #documentRate: () => number;
  readonly #buckets = new Map<UserName, Bucket>();
  #perMinute: number | undefined;
  #burst: number | undefined;

  /** @param documentRate - packets per minute of the current document; 0: no limit */
  constructor(clock: Clock, documentRate: () => number) {
    this.#clock = clock;
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
    const [perMinute, burst] = [this.perMinute, this.burst];
    if (perMinute === 0 || burst === 0) return true;
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(user) ?? { tokens: burst, filledMs: now };
    const fresh = ((now - bucket.filledMs) * perMinute) / MS_PER_MINUTE;
    const tokens = Math.min(burst, bucket.tokens + fresh);
    const isAllowed = tokens >= 1;
    this.#buckets.set(user, { tokens: isAllowed ? tokens - 1 : tokens, filledMs: now });
    return isAllowed;
  }

  forget(user: UserName): void {
    this.#buckets.delete(user);
  }
}
