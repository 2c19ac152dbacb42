/**
 * Ids of mails that were sent: what others know them by, and what they are here.
 *
 * A mail program files its own copy under the id that it made up; answers name the one that the mail
 * left under.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { fromUtf8, utf8 } from '../../bytes/text.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Clock } from '../../io/contracts.js';
import type { Renamed } from '../../sanitise/fields.js';
import type { Store, StoreError } from '../../store/store.js';
import { idKey, SENT_IDS } from '../mail-ids.js';
import { loadSeen, type Seen, sweepHourly } from '../seen.js';
import { commitSteps, type Step } from '../step.js';

export interface SentIdsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly primitives: Pick<Primitives, 'hash'>;
}

export class SentIds {
  readonly #deps: SentIdsDeps;
  readonly #seen: Seen;

  private constructor(deps: SentIdsDeps, seen: Seen) {
    this.#deps = deps;
    this.#seen = seen;
  }

  /** @errors `store-corrupt`: a record cannot be read */
  static open(deps: SentIdsDeps): ResultAsync<SentIds, StoreError> {
    return loadSeen(deps.store, SENT_IDS, deps.clock.now()).map((seen) => new SentIds(deps, seen));
  }

  /** Remembers under which id a mail has left. */
  note({ from, to }: Renamed): readonly Step[] {
    const key = idKey(this.#deps.primitives, to);
    const now = this.#deps.clock.now();
    return this.#seen.has(key)
      ? this.#seen.refresh(key, now)
      : [this.#seen.add(key, now, utf8(from))];
  }

  /** What a mail is called here that others know as `id`; `undefined` for those of others. */
  idHere(id: string): string | undefined {
    const note = this.#seen.noteOf(idKey(this.#deps.primitives, id));
    return note && fromUtf8(note);
  }

  /** Forgets what nobody answers any more, until `signal` is aborted. */
  runExpiry(signal: AbortSignal, onError: (error: StoreError) => void): Promise<void> {
    const { store, clock } = this.#deps;
    const sweep = (): ResultAsync<void, StoreError> =>
      commitSteps(store, this.#seen.sweep(clock.now()));
    return sweepHourly(sweep, { clock, signal, onError });
  }
}
