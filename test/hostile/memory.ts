/** Memory that must not grow: measured after collections, so that a leak shows and nothing else. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const WARM_UP = 4000;
const INPUTS = 100_000;
/** A leak of 63 bytes for each of 100,000 inputs shows. */
export const MOST_GROWTH = 6 * 1024 * 1024;

const COLLECTIONS = 3;

/** Bytes in use on and off the heap, once what is finished with has gone. */
export const usedBytes = async (): Promise<number> => {
  for (let i = 0; i < COLLECTIONS; i++) {
    collectGarbage();
    // What lies off the heap goes a turn after its owner.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Feeds 100,000 inputs, round and round, and expects as much memory in use as before. */
export const expectFlat = async <T>(
  inputs: readonly T[],
  feed: (input: T) => unknown,
): Promise<void> => {
  const run = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const made = feed(inputs[i % inputs.length] as T);
      if (made instanceof Promise) await made;
    }
  };
  await run(WARM_UP);
  const before = await usedBytes();
  await run(INPUTS);
  expect((await usedBytes()) - before).toBeLessThan(MOST_GROWTH);
};
