/**
 * Sends that their callers have named: each is accepted once, whatever crashed before its answer.
 *
 * A name is on disk by the same commit as the mail, so there is never one without the other. It
 * stays when the mail has left, for as long as its caller may come back; of the mail itself, whom it
 * was for and what became of it, nothing is kept.
 * @module
 */
import { okAsync, type Result, type ResultAsync } from 'neverthrow';
import { utf8 } from '../../bytes/text.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Clock } from '../../io/contracts.js';
import type { Store, StoreError } from '../../store/store.js';
import { commitSteps, type Step } from '../step.js';
import { loadSeen, type Seen, type SeenTable, sweepHourly } from '../seen.js';
import { Turns } from '../../io/turns.js';

const DAY_MS = 86_400_000;

/** Callers come back after a crash, and that may be after a holiday. */
export const NAMED_SENDS: SeenTable = {
  collection: 'outbox-seen',
  limit: 100_000,
  lifetimeMs: 30 * DAY_MS,
};

export interface NamedSendsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly primitives: Pick<Primitives, 'hash'>;
}

/** What to do for a name. */
export interface NamedSend<T, E> {
  /** It is new: accepts the mail, and stores `name` by the same commit. */
  readonly first: (name: Step) => ResultAsync<T, E>;
  /** It was accepted before: answers as then. */
  readonly again: () => Result<T, E>;
}

export class NamedSends {
  readonly #deps: NamedSendsDeps;
  readonly #seen: Seen;
  readonly #turns = new Turns();

  private constructor(deps: NamedSendsDeps, seen: Seen) {
    this.#deps = deps;
    this.#seen = seen;
  }

  /** @errors `store-corrupt`: a record cannot be read */
  static open(deps: NamedSendsDeps): ResultAsync<NamedSends, StoreError> {
    return loadSeen(deps.store, NAMED_SENDS, deps.clock.now()).map(
      (seen) => new NamedSends(deps, seen),
    );
  }

  /** Does what is right for a name. One at a time, so that none is new to two sends. */
  once<T, E>(name: string, { first, again }: NamedSend<T, E>): ResultAsync<T, E | StoreError> {
    const key = this.#deps.primitives.hash.sha512_256(utf8(name));
    return this.#turns.take((): ResultAsync<T, E | StoreError> =>
      this.#seen.has(key) ? this.#refresh(key).andThen(again) : first(this.#note(key)),
    );
  }

  /** Forgets names, an hour after the opening for the first time, until `signal` is aborted. */
  runExpiry(signal: AbortSignal, onError: (error: StoreError) => void): Promise<void> {
    const { clock } = this.#deps;
    return sweepHourly(() => this.#turns.take(() => this.#sweep()), { clock, signal, onError });
  }

  /** Resolves when all that was begun is done. */
  idle(): Promise<void> {
    return this.#turns.idle();
  }

  #note(key: Uint8Array): Step {
    return this.#seen.add(key, this.#deps.clock.now());
  }

  #refresh(key: Uint8Array): ResultAsync<void, StoreError> {
    return this.#commit(this.#seen.refresh(key, this.#deps.clock.now()));
  }

  #sweep(): ResultAsync<void, StoreError> {
    return this.#commit(this.#seen.sweep(this.#deps.clock.now()));
  }

  #commit(steps: readonly Step[]): ResultAsync<void, StoreError> {
    return steps.length === 0 ? okAsync(undefined) : commitSteps(this.#deps.store, steps);
  }
}
