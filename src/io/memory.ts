/**
 * The world in memory: everything of {@link Io} without a machine, repeatable to the byte.
 * @module
 */
import { err } from 'neverthrow';
import type { Io, Workers } from './contracts.js';
import { manualClock, type ManualClock } from './manual-clock.js';
import { memoryFiles, type MemoryFiles } from './memory-files.js';
import { memoryLog, type MemoryLog } from './memory-log.js';
import { memoryNetwork, type MemoryNetwork } from './memory-network.js';
import { seededRandom } from './seeded-random.js';

export { duplexPair, makeConnection } from './duplex-pair.js';
export type { Connection, DuplexPairOptions } from './duplex-pair.js';
export { manualClock } from './manual-clock.js';
export type { ClockCounters, ManualClock } from './manual-clock.js';
export { memoryFiles } from './memory-files.js';
export type { MemoryFiles } from './memory-files.js';
export { memoryLog } from './memory-log.js';
export type { MemoryLog, MemoryLogOptions } from './memory-log.js';
export { memoryNetwork } from './memory-network.js';
export type {
  AddressPattern,
  MemoryNetwork,
  MemoryNetworkOptions,
  NetworkCounters,
} from './memory-network.js';
export { seededRandom } from './seeded-random.js';

export interface MemoryIo extends Io {
  readonly clock: ManualClock;
  readonly network: MemoryNetwork;
  readonly files: MemoryFiles;
  readonly log: MemoryLog;
}

export interface MemoryIoOptions {
  /** The same seed gives the same run. */
  readonly seed: string | number;
  /** Ms since the Unix epoch. */
  readonly startMs?: number;
  /** Of the network, one way; default 0. */
  readonly latencyMs?: number;
}

/** No threads: all work is done in place. */
export const inlineWorkers: Workers = {
  count: 0,
  start: (entry) => err({ kind: 'no-worker', entry }),
};

/** One world: its clock, its network, its disk. */
export const memoryIo = ({ seed, startMs, latencyMs = 0 }: MemoryIoOptions): MemoryIo => {
  const clock = manualClock(startMs === undefined ? {} : { startMs });
  return {
    clock,
    random: seededRandom(seed),
    network: memoryNetwork({ clock, latencyMs }),
    files: memoryFiles(),
    workers: inlineWorkers,
    log: memoryLog({ clock }),
  };
};
