/**
 * The table of reply blocks: every one is stored before the packet that carries it leaves, and
 * stays until its reply has come or is no more expected. The disk is not waited for: what a loss of
 * power takes with it costs one transmission more, and no mail; except for the blocks that are given
 * to others, by which mail comes.
 *
 * Acknowledgements stay as long as their block waits, however late they are: they may lie at the
 * provider while we are away. All others expire.
 *
 * Source: end_to_end.rst, SURB-ACKs; mailproxy internal/account, which writes them too late.
 * @module
 */
import { okAsync, ResultAsync } from 'neverthrow';
import { toHex } from '../../bytes/text.js';
import type { Clock } from '../../io/contracts.js';
import { Heap } from '../../io/heap.js';
import type { Change, Durability, Store, StoreError } from '../../store/store.js';
import { Pulse } from '../pulse.js';
import { decodeSurbRecord, encodeSurbRecord, type SurbRecord } from './surb-record.js';
import type { MessageId } from '../types.js';

const COLLECTION = 'surb';
/** A reply whose time-out was computed by another run is expected for at most so long. */
const MAX_RESTORED_WAIT_MS = 3_600_000;
/** Expired records are deleted in batches, not one by one. */
const MIN_SWEEP_GAP_MS = 1_000;
const SWEEP_RETRY_MS = 60_000;

interface Expected {
  readonly record: SurbRecord;
  readonly key: string;
  /** Monotonic ms. */
  readonly untilMs: number;
}

export interface SurbTableDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** Told of every service request and decoy whose reply is no more expected. */
  readonly onExpired?: (record: SurbRecord) => void;
}

const durabilityOf = ({ use }: SurbRecord): Durability =>
  use.kind === 'mail' ? 'power-loss' : 'crash';

export class SurbTable {
  readonly #deps: SurbTableDeps;
  readonly #records = new Map<string, SurbRecord>();
  readonly #byMessage = new Map<MessageId, Set<SurbRecord>>();
  /** Keys of the records whose reply is expected; the others are acknowledgements that are late. */
  readonly #expected = new Set<string>();
  readonly #expiries = new Heap<Expected>((a, b) => a.untilMs < b.untilMs);
  readonly #added = new Pulse();

  private constructor(deps: SurbTableDeps) {
    this.#deps = deps;
  }

  /**
   * Reads the table back.
   *
   * @param slackMs - time beyond the computed delays that replies of an earlier run still get
   */
  static open(deps: SurbTableDeps, slackMs: number): ResultAsync<SurbTable, StoreError> {
    return deps.store.list(COLLECTION).map((stored) => {
      const table = new SurbTable(deps);
      for (const { key, value } of stored) {
        const record = decodeSurbRecord(key, value).unwrapOr(undefined);
        if (record !== undefined) table.#restore(record, slackMs);
      }
      return table;
    });
  }

  /** All records, late acknowledgements included. */
  get size(): number {
    return this.#records.size;
  }

  /** Replies that are on their way, as far as we know. */
  get outstanding(): number {
    return this.#expected.size;
  }

  find(id: Uint8Array): SurbRecord | undefined {
    return this.#records.get(toHex(id));
  }

  /** The reply blocks sent with blocks of one message. */
  ofMessage(messageId: MessageId): readonly SurbRecord[] {
    return [...(this.#byMessage.get(messageId) ?? [])];
  }

  /** Those sent with one block of it. */
  ofBlock(messageId: MessageId, block: number): readonly SurbRecord[] {
    return this.ofMessage(messageId).filter(
      ({ use }) => use.kind === 'acknowledgement' && use.block === block,
    );
  }

  /** Acknowledgements of messages that `isKnown` does not know. */
  strays(isKnown: (messageId: MessageId) => boolean): readonly SurbRecord[] {
    const unknown = [...this.#byMessage.keys()].filter((messageId) => !isKnown(messageId));
    return unknown.flatMap((messageId) => this.ofMessage(messageId));
  }

  /** Stored when ok. @param waitMs - how long from now the reply is expected */
  add(record: SurbRecord, waitMs: number): ResultAsync<void, StoreError> {
    const { store, clock } = this.#deps;
    const value = encodeSurbRecord(record);
    return store
      .commit(
        [{ kind: 'put', collection: COLLECTION, key: record.id, value }],
        durabilityOf(record),
      )
      .map(() => this.#insert(record, clock.monotonic() + waitMs));
  }

  /** The changes that delete `records`; to be followed by {@link SurbTable.forget}. */
  removal(records: readonly SurbRecord[]): readonly Change[] {
    return records.map(({ id }) => ({ kind: 'delete', collection: COLLECTION, key: id }));
  }

  /** Takes `records` out of memory, after their deletion was committed. */
  forget(records: readonly SurbRecord[]): void {
    for (const record of records) {
      const key = toHex(record.id);
      this.#records.delete(key);
      this.#expected.delete(key);
      if (record.use.kind === 'acknowledgement') this.#unindex(record, record.use.messageId);
    }
  }

  /** Deletes `records`. */
  remove(records: readonly SurbRecord[]): ResultAsync<void, StoreError> {
    if (records.length === 0) return okAsync(undefined);
    return this.#deps.store.commit(this.removal(records), 'crash').map(() => this.forget(records));
  }

  /** Lets replies expire until `signal` is aborted. */
  async runExpiry(signal: AbortSignal, onError: (error: StoreError) => void): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      const next = this.#expiries.peek();
      if (next === undefined) {
        await this.#added.wait(signal);
        continue;
      }
      const restMs = next.untilMs - clock.monotonic();
      if (restMs > 0) {
        // A record added meanwhile may expire earlier.
        await this.#added.waitFor(clock, restMs, signal);
        continue;
      }
      const swept = await this.#sweep();
      if (swept.isErr()) onError(swept.error);
      await clock.sleep(MIN_SWEEP_GAP_MS, signal);
    }
  }

  #sweep(): ResultAsync<void, StoreError> {
    const nowMs = this.#deps.clock.monotonic();
    const gone = this.#takeExpired(nowMs).filter(({ use }) => use.kind !== 'acknowledgement');
    for (const record of gone) this.#deps.onExpired?.(record);
    return this.remove(gone).mapErr((error) => {
      for (const record of gone) this.#expect(record, nowMs + SWEEP_RETRY_MS);
      return error;
    });
  }

  #takeExpired(nowMs: number): readonly SurbRecord[] {
    const expired: SurbRecord[] = [];
    for (let first = this.#expiries.peek(); first !== undefined; first = this.#expiries.peek()) {
      if (first.untilMs > nowMs) break;
      this.#expiries.pop();
      const isMail = first.record.use.kind === 'mail' && this.#records.has(first.key);
      if (this.#expected.delete(first.key) || isMail) expired.push(first.record);
    }
    return expired;
  }

  #restore(record: SurbRecord, slackMs: number): void {
    const { clock } = this.#deps;
    const restMs = record.sentAt + record.rttMs - clock.now() + slackMs;
    const mostMs = record.use.kind === 'mail' ? record.rttMs : MAX_RESTORED_WAIT_MS;
    const waitMs = Math.min(mostMs, Math.max(0, restMs));
    this.#insert(record, clock.monotonic() + waitMs);
  }

  #insert(record: SurbRecord, untilMs: number): void {
    this.#records.set(toHex(record.id), record);
    if (record.use.kind === 'acknowledgement') this.#index(record, record.use.messageId);
    this.#expect(record, untilMs);
  }

  #expect(record: SurbRecord, untilMs: number): void {
    const key = toHex(record.id);
    if (record.use.kind !== 'mail') this.#expected.add(key);
    this.#expiries.push({ record, key, untilMs });
    this.#added.fire();
  }

  #index(record: SurbRecord, messageId: MessageId): void {
    const records = this.#byMessage.get(messageId) ?? new Set();
    this.#byMessage.set(messageId, records.add(record));
  }

  #unindex(record: SurbRecord, messageId: MessageId): void {
    const records = this.#byMessage.get(messageId);
    records?.delete(record);
    if (records?.size === 0) this.#byMessage.delete(messageId);
  }
}
