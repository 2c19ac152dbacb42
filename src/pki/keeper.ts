/**
 * The document keeper: has the documents that its owner needs, before they are needed.
 *
 * Two loops on the injected clock: one searches for missing documents, one tells when an epoch
 * begins. Sources are asked in order; a source that has nothing, or lies, only costs a question to
 * the next one. What is kept has been verified, whoever it came from.
 * @module
 */
import type { Result } from 'neverthrow';
import type { Primitives } from '../crypto/primitives.js';
import { uniform } from '../crypto/sample.js';
import type { Clock, Files, Log, Random } from '../io/contracts.js';
import { fetchWithin, type DocumentSource, type FetchError } from './directory.js';
import { openDocumentCache } from './document-cache.js';
import { isExpired, type DocumentError } from './document.js';
import { epochAt, epochStart, remainingMs, type Epoch } from './epoch.js';
import { EPOCHS_USABLE, LatestDocument, type DocumentState } from './latest.js';
import type { NetworkConfig } from './network.js';
import { afterRound, NEW_PURSUIT, type Outcome, type Pursuit } from './pursuit.js';
import { DocumentShelf, type KeptDocument } from './shelf.js';
import type { NetworkView } from './view.js';

/** Which documents a role needs besides that of the current epoch. */
export interface WantedDocuments {
  /** How many past epochs. */
  readonly past: number;
  /** The part of an epoch, 0 to 1, after which the next one's document is fetched. */
  readonly nextFrom: number;
}

export const CLIENT_WANTS: WantedDocuments = { past: 0, nextFrom: 7 / 8 };
export const MIX_WANTS: WantedDocuments = { past: 2, nextFrom: 7 / 8 };
/** Clients fetch theirs from the provider, so it has to be ahead of them. */
export const PROVIDER_WANTS: WantedDocuments = { past: 2, nextFrom: 1 / 2 };

export interface KeeperOptions {
  readonly clock: Clock;
  readonly config: NetworkConfig;
  readonly primitives: Primitives;
  readonly random: Random;
  /** In the order in which to ask. */
  readonly sources: readonly DocumentSource[];
  /** Default {@link CLIENT_WANTS}. */
  readonly wanted?: WantedDocuments;
  readonly files?: Files;
  /** Absolute directory for documents; with `files`, they survive a restart. */
  readonly cachePath?: string;
  readonly log: Log;
}

export interface DocumentKeeper {
  /** The view of an epoch, by default the current one; `undefined` while it is not here. */
  view(epoch?: Epoch): NetworkView | undefined;
  /** The view to go by, see {@link LatestDocument}; and what it is. */
  latest(): NetworkView | undefined;
  state(): DocumentState;
  /** The document as received, for handing on. */
  raw(epoch: Epoch): Uint8Array | undefined;
  /** Whether there is no document for an epoch and, by all that is known, never will be. */
  isGone(epoch: Epoch): boolean;
  /**
   * Each view as it is kept, and again as its epoch begins; first the current one, if it is here.
   * Every listener has its own queue. Ends with `signal` or the keeper.
   */
  changes(signal: AbortSignal): AsyncIterable<NetworkView>;
  /** Stops asking; resolves when nothing runs any more. */
  close(): Promise<void>;
}

/** Begins keeping; the cached documents and then the missing ones appear from now on. */
export const openDocumentKeeper = (options: KeeperOptions): DocumentKeeper => new Keeper(options);

type SeekError = FetchError | { readonly kind: 'bad-document'; readonly reason: DocumentError };

const badDocument = (reason: DocumentError): SeekError => ({ kind: 'bad-document', reason });

/** Time for an answer when there is another source to ask, ms. */
const SOURCE_MS = 30_000;
/** Time of the last source, which may have several addresses to try, ms. */
const LAST_SOURCE_MS = 120_000;
/** Wall clocks jump, so nothing sleeps longer than this. */
const LONGEST_SLEEP_MS = 60_000;
const SHORTEST_SLEEP_MS = 1;
/** The early fetches of many keepers are spread over this part of an epoch. */
const EARLY_SPREAD = 1 / 16;
/** With less than this part of an epoch left (60 s of 20 min), every source is asked at once. */
const URGENT = 1 / 20;
/** A document that is gone is asked for again after this part of an epoch. */
const GONE_PAUSE = 1 / 4;
const NOT_FOUND_LIMIT = 2;

class Keeper implements DocumentKeeper {
  readonly #options: KeeperOptions;
  readonly #wanted: WantedDocuments;
  readonly #shelf: DocumentShelf;
  readonly #stop = new AbortController();
  readonly #pursuits = new Map<Epoch, Pursuit>();
  /** Why each source has not given the current epoch's document, as the log has it. */
  readonly #told = new Map<string, string>();
  readonly #latest: LatestDocument;
  readonly #running: Promise<unknown>;
  #early: { readonly epoch: Epoch; readonly atMs: number } | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#wanted = options.wanted ?? CLIENT_WANTS;
    const { files, cachePath, log } = options;
    const isCached = files !== undefined && cachePath !== undefined;
    const cache = isCached ? openDocumentCache(files, cachePath, log) : undefined;
    this.#shelf = new DocumentShelf({ ...options, cache });
    const { epochTime } = options.config;
    this.#latest = new LatestDocument({ ...options, epochTime, view: (epoch) => this.view(epoch) });
    this.#running = Promise.all([this.#seekAlways(), this.#watchEpochs()]);
  }

  view(epoch: Epoch = this.#now()): NetworkView | undefined {
    return this.#shelf.get(epoch)?.view;
  }

  latest(): NetworkView | undefined {
    return this.#latest.view;
  }

  state(): DocumentState {
    return this.#latest.state;
  }

  raw(epoch: Epoch): Uint8Array | undefined {
    return this.#shelf.get(epoch)?.raw;
  }

  isGone(epoch: Epoch): boolean {
    return this.#pursuitOf(epoch).isGone;
  }

  changes(signal: AbortSignal): AsyncIterable<NetworkView> {
    return this.#shelf.follow(() => this.#now(), [signal, this.#stop.signal]);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  get #closed(): boolean {
    return this.#stop.signal.aborted;
  }

  #now(): Epoch {
    return epochAt(this.#options.config.epochTime, this.#options.clock.now());
  }

  /** Every fruitless round puts the next one off, so this cannot spin. */
  async #seekAlways(): Promise<void> {
    await this.#shelf.load(this.#isWanted);
    while (!this.#closed) {
      await this.#forgetUnwanted();
      const epoch = this.#missing().find((each) => this.#pauseBefore(each) <= 0);
      if (epoch === undefined) await this.#sleep(this.#idleMs());
      else await this.#seek(epoch);
    }
  }

  async #watchEpochs(): Promise<void> {
    const { clock, config } = this.#options;
    for (let epoch = this.#now(); !this.#closed;) {
      await this.#sleep(remainingMs(config.epochTime, clock.now()));
      const next = this.#now();
      if (next !== epoch) this.#shelf.announce(next);
      epoch = next;
      this.#latest.warn();
    }
  }

  #sleep(ms: number): Promise<void> {
    const bounded = Math.max(SHORTEST_SLEEP_MS, Math.min(Math.ceil(ms), LONGEST_SLEEP_MS));
    return this.#options.clock.sleep(bounded, this.#stop.signal);
  }

  readonly #isWanted = (epoch: Epoch): boolean => {
    const now = this.#now();
    // Without a current one there may be nothing better than an old one.
    const { past } = this.#wanted;
    const kept = this.#shelf.get(now) ? past : Math.max(past, EPOCHS_USABLE);
    return epoch >= now - kept && epoch <= now + 1;
  };

  async #forgetUnwanted(): Promise<void> {
    for (const epoch of [...this.#pursuits.keys()].filter((each) => !this.#isWanted(each))) {
      this.#pursuits.delete(epoch);
    }
    await this.#shelf.forget(this.#isWanted);
  }

  /** Wanted epochs without a document, the most pressing first. */
  #missing(): readonly Epoch[] {
    const now = this.#now();
    const past = Array.from({ length: this.#wanted.past }, (_, i) => now - 1 - i);
    const next = this.#options.clock.now() >= this.#earlyMs(now) ? [now + 1] : [];
    return [now, ...next, ...past].filter((epoch) => epoch >= 0 && !this.#shelf.get(epoch));
  }

  /** When to begin with the document of the epoch after `now`; drawn once per epoch. */
  #earlyMs(now: Epoch): number {
    if (this.#early?.epoch !== now) {
      const { epochTime } = this.#options.config;
      const part = this.#wanted.nextFrom + EARLY_SPREAD * uniform(this.#options.random);
      this.#early = { epoch: now, atMs: epochStart(epochTime, now) + part * epochTime.periodMs };
    }
    return this.#early.atMs;
  }

  #pursuitOf(epoch: Epoch): Pursuit {
    return this.#pursuits.get(epoch) ?? NEW_PURSUIT;
  }

  #pauseBefore(epoch: Epoch): number {
    return this.#pursuitOf(epoch).nextAtMs - this.#options.clock.monotonic();
  }

  #idleMs(): number {
    const { clock, config } = this.#options;
    const nowMs = clock.now();
    const earlyMs = this.#earlyMs(this.#now()) - nowMs;
    return Math.min(
      remainingMs(config.epochTime, nowMs),
      ...(earlyMs > 0 ? [earlyMs] : []),
      ...this.#missing().map((epoch) => this.#pauseBefore(epoch)),
    );
  }

  /** One round: sources in order, until one has the document or the others may wait. */
  async #seek(epoch: Epoch): Promise<void> {
    let outcome: Outcome = 'missing';
    for (const [index, source] of this.#options.sources.entries()) {
      const found = await this.#fetch(source, epoch);
      if (this.#closed) return;
      if (found.isOk()) {
        this.#pursuits.delete(epoch);
        this.#told.clear();
        return this.#shelf.keep(epoch, found.value);
      }
      this.#report(source, epoch, found.error);
      outcome = this.#isFinal(epoch, found.error) ? 'gone' : 'missing';
      if (index === 0) this.#countNotFound(epoch, found.error);
      if (found.error.kind === 'not-found' && this.#canWait(epoch)) break;
    }
    this.#putOff(epoch, outcome);
  }

  #countNotFound(epoch: Epoch, error: SeekError): void {
    const pursuit = this.#pursuitOf(epoch);
    const notFoundInRow = error.kind === 'not-found' ? pursuit.notFoundInRow + 1 : 0;
    this.#pursuits.set(epoch, { ...pursuit, notFoundInRow });
  }

  /** Whether "not yet" from one source is no reason to bother the next one. */
  #canWait(epoch: Epoch): boolean {
    const { clock, config } = this.#options;
    const leftMs = epochStart(config.epochTime, epoch) - clock.now();
    const { notFoundInRow } = this.#pursuitOf(epoch);
    return leftMs >= URGENT * config.epochTime.periodMs && notFoundInRow < NOT_FOUND_LIMIT;
  }

  /** An expired document of the past comes from every source alike. */
  #isFinal(epoch: Epoch, error: SeekError): boolean {
    if (error.kind === 'gone') return true;
    return error.kind === 'bad-document' && isExpired(error.reason) && epoch < this.#now();
  }

  #putOff(epoch: Epoch, outcome: Outcome): void {
    const { clock, config, random } = this.#options;
    const goneMs = GONE_PAUSE * config.epochTime.periodMs;
    const times = { nowMs: clock.monotonic(), goneMs, random };
    this.#pursuits.set(epoch, afterRound(this.#pursuitOf(epoch), outcome, times));
  }

  async #fetch(source: DocumentSource, epoch: Epoch): Promise<Result<KeptDocument, SeekError>> {
    const limitMs = source === this.#options.sources.at(-1) ? LAST_SOURCE_MS : SOURCE_MS;
    const limits = { clock: this.#options.clock, limitMs, signal: this.#stop.signal };
    const answer = await fetchWithin(source, epoch, limits);
    return answer.andThen((raw) => this.#shelf.verify(epoch, raw).mapErr(badDocument));
  }

  #report(source: DocumentSource, epoch: Epoch, error: SeekError): void {
    const isBad = error.kind === 'bad-document';
    const reason = isBad ? error.reason.kind : error.kind;
    const facts = { source: source.name, epoch, reason };
    const isNews = this.#isNews(source, epoch, reason);
    const level = isBad ? 'warning' : isNews ? 'info' : 'debug';
    this.#options.log.write(level, 'pki', 'no document', facts);
  }

  /** Questions come again and again, and documents of other epochs may be missing by right. */
  #isNews({ name }: DocumentSource, epoch: Epoch, reason: string): boolean {
    if (epoch !== this.#now() || this.#told.get(name) === reason) return false;
    this.#told.set(name, reason);
    return true;
  }
}
