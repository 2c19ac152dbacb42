/**
 * Steps: how what is stored changes, and then what is remembered of it.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import type { Change, Store, StoreError } from '../store/store.js';

/** A change of stored records, with the change of memory that follows once it is durable. */
export interface Step {
  readonly changes: readonly Change[];
  readonly apply: () => void;
}

/** A step that nothing in memory follows. */
export const changesOnly = (changes: readonly Change[]): Step => ({
  changes,
  apply: () => undefined,
});

/** All steps in one commit; memory stays as it was when that fails. */
export const commitSteps = (store: Store, steps: readonly Step[]): ResultAsync<void, StoreError> =>
  store
    .commit(steps.flatMap((step) => step.changes))
    .map(() => steps.forEach((step) => step.apply()));
