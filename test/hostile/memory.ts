/** Memory that must not grow: measured after collections, so that a leak shows and nothing else. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const WARM_UP = 4000;
const INPUTS = 100_000;
/** A leak of 42 bytes for each input shows. */
const MOST_GROWTH = 4 * 1024 * 1024;

/** Bytes in use on and off the heap, after a collection. */
export const usedBytes = (): number => {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Feeds 100,000 inputs, round and round, and expects as much memory in use as before. */
export const expectFlat = <T>(inputs: readonly T[], feed: (input: T) => unknown): void => {
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) feed(inputs[i % inputs.length] as T);
  };
  run(WARM_UP);
  const before = usedBytes();
  run(INPUTS);
  expect(usedBytes() - before).toBeLessThan(MOST_GROWTH);
};

/** The same for work that takes turns. */
export const expectFlatAsync = async <T>(
  inputs: readonly T[],
  feed: (input: T) => Promise<unknown>,
): Promise<void> => {
  const run = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await feed(inputs[i % inputs.length] as T);
  };
  await run(WARM_UP);
  const before = usedBytes();
  await run(INPUTS);
  expect(usedBytes() - before).toBeLessThan(MOST_GROWTH);
};
