/**
 * How a process that moves many large buffers collects its garbage.
 * @module
 */
import { setFlagsFromString } from 'node:v8';

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
