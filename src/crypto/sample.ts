/**
 * Numbers drawn from a source of random bytes.
 * @module
 */
import type { Random } from '../io/contracts.js';

/** A uniform number in [0, 1) with 53 random bits. */
export const uniform = (random: Random): number => {
  const bytes = random(7);
  let value = (bytes[6] ?? 0) & 0x1f;
  for (let i = 5; i >= 0; i--) value = value * 256 + (bytes[i] ?? 0);
  return value / 2 ** 53;
};

/** A uniform integer in [0, below), without bias; `below` at most 2^32. */
export const uniformInt = (random: Random, below: number): number => {
  const limit = 2 ** 32 - (2 ** 32 % below);
  for (;;) {
    const bytes = random(4);
    const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
    if (value < limit) return value % below;
  }
};

/** One of `from`, each as likely; `undefined` when there is none. */
export const pick = <T>(random: Random, from: readonly T[]): T | undefined =>
  from.length === 0 ? undefined : from[uniformInt(random, from.length)];

/** An exponential sample with mean 1 / `rate`. */
export const exponential = (random: Random, rate: number): number =>
  -Math.log(1 - uniform(random)) / rate;

/** A copy of `items` in random order. */
export const shuffled = <T>(random: Random, items: readonly T[]): T[] => {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = uniformInt(random, i + 1);
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
};
