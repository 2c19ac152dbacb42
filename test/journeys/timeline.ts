/** A timeline: what people do and what happens to them, each thing at its moment. */
import type { ManualClock } from '../../src/io/memory.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** One thing of a timeline. */
export interface Deed {
  /** Ms from the timeline's start. */
  readonly atMs: number;
  readonly doIt: () => void | Promise<void>;
}

/** Lets all deeds happen in order, and time pass until `endMs` after the start. */
export const playDeeds = async (
  clock: ManualClock,
  deeds: readonly Deed[],
  endMs: number,
): Promise<void> => {
  const startMs = clock.monotonic();
  const until = (atMs: number): Promise<void> => clock.advance(startMs + atMs - clock.monotonic());
  for (const { atMs, doIt } of deeds.toSorted((a, b) => a.atMs - b.atMs)) {
    await until(atMs);
    await doIt();
  }
  await until(endMs);
};
