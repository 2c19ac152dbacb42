/**
 * Strategies: when the packets that a mix holds leave it.
 *
 * Poisson: each when the delay that its sender chose is over, as Katzenpost does. The others go by
 * rounds and set that delay aside; they are those of Mixminion.
 * @module
 */
import type { Random } from '../../src/io/contracts.js';

/** A strategy with what its operator has chosen. */
export type Mixing =
  | { readonly kind: 'poisson' }
  /** Everything leaves in every round. */
  | { readonly kind: 'timed'; readonly intervalMs: number }
  /** A part leaves in every round; `binomial` also hides how large the part is. */
  | ({ readonly kind: 'pool' | 'binomial' } & PoolParameters);

export interface PoolParameters {
  /** Time between two rounds; less than 1 ms is 1 ms. */
  readonly intervalMs: number;
  /** Part of the pool that leaves in a round, 0 to 1; but one packet at least. */
  readonly rate: number;
  /** So many stay in the pool, whatever the rate. */
  readonly minSize: number;
}

/** An item that leaves, and when; never before it was released. */
export interface Departure<T> {
  readonly item: T;
  /** On the clock of the calls. */
  readonly dueMs: number;
}

/** Holds items and says which of them leave when; its caller has the clock. */
export interface Strategy<T> {
  /** Whether the delay that the sender chose counts. */
  readonly obeysDelay: boolean;
  readonly size: number;
  /** When {@link Strategy.release} is to be called next; infinite when nothing can leave. */
  readonly nextMs: number;
  add(item: T, arrival: { readonly nowMs: number; readonly delayMs: number }): void;
  /** What is chosen by `nowMs`, in the order in which it leaves. */
  release(nowMs: number): readonly Departure<T>[];
  /** Takes out the item at a place from 0 to below `size`, in no order that means anything. */
  remove(place: number): void;
  /** Takes out everything, each with when its delay is over; now, where delays do not count. */
  drain(nowMs: number): readonly Departure<T>[];
}

export interface StrategyDeps {
  readonly random: Random;
  /** When the node began: rounds count from here. */
  readonly startMs: number;
}

export const POISSON: Mixing = { kind: 'poisson' };
