/**
 * The log of used reply blocks: one that is in it never leaves again.
 *
 * A header that is sent twice shows that two packets belong together, and its mixes drop the second.
 * So a use is on the disk before the packet is with the network.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import type { Primitives } from '../../crypto/primitives.js';
import type { Clock } from '../../io/contracts.js';
import type { SphinxGeometry } from '../../sphinx/geometry.js';
import type { Store, StoreError } from '../../store/store.js';
import { loadSeen, type Seen, type SeenTable, sweepHourly } from '../seen.js';
import { commitSteps } from '../step.js';

export interface UsedSurbsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly primitives: Pick<Primitives, 'hash'>;
  readonly geometry: Pick<SphinxGeometry, 'headerLength'>;
}

/** No mix keeps a key so long, or has published one so early. */
export const USED_SURBS: SeenTable = {
  collection: 'used-surb',
  limit: 100_000,
  lifetimeMs: 30 * 86_400_000,
};

export class UsedSurbs {
  readonly #deps: UsedSurbsDeps;
  readonly #seen: Seen;

  private constructor(deps: UsedSurbsDeps, seen: Seen) {
    this.#deps = deps;
    this.#seen = seen;
  }

  /** @errors `store-corrupt`: a record cannot be read */
  static open(deps: UsedSurbsDeps): ResultAsync<UsedSurbs, StoreError> {
    return loadSeen(deps.store, USED_SURBS, deps.clock.now()).map(
      (seen) => new UsedSurbs(deps, seen),
    );
  }

  /** Names a reply block by its header alone: what else is in it can be changed and be used. */
  keyOf(surb: Uint8Array): Uint8Array {
    const { primitives, geometry } = this.#deps;
    return primitives.hash.sha512_256(surb.subarray(0, geometry.headerLength));
  }

  has(surb: Uint8Array): boolean {
    return this.#seen.has(this.keyOf(surb));
  }

  /** Writes a use down; on the disk when ok. */
  note(surb: Uint8Array): ResultAsync<void, StoreError> {
    const { store, clock } = this.#deps;
    return commitSteps(store, [this.#seen.add(this.keyOf(surb), clock.now())]);
  }

  /** Forgets what no mix would take any more, until `signal` is aborted. */
  runExpiry(signal: AbortSignal, onError: (error: StoreError) => void): Promise<void> {
    const { store, clock } = this.#deps;
    const sweep = (): ResultAsync<void, StoreError> =>
      commitSteps(store, this.#seen.sweep(clock.now()));
    return sweepHourly(sweep, { clock, signal, onError });
  }
}
