/**
 * The outbox: every mail that was accepted, until its last block is acknowledged or its time is up.
 *
 * On disk lie the frozen bytes of each mail, block by block and once for all its recipients, and per
 * message a record that hardly ever changes and a small one that does. In memory is only small
 * state. A mail whose recipient's key is not known yet waits, and is scheduled when it is.
 * @module
 */
import { okAsync, type ResultAsync } from 'neverthrow';
import type { Change, StoreError } from '../../store/store.js';
import type { Block } from '../blocks/block.js';
import { Deadlines } from './deadlines.js';
import { Departures } from './departures.js';
import type {
  Acceptance,
  Commit,
  NoKeyCause,
  OutboxDeps,
  OutboxNews,
  Undelivered,
} from './contracts.js';
import {
  acceptedEntries,
  type OutboxEntry,
  overtimeLeft,
  queuedMailOf,
  restMs,
  restoredEntry,
  sentOf,
} from './entry.js';
import {
  acceptanceChanges,
  BODY_ID_LENGTH,
  messageChange,
  OUTBOX,
  type OutboxRecord,
  partRemoval,
  progressChange,
  readMail,
  readOutbox,
  readPart,
  SharedBodies,
} from './records.js';
import { type BlockRef, type Gate, Schedule } from './schedule.js';
import type { Address, FailureReason, MessageId, QueuedMail, Sent } from '../types.js';

const MIN_RETRY_MS = 1_000;

export class OutboxQueue {
  readonly #deps: OutboxDeps;
  readonly #entries = new Map<MessageId, OutboxEntry>();
  readonly #schedule: Schedule;
  /** What may not leave yet. */
  readonly departures: Departures;
  readonly #bodies = new SharedBodies();
  readonly #bounces: Deadlines<OutboxEntry>;
  readonly #commit: Commit;
  #sequence = 0;

  private constructor(deps: OutboxDeps, schedule: Schedule, departures: Departures) {
    this.#deps = deps;
    this.#schedule = schedule;
    this.departures = departures;
    this.#sequence = departures.lastSequence;
    this.#bounces = new Deadlines(deps.clock);
    this.#commit = (changes) => deps.store.commit(changes);
  }

  /** Reads the outbox back, in the order of acceptance. */
  static open(deps: OutboxDeps): ResultAsync<OutboxQueue, StoreError> {
    const { store, surbs } = deps;
    const schedule = new Schedule(deps.random);
    return readOutbox(store)
      .andThen((messages) =>
        Departures.open(deps, schedule, messages.at(-1)?.record.sequence ?? 0).map((departures) => {
          const outbox = new OutboxQueue(deps, schedule, departures);
          for (const message of messages) outbox.#insert(restoredEntry(message, deps));
          return outbox;
        }),
      )
      .andThrough((outbox) => surbs.remove(surbs.strays((id) => outbox.#entries.has(id))));
  }

  /** Messages, and their blocks that are not acknowledged. */
  get count(): { readonly mails: number; readonly blocks: number } {
    const left = [...this.#entries.values()].map(({ progress }) => progress.left);
    return { mails: left.length, blocks: left.reduce((sum, each) => sum + each, 0) };
  }

  /** In the order of acceptance. */
  list(): readonly QueuedMail[] {
    const { account } = this.#deps;
    return [...this.#entries.values()].map((entry) =>
      queuedMailOf(account, entry, this.departures.stateOf(entry)),
    );
  }

  has(messageId: MessageId): boolean {
    return this.#entries.has(messageId);
  }

  /** Freezes a mail for all its recipients; durable when ok. A message that is here stays one. */
  accept(acceptance: Acceptance, commit = this.#commit): ResultAsync<readonly Sent[], StoreError> {
    const bodyId = this.#deps.random(BODY_ID_LENGTH);
    const mail = { ...acceptance, lifetimeMs: acceptance.lifetimeMs + this.departures.waitMs };
    const all = acceptedEntries(mail, { ...this.#deps, bodyId, sequence: this.#sequence });
    this.#sequence += all.length;
    const fresh = all.filter(({ progress }) => !this.#entries.has(progress.id));
    return commit(acceptanceChanges(bodyId, acceptance.payloads, fresh)).map(() => {
      for (const entry of fresh) this.#insert(entry);
      return all.map(sentOf);
    });
  }

  /** Mail that waits for a key. */
  get waiting(): Departures['keyless'] {
    return this.departures.keyless;
  }

  /**
   * Gives all mail that waits for a key theirs; it is scheduled when that is durable.
   *
   * @param commit - stores the changes, and more with them
   */
  release(
    address: Address,
    key: Uint8Array,
    commit: Commit = this.#commit,
  ): ResultAsync<void, StoreError> {
    const keyed = this.waiting
      .of(address)
      .filter(({ leaving }) => !leaving)
      .map((entry) => ({ entry, id: entry.id, record: { ...entry.record, recipientKey: key } }));
    return commit(keyed.map((message) => messageChange(message))).map(() => {
      for (const { entry, record } of keyed) {
        if (this.#entries.get(entry.progress.id) === entry) this.departures.keyed(entry, record);
      }
    });
  }

  /** Gives up a mail whose recipient's key nobody can tell, and reports it; once. */
  giveUp(entry: OutboxEntry, cause: NoKeyCause): ResultAsync<void, StoreError> {
    return entry.record.recipientKey === undefined
      ? this.#report(entry, 'no-key', cause)
      : okAsync(undefined);
  }

  /** A new document has come: nodes may have. */
  documentChanged(): void {
    this.#schedule.unpark();
  }

  /** A provider, by name, has answered something else: what it left unanswered was lost. */
  providerIsAlive(provider: string): void {
    this.#schedule.answered(provider, this.#deps.clock.monotonic());
  }

  /** The next block to send; it must come back by `sent` or `putBack`. */
  next(gate: Gate): BlockRef | undefined {
    return this.#schedule.next(this.#deps.clock.monotonic(), gate);
  }

  /** Whom a block is for; `undefined` when its mail has left meanwhile. */
  recordOf({ mail }: BlockRef): OutboxRecord | undefined {
    return this.#entries.get(mail.id)?.record;
  }

  /** Reads a block; `undefined` when its mail has left meanwhile. */
  load({ mail, block }: BlockRef): ResultAsync<Block | undefined, StoreError> {
    const entry = this.#entries.get(mail.id);
    if (entry === undefined) return okAsync(undefined);
    const { id, record } = entry;
    return readPart(this.#deps.store, entry, block).map(
      (payload) => payload && { messageId: id, total: record.total, index: block, payload },
    );
  }

  /** A block has left; where nobody acknowledges it is done with that. */
  sent(ref: BlockRef, baseMs: number): ResultAsync<void, StoreError> {
    const entry = this.#entries.get(ref.mail.id);
    if (entry === undefined || ref.mail.isAcknowledged(ref.block)) {
      return this.#deps.surbs.remove(this.#deps.surbs.ofBlock(ref.mail.id, ref.block));
    }
    entry.transmissions += 1;
    if (!entry.record.reliable) return this.#blockDone(entry, ref.block);
    this.#schedule.sent(ref, { nowMs: this.#deps.clock.monotonic(), baseMs });
    return okAsync(undefined);
  }

  /** A block could not be sent; it is next again. */
  putBack(ref: BlockRef): void {
    if (this.#entries.has(ref.mail.id)) this.#schedule.putBack(ref);
  }

  /** The destination's provider has stored a block; durable when ok. */
  acknowledge(messageId: MessageId, block: number): ResultAsync<void, StoreError> {
    const entry = this.#entries.get(messageId);
    return entry === undefined || entry.progress.isAcknowledged(block)
      ? this.#deps.surbs.remove(this.#deps.surbs.ofBlock(messageId, block))
      : this.#blockDone(entry, block);
  }

  /** Takes a message out; durable when ok, also when it has gone meanwhile. */
  cancel(messageId: MessageId): ResultAsync<void, StoreError> {
    const entry = this.#entries.get(messageId);
    return entry === undefined ? okAsync(undefined) : this.#fail(entry, 'cancelled', this.#commit);
  }

  /** Lets messages bounce when their time is up, online or not, until `signal` is aborted. */
  runBounces(signal: AbortSignal): Promise<void> {
    return this.#bounces.run(signal, (entry) => this.#bounceNow(entry));
  }

  /** @returns ms until the next attempt, where one is needed */
  async #bounceNow(entry: OutboxEntry): Promise<number | undefined> {
    const { health } = this.#deps;
    if (this.#entries.get(entry.progress.id) !== entry) return undefined;
    if (entry.leaving) return MIN_RETRY_MS;
    const overtimeMs = overtimeLeft(entry, this.#deps.clock);
    if (overtimeMs > 0) return Math.max(MIN_RETRY_MS, overtimeMs);
    const bounced = await this.#expire(entry);
    if (bounced.isOk()) return undefined;
    health.failed(bounced.error);
    return Math.max(MIN_RETRY_MS, health.pauseMs);
  }

  #expire(entry: OutboxEntry): ResultAsync<void, StoreError> {
    return entry.record.reliable
      ? this.#report(entry, 'expired', 'not-acknowledged')
      : this.#fail(entry, 'expired', this.#commit);
  }

  #report(
    entry: OutboxEntry,
    reason: FailureReason,
    cause: Undelivered['cause'],
  ): ResultAsync<void, StoreError> {
    const { bounce, store } = this.#deps;
    return readMail(store, entry).andThen((mail) =>
      this.#fail(entry, reason, (changes) => bounce({ ...sentOf(entry), mail, cause }, changes)),
    );
  }

  #fail(entry: OutboxEntry, reason: FailureReason, commit: Commit): ResultAsync<void, StoreError> {
    return this.#leave(entry, { kind: 'failed', sent: sentOf(entry), reason }, commit);
  }

  #blockDone(entry: OutboxEntry, block: number): ResultAsync<void, StoreError> {
    const { store, surbs, clock } = this.#deps;
    const acknowledged = entry.progress.acknowledgedWith(block);
    if (acknowledged.length === entry.record.total) {
      return this.#leave(entry, { kind: 'sent', sent: sentOf(entry) }, this.#commit);
    }
    const spent = surbs.ofBlock(entry.progress.id, block);
    const progress = progressChange(entry, acknowledged);
    // Lost with the power, it is one block sent again.
    return store.commit([...surbs.removal(spent), progress], 'crash').map(() => {
      surbs.forget(spent);
      entry.answeredAtMs = clock.monotonic();
      this.#schedule.acknowledged({ mail: entry.progress, block }, clock.monotonic());
    });
  }

  /** Removes a message and all that belongs to it by one commit, then tells; once. */
  #leave(entry: OutboxEntry, news: OutboxNews, commit: Commit): ResultAsync<void, StoreError> {
    const { surbs, tell } = this.#deps;
    if (entry.leaving) return okAsync(undefined);
    entry.leaving = true;
    const spent = surbs.ofMessage(entry.progress.id);
    const sharing = this.#bodies.add(entry.record, -1);
    const changes: readonly Change[] = [
      { kind: 'delete', collection: OUTBOX.message, key: entry.id },
      { kind: 'delete', collection: OUTBOX.progress, key: entry.id },
      ...surbs.removal(spent),
      ...(sharing === 0 ? partRemoval(entry.record) : []),
    ];
    return commit(changes)
      .map(() => {
        surbs.forget(spent);
        this.#entries.delete(entry.progress.id);
        this.departures.remove(entry);
        tell(news);
      })
      .mapErr((error) => {
        entry.leaving = false;
        this.#bodies.add(entry.record, 1);
        return error;
      });
  }

  #insert(entry: OutboxEntry): void {
    this.#entries.set(entry.progress.id, entry);
    this.#bodies.add(entry.record, 1);
    this.departures.add(entry);
    this.#bounces.add(entry, Math.max(MIN_RETRY_MS, restMs(entry.record, this.#deps.clock)));
  }
}
