/**
 * Steps: how the inbox changes what is stored and what it remembers of it, in this order.
 * @module
 */
import { errAsync, ResultAsync } from 'neverthrow';
import type { Change, Store, StoreError } from '../store/store.js';

/** A change of stored records, with the change of memory that follows once it is durable. */
export interface Step {
  readonly changes: readonly Change[];
  readonly apply: () => void;
}

/** All steps in one commit; memory stays as it was when that fails. */
export const commitSteps = (
  store: Store,
  steps: readonly Step[],
): ResultAsync<void, StoreError> =>
  store
    .commit(steps.flatMap((step) => step.changes))
    .map(() => steps.forEach((step) => step.apply()));

/** Does one thing after the other, so that each sees what the one before has stored. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #ended = false;

  /** Runs `work` when all before it is done, even if that failed. */
  take<T, E>(work: () => ResultAsync<T, E>): ResultAsync<T, E | StoreError> {
    if (this.#ended) return errAsync({ kind: 'store-closed' });
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return new ResultAsync(turn);
  }

  /** Takes no more work, and waits for what has begun. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#last;
  }
}
