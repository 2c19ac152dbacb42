/**
 * What several processes share that are one node: its mix keys, the descriptors that it has signed,
 * and which packets its keys have opened.
 * @module
 */
import type { Store } from '../../src/store/store.js';
import type { ReplayLog } from './replay.js';

export interface SharedMemory {
  /** Where the first value that is put under a key stays. */
  readonly store: Store;
  readonly replay: ReplayLog;
  close(): Promise<void>;
}
