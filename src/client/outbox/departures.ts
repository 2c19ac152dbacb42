/**
 * Departures: what keeps a mail that was accepted from leaving: a key that is missing, or its
 * account's wish to send in batches.
 *
 * A batch leaves about once a day; until then its mails wait, and cover traffic goes on as ever. The
 * moment is of the wall clock and on disk: a restart brings it no nearer, and one that passed while
 * nobody ran is met at the next start.
 * @module
 */
import { err, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { parse } from '../../bytes/reader.js';
import { utf8 } from '../../bytes/text.js';
import { Writer } from '../../bytes/writer.js';
import { uniform } from '../../crypto/sample.js';
import type { StoreError } from '../../store/store.js';
import { Pulse } from '../pulse.js';
import { Turns } from '../../io/turns.js';
import type { Departure, MailDelay, QueuedMail } from '../types.js';
import type { OutboxDeps } from './contracts.js';
import type { OutboxEntry } from './entry.js';
import type { OutboxRecord } from './records.js';
import type { Schedule } from './schedule.js';
import { WaitingMail } from './waiting.js';

export type DeparturesDeps = Pick<
  OutboxDeps,
  'store' | 'clock' | 'random' | 'health' | 'delay' | 'waitsFor'
>;

/** What is on disk, once it is other than the configuration alone would have it. */
interface Settled {
  /** What the configuration said then; when it says something else, that counts. */
  readonly configured: MailDelay;
  readonly delay: MailDelay;
  /** When the next batch leaves, ms since the Unix epoch. */
  readonly nextAtMs: number;
  /** The last mail, in the order of acceptance, that need not wait. */
  readonly upTo: number;
}

const HOUR_MS = 3_600_000;
const SHORTEST_MS = 18 * HOUR_MS;
const LONGEST_MS = 30 * HOUR_MS;
/** Wall clocks are put right, and machines sleep: nobody waits longer before looking again. */
const LOOK_MS = 10 * 60_000;
const MIN_RETRY_MS = 1_000;

const COLLECTION = 'departures';
const KEY = utf8('batch');
const DELAYS = ['usual', 'batch'] as const satisfies readonly MailDelay[];
const RECORD_LENGTH = 1 + 1 + 8 + 8;

const encode = ({ configured, delay, nextAtMs, upTo }: Settled): Uint8Array =>
  new Writer(RECORD_LENGTH)
    .u8(DELAYS.indexOf(configured))
    .u8(DELAYS.indexOf(delay))
    .u64(nextAtMs)
    .u64(upTo)
    .done();

const decode = (bytes: Uint8Array): Result<Settled, StoreError> => {
  const settled = parse(bytes, (from) => ({
    configured: DELAYS[from.u8('configured')],
    delay: DELAYS[from.u8('delay')],
    nextAtMs: from.u64('next_at'),
    upTo: from.u64('up_to'),
  })).unwrapOr(undefined);
  const { configured, delay } = settled ?? {};
  return settled && configured && delay
    ? ok({ ...settled, configured, delay })
    : err({ kind: 'store-corrupt', collection: COLLECTION });
};

/** What an earlier run has left. */
interface Last {
  readonly settled: Settled;
  readonly sequence: number;
}

/** All mail of an outbox: what may leave is in the schedule, and the rest here. */
export class Departures {
  readonly #deps: DeparturesDeps;
  readonly #schedule: Schedule;
  readonly #keyless = new WaitingMail();
  /** In the order of acceptance. */
  readonly #held = new Set<OutboxEntry>();
  readonly #changed = new Pulse();
  readonly #turns = new Turns();
  #settled: Settled;
  #lastSequence: number;

  private constructor(deps: DeparturesDeps, schedule: Schedule, last: Last) {
    this.#deps = deps;
    this.#schedule = schedule;
    this.#settled = last.settled;
    this.#lastSequence = Math.max(last.sequence, last.settled.upTo);
  }

  /** @param sequence - of the last mail in the outbox; none of them waits if batches begin now */
  static open(
    deps: DeparturesDeps,
    schedule: Schedule,
    sequence: number,
  ): ResultAsync<Departures, StoreError> {
    const { store, delay } = deps;
    const unsettled = { configured: delay, delay, nextAtMs: 0, upTo: sequence };
    return store
      .get(COLLECTION, KEY)
      .andThen((bytes) => (bytes === undefined ? ok(undefined) : decode(bytes)))
      .andThen((kept) => {
        const departures = new Departures(deps, schedule, { settled: kept ?? unsettled, sequence });
        const isSettled = kept === undefined ? delay === 'usual' : kept.configured === delay;
        return isSettled ? okAsync(departures) : departures.set(delay).map(() => departures);
      });
  }

  /** Mail that waits for a key. */
  get keyless(): Pick<WaitingMail, 'addresses' | 'of'> {
    return this.#keyless;
  }

  /** Of the last mail that is known of; also where none is left, the next one's is higher. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  get state(): Departure {
    const { delay, nextAtMs } = this.#settled;
    return { delay, nextBatchAtMs: delay === 'batch' ? nextAtMs : undefined };
  }

  /** How long a mail that is accepted now has to wait, ms. */
  get waitMs(): number {
    const { delay, nextAtMs } = this.#settled;
    if (delay === 'usual') return 0;
    return Math.min(LONGEST_MS, Math.max(0, nextAtMs - this.#deps.clock.now()));
  }

  /** A mail that was accepted. */
  add(entry: OutboxEntry): void {
    const { sequence, recipientKey } = entry.record;
    this.#lastSequence = Math.max(this.#lastSequence, sequence);
    if (recipientKey === undefined) this.#keyless.add(entry);
    else if (this.#mustWait(entry)) this.#held.add(entry);
    else this.#schedule.add(entry.progress);
  }

  /** A mail that has waited for a key has it, in its record. */
  keyed(entry: OutboxEntry, record: OutboxRecord): void {
    this.#keyless.remove(entry);
    entry.record = record;
    this.add(entry);
  }

  /** A mail that leaves no more. */
  remove(entry: OutboxEntry): void {
    this.#keyless.remove(entry);
    this.#held.delete(entry);
    this.#schedule.remove(entry.progress);
  }

  /** What a mail waits for; `queued`: nothing. */
  stateOf(entry: OutboxEntry): QueuedMail['state'] {
    if (this.#held.has(entry)) return 'awaiting-batch';
    const { recipient, recipientKey } = entry.record;
    return recipientKey === undefined ? this.#deps.waitsFor(recipient) : 'queued';
  }

  /**
   * From now on; durable when ok. Mail that waits leaves at once where it need not wait any more, and
   * what was accepted before batches begin is in none.
   */
  set(delay: MailDelay): ResultAsync<void, StoreError> {
    return this.#settle((now) => ({
      ...now,
      configured: this.#deps.delay,
      delay,
      ...(delay === now.delay && now.nextAtMs > 0
        ? {}
        : { nextAtMs: this.#draw(), upTo: this.#lastSequence }),
    }));
  }

  /** Lets batches leave when their moment has come, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, health } = this.#deps;
    while (!signal.aborted) {
      const { delay, nextAtMs } = this.#settled;
      const restMs = nextAtMs - clock.now();
      if (delay === 'usual') await this.#changed.wait(signal);
      else if (restMs > 0 && restMs <= LONGEST_MS) {
        await this.#changed.waitFor(clock, Math.min(restMs, LOOK_MS), signal);
      } else {
        const met = await this.#meet(restMs <= 0);
        if (met.isOk()) continue;
        health.failed(met.error);
        await clock.sleep(Math.max(MIN_RETRY_MS, health.pauseMs), signal);
      }
    }
  }

  /** A moment that lies too far ahead, since the clock was put back, is drawn anew. */
  #meet(hasCome: boolean): ResultAsync<void, StoreError> {
    return this.#settle((now) => ({
      ...now,
      nextAtMs: this.#draw(),
      upTo: hasCome ? this.#lastSequence : now.upTo,
    }));
  }

  #settle(change: (now: Settled) => Settled): ResultAsync<void, StoreError> {
    return this.#turns.take(() => {
      const settled = change(this.#settled);
      const value = encode(settled);
      return this.#deps.store
        .commit([{ kind: 'put', collection: COLLECTION, key: KEY, value }])
        .map(() => this.#takeOver(settled));
    });
  }

  #takeOver(settled: Settled): void {
    this.#settled = settled;
    for (const entry of [...this.#held]) {
      if (this.#mustWait(entry)) continue;
      this.#held.delete(entry);
      this.#schedule.add(entry.progress);
    }
    this.#changed.fire();
  }

  #mustWait({ record }: OutboxEntry): boolean {
    const { delay, upTo } = this.#settled;
    return delay === 'batch' && record.sequence > upTo;
  }

  #draw(): number {
    const { clock, random } = this.#deps;
    const aheadMs = SHORTEST_MS + (LONGEST_MS - SHORTEST_MS) * uniform(random);
    return Math.floor(clock.now() + aheadMs);
  }
}
