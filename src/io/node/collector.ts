/**
 * How a process that moves many large buffers collects its garbage.
 * @module
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Sets V8 up for packets; for the whole process, so only a program may call it, before its work.
 *
 * Packets lie outside V8's heap. It still begins to mark the heap as soon as some megabytes of them
 * have come and gone, fifteen times for 1,000 packets in a loaded mix, which took nearly half of its
 * CPU time (docs/benchmarks.md). Without marking step by step, the heap, which is small in a node,
 * is collected at once when it is full, and dead packets go with the cheap collections of young
 * memory.
 */
export const collectForPackets = (): void => setFlagsFromString('--no-incremental-marking');

/** By then a program is connected and has the documents that it needs. */
const SETTLED_MS = 10_000;

/**
 * Once, when the work of starting is done: gives back what it needed. Of itself V8 keeps the room for
 * young objects that start-up made it take, 16 MB, until it is idle for long, and collects the large
 * buffers of packets, which lie outside of it, the more rarely the larger it is.
 */
export const collectOnceSettled = (): void => {
  setTimeout(collect, SETTLED_MS).unref();
};

const collect = (): void => {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (isCallable(found)) found();
};

const isCallable = (value: unknown): value is () => void => typeof value === 'function';
