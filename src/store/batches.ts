/**
 * Group commit: batches handed in together share one disk write and still succeed or fail alone.
 * @module
 */
import { err, type Result, ResultAsync } from 'neverthrow';
import type { Change, Durability, StoreError } from './store.js';

type Outcome = Result<void, StoreError>;

/** Writes all batches in order as one transaction, or none of them. */
export type WriteBatches = (
  batches: readonly (readonly Change[])[],
  durability: Durability,
) => Outcome;

export interface Batches {
  add(changes: readonly Change[], durability?: Durability): ResultAsync<void, StoreError>;
  /** Writes what is waiting, now. */
  flush(): void;
  /** Those who wait, and all who come later, get `error`. */
  stop(error: StoreError): void;
}

interface Waiting {
  readonly changes: readonly Change[];
  readonly durability: Durability;
  readonly settle: (outcome: Outcome) => void;
}

/** If the group fails, each batch is tried alone, so that one never harms another. */
const writeGroup = (write: WriteBatches, group: readonly Waiting[]): readonly Outcome[] => {
  const isLasting = group.some(({ durability }) => durability === 'power-loss');
  const batches = group.map(({ changes }) => changes);
  const together = write(batches, isLasting ? 'power-loss' : 'crash');
  if (together.isOk() || group.length === 1) return group.map(() => together);
  return group.map(({ changes, durability }) => write([changes], durability));
};

/**
 * @param gather - resolves when nobody is expected to join the group any more
 */
export const openBatches = (write: WriteBatches, gather: () => Promise<void>): Batches => {
  let waiting: Waiting[] = [];
  let stopped: StoreError | undefined;
  const flush = (): void => {
    const group = waiting;
    waiting = [];
    if (group.length === 0) return;
    const outcomes = writeGroup(write, group);
    group.forEach(({ settle }, index) => settle(outcomes[index] ?? err({ kind: 'store-closed' })));
  };
  const join = (changes: readonly Change[], durability: Durability): Promise<Outcome> => {
    if (stopped !== undefined) return Promise.resolve(err(stopped));
    if (waiting.length === 0) void gather().then(flush);
    return new Promise((settle) => waiting.push({ changes, durability, settle }));
  };
  return {
    add: (changes, durability = 'power-loss') => new ResultAsync(join(changes, durability)),
    flush,
    stop: (error) => {
      stopped = error;
      for (const { settle } of waiting.splice(0)) settle(err(error));
    },
  };
};
