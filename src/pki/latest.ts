/**
 * The latest document: what to go by while the current one is missing, and when that is over.
 *
 * An old document is good for as long as nothing in it has expired and its nodes have mix keys for
 * the current epoch; so a network outlives its authority's pause for a while.
 * @module
 */
import type { Clock, Log } from '../io/contracts.js';
import { MIX_KEYS_PUBLISHED } from './descriptor.js';
import { epochAt, type Epoch, type EpochTime } from './epoch.js';
import type { NetworkView } from './view.js';

/** Which document there is to go by: that of the current epoch, an older one, or none. */
export type DocumentState = 'current' | 'stale' | 'missing';

/** Past epochs whose documents have keys for the current one. */
export const EPOCHS_USABLE = MIX_KEYS_PUBLISHED - 1;

export interface LatestDeps {
  readonly clock: Clock;
  readonly epochTime: EpochTime;
  readonly log: Log;
  readonly view: (epoch: Epoch) => NetworkView | undefined;
}

export class LatestDocument {
  readonly #deps: LatestDeps;
  /** What the log has last. */
  #told: DocumentState = 'missing';

  constructor(deps: LatestDeps) {
    this.#deps = deps;
  }

  get view(): NetworkView | undefined {
    const { clock, view } = this.#deps;
    const now = this.#now();
    for (let epoch = now; epoch >= now - EPOCHS_USABLE; epoch--) {
      const found = view(epoch);
      if (found && (epoch === now || clock.now() <= found.validUntilMs)) return found;
    }
    return undefined;
  }

  get state(): DocumentState {
    const epoch = this.view?.epoch;
    if (epoch === undefined) return 'missing';
    return epoch === this.#now() ? 'current' : 'stale';
  }

  /** Says once that the document is old, and once that it has expired. */
  warn(): void {
    const { state } = this;
    if (state === this.#told) return;
    this.#told = state;
    const message = state === 'stale' ? 'document is stale' : 'document has expired';
    if (state === 'current') return;
    this.#deps.log.write('warning', 'pki', message, { epoch: this.#now() });
  }

  #now(): Epoch {
    return epochAt(this.#deps.epochTime, this.#deps.clock.now());
  }
}
