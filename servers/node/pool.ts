/**
 * Pools: packets leave in rounds, drawn at random from all that are there.
 *
 * Source: the mix algorithms of Mixminion (Timed, DynamicPool, BinomialDynamicPool). In a round of
 * `n` packets `k = min(n - minSize, max(1, floor(rate * n)))` leave. The binomial pool lets each
 * leave with probability k / n instead, once, and never so many that the minimum is broken.
 * @module
 */
import { uniform, uniformInt } from '../../src/crypto/sample.js';
import type { Departure, PoolParameters, Strategy, StrategyDeps } from './strategy.js';

export interface PoolRule extends PoolParameters {
  /** Whether the count is drawn too: then it tells nothing certain about the pool's size. */
  readonly thinned: boolean;
}

const SHORTEST_INTERVAL_MS = 1;
/** Between two packets of a round: the next node has to unwrap them all. */
const SPACING_MS = 5;

/** How many packets of `size` leave in a round. */
const batchSize = (size: number, { rate, minSize }: PoolRule): number =>
  size <= minSize ? 0 : Math.min(size - minSize, Math.max(1, Math.floor(rate * size)));

export class Pool<T> implements Strategy<T> {
  readonly obeysDelay = false;
  readonly #deps: StrategyDeps;
  readonly #rule: PoolRule;
  readonly #intervalMs: number;
  readonly #items: T[] = [];
  /** When the next round is, if there is enough for one. */
  #roundMs: number;

  constructor(deps: StrategyDeps, rule: PoolRule) {
    this.#deps = deps;
    this.#rule = rule;
    this.#intervalMs = Math.max(SHORTEST_INTERVAL_MS, rule.intervalMs);
    this.#roundMs = deps.startMs + this.#intervalMs;
  }

  get size(): number {
    return this.#items.length;
  }

  get nextMs(): number {
    return this.#canSend ? this.#roundMs : Infinity;
  }

  add(item: T, { nowMs }: { readonly nowMs: number }): void {
    // Rounds that had nothing to send have passed unnoticed; one that waits to be run has not.
    if (!this.#canSend) this.#skipTo(nowMs);
    this.#items.push(item);
  }

  release(nowMs: number): readonly Departure<T>[] {
    if (nowMs < this.nextMs) return [];
    this.#skipTo(nowMs);
    const count = this.#count();
    const spacingMs = Math.min(SPACING_MS, this.#intervalMs / count);
    return this.#draw(count).map((item, place) => ({ item, dueMs: nowMs + place * spacingMs }));
  }

  remove(place: number): void {
    this.#items.splice(place, 1);
  }

  drain(nowMs: number): readonly Departure<T>[] {
    return this.#items.splice(0).map((item) => ({ item, dueMs: nowMs }));
  }

  get #canSend(): boolean {
    return this.#items.length > this.#rule.minSize;
  }

  /** The next round is the first after `nowMs`; those missed are not made up for. */
  #skipTo(nowMs: number): void {
    const { startMs } = this.#deps;
    if (nowMs < this.#roundMs) return;
    const passed = Math.floor((nowMs - startMs) / this.#intervalMs);
    this.#roundMs = startMs + (passed + 1) * this.#intervalMs;
  }

  #count(): number {
    const size = this.#items.length;
    const batch = batchSize(size, this.#rule);
    if (!this.#rule.thinned) return batch;
    let drawn = 0;
    for (let i = 0; i < size; i++) if (uniform(this.#deps.random) * size < batch) drawn++;
    return Math.min(drawn, size - this.#rule.minSize);
  }

  /** Takes `count` items, each as likely and in random order. */
  #draw(count: number): readonly T[] {
    const items = this.#items;
    const last = items.length - 1;
    for (let i = 0; i < count; i++) {
      const j = uniformInt(this.#deps.random, items.length - i);
      [items[last - i], items[j]] = [items[j] as T, items[last - i] as T];
    }
    return items.splice(items.length - count).reverse();
  }
}
