/**
 * Turns: one thing after the other, so that each sees what the one before has changed.
 * @module
 */
import { type Result, ResultAsync } from 'neverthrow';

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all that was given before is done, even if that failed. */
  take<T, E>(work: () => PromiseLike<Result<T, E>>): ResultAsync<T, E> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return new ResultAsync(turn);
  }

  /** Resolves when all that was given so far is done. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
