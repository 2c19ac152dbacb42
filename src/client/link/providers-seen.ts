/**
 * Providers that some document has named: one that is away for an epoch is still one.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { utf8 } from '../../bytes/text.js';
import type { Clock } from '../../io/contracts.js';
import { nodeNamed, type NetworkView } from '../../pki/view.js';
import type { Store, StoreError } from '../../store/store.js';
import { loadSeen, type Seen, type SeenTable } from '../seen.js';
import { commitSteps } from '../step.js';

const DAY_MS = 86_400_000;

const PROVIDERS: SeenTable = {
  collection: 'providers-seen',
  limit: 10_000,
  lifetimeMs: 90 * DAY_MS,
};

export interface ProvidersDeps {
  readonly store: Store;
  readonly clock: Clock;
}

export class ProvidersSeen {
  readonly #deps: ProvidersDeps;
  readonly #seen: Seen;

  private constructor(deps: ProvidersDeps, seen: Seen) {
    this.#deps = deps;
    this.#seen = seen;
  }

  /** @errors `store-corrupt`: a record cannot be read */
  static open(deps: ProvidersDeps): ResultAsync<ProvidersSeen, StoreError> {
    return loadSeen(deps.store, PROVIDERS, deps.clock.now()).map(
      (seen) => new ProvidersSeen(deps, seen),
    );
  }

  /** Remembers the providers of a document; what a crash forgets the next document says again. */
  note({ exits }: NetworkView): ResultAsync<void, StoreError> {
    const nowMs = this.#deps.clock.now();
    const keys = exits.map(({ name }) => utf8(name));
    const steps = keys.flatMap((key) =>
      this.#seen.has(key) ? this.#seen.refresh(key, nowMs) : [this.#seen.add(key, nowMs)],
    );
    return commitSteps(this.#deps.store, [...steps, ...this.#seen.sweep(nowMs)]);
  }

  /** Whether this may be a provider; without a document anything may. */
  has(name: string, view: NetworkView | undefined): boolean {
    if (view === undefined) return true;
    return nodeNamed(view.exits, name) !== undefined || this.#seen.has(utf8(name));
  }
}
