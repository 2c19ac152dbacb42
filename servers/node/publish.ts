/**
 * Publication: each epoch's descriptor is signed once and posted until it is settled.
 *
 * The bytes are kept, over restarts too: an authority takes the same bytes again and refuses any
 * others. Posting ends with Ok, with Conflict, or when the epoch's document exists.
 *
 * When: for the next epoch in the first half of this one; for this one when it has no document,
 * which is how a network begins; and in that case for the next one too at any time, so that a young
 * network has no gap.
 * @module
 */
import { okAsync, type ResultAsync } from 'neverthrow';
import { concat } from '../../src/bytes/writer.js';
import { onAbort } from '../../src/io/abort.js';
import type { Clock, Log } from '../../src/io/contracts.js';
import { epochAt, remainingMs, type Epoch, type EpochTime } from '../../src/pki/epoch.js';
import type { Change, Store, StoredRecord, StoreError } from '../../src/store/store.js';
import { epochKey, epochOfKey, isEpochKey } from './mix-keys.js';

/** How an attempt to post ended. */
export type PostOutcome = 'accepted' | 'conflict' | 'failed';

export interface PublisherDeps {
  readonly clock: Clock;
  readonly epochTime: EpochTime;
  readonly store: Store;
  readonly retryMs: number;
  /** Whether an epoch's document is here. */
  readonly hasDocument: (epoch: Epoch) => boolean;
  /** Signs a descriptor whose mix keys are durable. */
  readonly sign: (epoch: Epoch) => ResultAsync<Uint8Array, SignError>;
  readonly post: (epoch: Epoch, raw: Uint8Array) => Promise<PostOutcome>;
  /** Shows people the descriptor that holds now; called when it is another one. */
  readonly show: (epoch: Epoch, raw: Uint8Array) => Promise<void>;
  readonly count: (event: string) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Why there is no descriptor to post. */
export type SignError = StoreError | { readonly kind: 'bad-descriptor'; readonly rule: string };

interface Publication {
  readonly raw: Uint8Array;
  /** Nothing is left to do: the authority said Ok or Conflict. */
  readonly settled: boolean;
  /** Signed in its own epoch: the network was just beginning. */
  readonly young: boolean;
}

/** Where signed descriptors are kept, by their epochs. */
export const PUBLICATIONS = 'publications';
const SETTLED = 1;
const YOUNG = 2;
/** Part of an epoch in which its successor may still be published. */
const DEADLINE_PART = 1 / 2;
/** Wall clocks jump, so nothing sleeps longer than this. */
const LONGEST_SLEEP_MS = 60_000;

export class Publisher {
  readonly #deps: PublisherDeps;
  readonly #publications = new Map<Epoch, Publication>();
  /** Epochs that are posted once more, whatever was settled. */
  readonly #again = new Set<Epoch>();
  #missedFor: Epoch | undefined;
  #shown: Epoch | undefined;
  #nap = new AbortController();

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
  }

  /** Reads what was signed before a restart; to be called once, first. */
  load(): ResultAsync<void, StoreError> {
    return this.#deps.store.list(PUBLICATIONS).map((records) => {
      for (const record of records.filter(isPublication)) {
        this.#publications.set(epochOfKey(record.key), decode(record.value));
      }
    });
  }

  /** Whether the authority has our descriptor of an epoch, or has refused it for good. */
  isSettled(epoch: Epoch): boolean {
    return this.#publications.get(epoch)?.settled ?? false;
  }

  /** Publishes what is due, until the signal. */
  async run(): Promise<void> {
    const { clock, signal, epochTime, retryMs } = this.#deps;
    onAbort(signal, () => this.wake());
    while (!signal.aborted) {
      // Made before the attempts: a document that comes meanwhile must not be slept over.
      this.#nap = new AbortController();
      await this.#show();
      const left = await this.#publishDue();
      const idleMs = Math.min(LONGEST_SLEEP_MS, remainingMs(epochTime, clock.now()));
      await clock.sleep(left ? Math.min(retryMs, idleMs) : idleMs, this.#nap.signal);
    }
  }

  /** Looks again at once: a document has come, or the node closes. */
  wake(): void {
    this.#nap.abort();
  }

  /**
   * Posts what was signed once more, whatever was settled and whatever documents there are (an
   * operator's wish).
   *
   * @returns the epochs whose descriptors go out again
   */
  republish(): readonly Epoch[] {
    const epochs = [...this.#publications.keys()].sort((a, b) => a - b);
    for (const epoch of epochs) this.#again.add(epoch);
    this.wake();
    return epochs;
  }

  /** @returns whether anything is left to be tried again soon */
  async #publishDue(): Promise<boolean> {
    const { clock, epochTime, signal } = this.#deps;
    const now = epochAt(epochTime, clock.now());
    await this.#forget(now);
    let left = false;
    for (const epoch of this.#due(now)) {
      if (signal.aborted) return false;
      if (!(await this.#publish(epoch, now))) left = true;
    }
    return left || this.#again.size > 0 || !this.#deps.hasDocument(now);
  }

  #due(now: Epoch): readonly Epoch[] {
    const isOpen = (epoch: Epoch): boolean =>
      !this.#deps.hasDocument(epoch) && !this.isSettled(epoch);
    return [now, now + 1].filter(
      (epoch) =>
        this.#again.has(epoch) || (isOpen(epoch) && (epoch === now || this.#mayPublishNext(now))),
    );
  }

  #mayPublishNext(now: Epoch): boolean {
    const { clock, epochTime, hasDocument } = this.#deps;
    const inTime = remainingMs(epochTime, clock.now()) > epochTime.periodMs * DEADLINE_PART;
    const isYoung = hasDocument(now) && (this.#publications.get(now)?.young ?? false);
    if (inTime || isYoung || this.#publications.has(now + 1)) return true;
    if (this.#missedFor !== now + 1) {
      this.#missedFor = now + 1;
      this.#deps.count('publish.deadline-missed');
      this.#deps.log.write('warning', 'publish', 'deadline missed', { epoch: now + 1 });
    }
    return false;
  }

  /** @returns whether the epoch is settled */
  async #publish(epoch: Epoch, now: Epoch): Promise<boolean> {
    const { count, log, post } = this.#deps;
    const publication = await this.#signedOnce(epoch, now);
    if (publication.isErr()) {
      count('publish.not-signed');
      log.write('error', 'publish', 'no descriptor', { epoch, reason: publication.error.kind });
      return false;
    }
    await this.#show();
    const outcome = await post(epoch, publication.value.raw);
    count(`publish.${outcome}`);
    log.write('info', 'publish', 'descriptor posted', { epoch, outcome });
    if (outcome === 'failed') return false;
    this.#again.delete(epoch);
    const kept = await this.#keep(epoch, { ...publication.value, settled: true });
    // Not kept: the same bytes are posted once more, which the authority takes for what it is.
    return kept.isOk();
  }

  /** That of this epoch; where it came too late for the document, one that only people see. */
  async #show(): Promise<void> {
    const { clock, epochTime, hasDocument, sign, show } = this.#deps;
    const now = epochAt(epochTime, clock.now());
    const known = this.#publications.get(now);
    // What is not known and not too late is signed to be posted, and shown then.
    if (now === this.#shown || (known === undefined && !hasDocument(now))) return;
    const raw = known?.raw ?? (await sign(now).unwrapOr(undefined));
    if (raw === undefined) return;
    this.#shown = now;
    await show(now, raw);
  }

  /** The descriptor of an epoch, kept before anybody sees it. */
  #signedOnce(epoch: Epoch, now: Epoch): ResultAsync<Publication, SignError> {
    const known = this.#publications.get(epoch);
    if (known) return okAsync(known);
    return this.#deps.sign(epoch).andThen((raw) => {
      const publication = { raw, settled: false, young: epoch === now };
      return this.#keep(epoch, publication).andThen(() => this.#kept(epoch, publication));
    });
  }

  /** In a store that processes share, the descriptor that another one was first to sign. */
  #kept(epoch: Epoch, ours: Publication): ResultAsync<Publication, StoreError> {
    return this.#deps.store.get(PUBLICATIONS, epochKey(epoch)).map((value) => {
      const publication = value === undefined ? ours : decode(value);
      this.#publications.set(epoch, publication);
      return publication;
    });
  }

  #keep(epoch: Epoch, publication: Publication): ResultAsync<void, StoreError> {
    const value = encode(publication);
    return this.#deps.store
      .commit([{ kind: 'put', collection: PUBLICATIONS, key: epochKey(epoch), value }])
      .map(() => void this.#publications.set(epoch, publication));
  }

  async #forget(now: Epoch): Promise<void> {
    const old = [...this.#publications.keys()].filter((epoch) => epoch < now);
    if (old.length === 0) return;
    for (const epoch of old) {
      this.#publications.delete(epoch);
      this.#again.delete(epoch);
    }
    const removed = await this.#deps.store.commit(old.map(removal));
    if (removed.isErr()) this.#deps.count('publish.not-removed');
  }
}

const removal = (epoch: Epoch): Change => ({
  kind: 'delete',
  collection: PUBLICATIONS,
  key: epochKey(epoch),
});

const isPublication = ({ key, value }: StoredRecord): boolean =>
  isEpochKey(key) && value.length > 1;

const encode = ({ raw, settled, young }: Publication): Uint8Array =>
  concat(Uint8Array.of((settled ? SETTLED : 0) | (young ? YOUNG : 0)), raw);

const decode = (value: Uint8Array): Publication => {
  const flags = value[0] ?? 0;
  return {
    raw: value.slice(1),
    settled: (flags & SETTLED) !== 0,
    young: (flags & YOUNG) !== 0,
  };
};
