/**
 * The shelf: verified documents by epoch, in memory and on disk, and those who wait for them.
 * @module
 */
import type { Result } from 'neverthrow';
import type { Primitives } from '../crypto/primitives.js';
import { onAbort } from '../io/abort.js';
import { Arrivals } from '../io/arrivals.js';
import type { Clock, Log } from '../io/contracts.js';
import type { DocumentCache } from './document-cache.js';
import { verifyDocument, type DocumentError } from './document.js';
import type { Epoch } from './epoch.js';
import type { NetworkConfig } from './network.js';
import { viewOf, type NetworkView } from './view.js';

export interface KeptDocument {
  readonly view: NetworkView;
  /** The certificate as received. */
  readonly raw: Uint8Array;
}

export interface ShelfOptions {
  readonly clock: Clock;
  readonly config: NetworkConfig;
  readonly primitives: Primitives;
  readonly cache: DocumentCache | undefined;
  readonly log: Log;
}

export class DocumentShelf {
  readonly #options: ShelfOptions;
  readonly #documents = new Map<Epoch, KeptDocument>();
  readonly #listeners = new Set<Arrivals<NetworkView>>();

  constructor(options: ShelfOptions) {
    this.#options = options;
  }

  get(epoch: Epoch): KeptDocument | undefined {
    return this.#documents.get(epoch);
  }

  /** What a received document is worth now. */
  verify(epoch: Epoch, raw: Uint8Array): Result<KeptDocument, DocumentError> {
    const { primitives, config, clock } = this.#options;
    const authorityKey = config.authority.publicKey;
    return verifyDocument(primitives, raw, { authorityKey, epoch, nowMs: clock.now() }).map(
      (document) => ({ raw, view: viewOf(document, { ...config, primitives }) }),
    );
  }

  /** Keeps a verified document; listeners hear of it before it is on disk. */
  async keep(epoch: Epoch, document: KeptDocument): Promise<void> {
    this.#add(epoch, document);
    await this.#options.cache?.store(epoch, document.raw);
  }

  /** Takes up the documents on disk that are still wanted and still good; the others go. */
  async load(isWanted: (epoch: Epoch) => boolean): Promise<void> {
    const { cache } = this.#options;
    for (const { epoch, raw } of (await cache?.load(isWanted)) ?? []) {
      const document = this.verify(epoch, raw);
      if (document.isOk()) this.#add(epoch, document.value);
      else await cache?.remove(epoch);
    }
  }

  async forget(isWanted: (epoch: Epoch) => boolean): Promise<void> {
    for (const epoch of [...this.#documents.keys()].filter((each) => !isWanted(each))) {
      this.#documents.delete(epoch);
      await this.#options.cache?.remove(epoch);
    }
  }

  /** Tells every listener of an epoch's view, if it is here. */
  announce(epoch: Epoch): void {
    const document = this.get(epoch);
    if (document === undefined) return;
    for (const listener of this.#listeners) listener.push(document.view);
  }

  /** An epoch's view, and each one announced from then on, until one of the signals is aborted. */
  async *follow(
    first: () => Epoch,
    signals: readonly AbortSignal[],
  ): AsyncGenerator<NetworkView, void, undefined> {
    const arrivals = new Arrivals<NetworkView>();
    const current = this.get(first());
    if (current !== undefined) arrivals.push(current.view);
    this.#listeners.add(arrivals);
    const forget = signals.map((signal) => onAbort(signal, () => arrivals.end()));
    try {
      yield* arrivals;
    } finally {
      this.#listeners.delete(arrivals);
      for (const each of forget) each();
    }
  }

  #add(epoch: Epoch, document: KeptDocument): void {
    this.#documents.set(epoch, document);
    this.#options.log.write('info', 'pki', 'document kept', { epoch });
    this.announce(epoch);
  }
}
