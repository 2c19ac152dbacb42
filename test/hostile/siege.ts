/** Attacking a port, and what must be true afterwards. */
import { expect } from 'vitest';
import { openSockets, type Raw } from './raw.js';

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Looks again until it is so; an expectation at the end says what was wrong. */
export const eventually = async (check: () => void, limitMs = 60_000): Promise<void> => {
  const lastMs = Date.now() + limitMs;
  for (;;) {
    try {
      check();
      return;
    } catch (problem) {
      if (Date.now() > lastMs) throw problem;
    }
    await pause(20);
  }
};

export type Counters = Readonly<Record<string, number>>;
const totalOf = (counters: Counters): number =>
  Object.entries(counters)
    .filter(([name]) => !name.endsWith('accepted'))
    .reduce((sum, [, count]) => sum + count, 0);

export interface Port {
  readonly name: string;
  readonly address: () => string;
  /** Of connections only. */
  readonly counters: () => Counters;
  /** Connections that are not those of honest neighbours. */
  readonly pending: () => number;
}

/** The most at the beginning of an attack: neighbours may still be without links from the one before. */
let socketsAtRest = 0;

/** Runs an attack; afterwards the port must be as it was before, but for its counters. */
export const underAttack = async (port: Port, attack: () => Promise<void>): Promise<void> => {
  await eventually(() => expect(port.pending()).toBe(0));
  socketsAtRest = Math.max(socketsAtRest, openSockets());
  const before = totalOf(port.counters());
  await attack();
  await eventually(() => expect(totalOf(port.counters())).toBeGreaterThan(before));
  await eventually(() => expect(port.pending()).toBe(0));
  await eventually(() => expect(openSockets()).toBeLessThanOrEqual(socketsAtRest));
};

export const many = (count: number, open: () => Promise<Raw>): Promise<readonly Raw[]> =>
  Promise.all(Array.from({ length: count }, open));

export const expectClosed = async (peers: readonly Raw[]): Promise<void> => {
  const closed = await Promise.all(peers.map((peer) => peer.closes()));
  expect(closed.every(Boolean)).toBe(true);
};
