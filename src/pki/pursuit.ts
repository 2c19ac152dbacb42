/**
 * A pursuit: what is remembered of the search for one epoch's document, and when to ask again.
 * @module
 */
import { uniform } from '../crypto/sample.js';
import type { Random } from '../io/contracts.js';

/** How one round of questions ended without a document. */
export type Outcome = 'missing' | 'gone';

export interface Pursuit {
  /** When to ask next, on the monotonic clock. */
  readonly nextAtMs: number;
  /** Rounds that ended without an answer worth keeping. */
  readonly rounds: number;
  /** How often in a row the first source had none yet. */
  readonly notFoundInRow: number;
  /** Whether there never will be one, as far as the last source knows. */
  readonly isGone: boolean;
}

export const NEW_PURSUIT: Pursuit = { nextAtMs: 0, rounds: 0, notFoundInRow: 0, isGone: false };

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * The pursuit after a fruitless round: the next one follows after 1 s growing to 30 s, less up to
 * half of it; where the document is gone, after `goneMs`, so that an authority that was wrong is
 * noticed without being pestered.
 */
export const afterRound = (
  pursuit: Pursuit,
  outcome: Outcome,
  { nowMs, goneMs, random }: { nowMs: number; goneMs: number; random: Random },
): Pursuit => {
  const pauseMs =
    outcome === 'gone'
      ? goneMs
      : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(pursuit.rounds, 16));
  return {
    ...pursuit,
    nextAtMs: nowMs + pauseMs * (1 - uniform(random) / 2),
    rounds: pursuit.rounds + 1,
    isGone: outcome === 'gone',
  };
};
