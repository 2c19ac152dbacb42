/**
 * Token buckets by key; each starts full.
 * @module
 */
import type { Clock } from '../../src/io/contracts.js';

/** How a bucket fills; 0 for either: no limit. */
export interface BucketRate {
  readonly perMinute: number;
  /** Most tokens that it holds. */
  readonly burst: number;
}

interface Bucket {
  readonly tokens: number;
  readonly filledMs: number;
}

const MS_PER_MINUTE = 60_000;

export class Buckets<Key> {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #buckets = new Map<Key, Bucket>();

  /** @param most - keys to remember; the one that was used least recently is forgotten, so full */
  constructor(clock: Clock, most = Infinity) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Takes one token, if there is one. */
  take(key: Key, { perMinute, burst }: BucketRate): boolean {
    if (perMinute === 0 || burst === 0) return true;
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, filledMs: now };
    const fresh = ((now - bucket.filledMs) * perMinute) / MS_PER_MINUTE;
    const tokens = Math.min(burst, bucket.tokens + fresh);
    const isAllowed = tokens >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isAllowed ? tokens - 1 : tokens, filledMs: now });
    this.#forgetOldest();
    return isAllowed;
  }

  forget(key: Key): void {
    this.#buckets.delete(key);
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= this.#most) return;
    for (const key of this.#buckets.keys()) return void this.#buckets.delete(key);
  }
}
