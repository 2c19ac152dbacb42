/**
 * The chain: makes each epoch's document when its time has come, as long as the authority runs.
 * @module
 */
import { okAsync, type ResultAsync } from 'neverthrow';
import { onAbort } from '../../src/io/abort.js';
import type { Clock, Log } from '../../src/io/contracts.js';
import { epochAt, remainingMs, type Epoch } from '../../src/pki/epoch.js';
import type { ArchiveError } from './archive.js';
import { generate, type GenerateDeps, type Quorum } from './generate.js';

export interface ChainDeps extends GenerateDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Part of an epoch after which its successor's document is made. */
const GENERATE_PART = 1 / 2;
/** How long a network that has just begun waits for all its nodes before fewer will do. */
const GATHER_MS = 60_000;
/** Longest pause between two looks; descriptors are looked at when they come. */
const POLL_MS = 60_000;

export class Chain {
  readonly #deps: ChainDeps;
  /** The epoch in which a network without a document began to wait for all its nodes. */
  #bootstrap: Epoch | undefined;
  readonly #startedMs: number;
  #nap = new AbortController();
  #isWorking = false;

  constructor(deps: ChainDeps) {
    this.#deps = deps;
    this.#startedMs = deps.clock.monotonic();
    const now = this.#now();
    this.#bootstrap = deps.archive.document(now) ? undefined : now;
  }

  /** Whether the document of the current epoch may still be made. */
  readonly mayCome = (epoch: Epoch): boolean =>
    this.#bootstrap !== undefined &&
    (epoch === this.#bootstrap || epoch === this.#bootstrap + 1) &&
    !this.#deps.archive.isGone(epoch);

  get isBusy(): boolean {
    return this.#isWorking;
  }

  /** A descriptor has come. */
  wake(): void {
    this.#nap.abort();
  }

  /** Runs until the authority closes. */
  async run(): Promise<void> {
    const { clock, signal, epochTime, log } = this.#deps;
    while (!signal.aborted) {
      this.#nap = new AbortController();
      this.#isWorking = true;
      const made = await this.#makeWhatIsDue();
      this.#isWorking = false;
      if (made.isErr()) log.write('error', 'authority', 'no document stored', { ...made.error });
      const pauseMs = Math.min(POLL_MS, epochTime.periodMs / 20);
      const forget = onAbort(signal, () => this.#nap.abort());
      await clock.sleep(pauseMs, this.#nap.signal);
      forget();
    }
  }

  /** Nodes that start together post within moments; whom we left out now is out for an epoch. */
  get #isGathering(): boolean {
    const elapsedMs = this.#deps.clock.monotonic() - this.#startedMs;
    return this.#bootstrap !== undefined && elapsedMs < GATHER_MS;
  }

  #now(): Epoch {
    return epochAt(this.#deps.epochTime, this.#deps.clock.now());
  }

  #makeWhatIsDue(): ResultAsync<void, ArchiveError> {
    const { clock, epochTime, archive } = this.#deps;
    const now = this.#now();
    const isLate = remainingMs(epochTime, clock.now()) < epochTime.periodMs * GENERATE_PART;
    const quorum = this.#isGathering ? 'everybody' : 'enough';
    return this.#make(now, this.mayCome(now) ? 'everybody' : undefined)
      .andThen(() => this.#make(now + 1, isLate ? quorum : undefined))
      .andThen(() => archive.prune(now));
  }

  #make(epoch: Epoch, quorum: Quorum | undefined): ResultAsync<void, ArchiveError> {
    const { archive, clock, log } = this.#deps;
    if (!quorum || archive.document(epoch) || archive.isGone(epoch)) return okAsync(undefined);
    const made = generate(this.#deps, { epoch, nowMs: clock.now(), quorum });
    if (made.isErr()) {
      log.write('error', 'authority', 'document refused', { epoch, reason: made.error.kind });
      return okAsync(undefined);
    }
    if (!made.value) return okAsync(undefined);
    log.write('notice', 'authority', 'document made', { epoch });
    return archive.addDocument(epoch, made.value);
  }
}
