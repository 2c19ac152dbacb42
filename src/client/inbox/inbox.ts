/**
 * The inbox: sealed blocks go in, whole mails come out, once each, to every named reader.
 *
 * What was accepted is durable. Every acceptance is one commit, so a crash between any two loses
 * and doubles nothing. A mail goes when all readers are done with it.
 * @module
 */
import { err, errAsync, ok, okAsync, type Result, ResultAsync } from 'neverthrow';
import { concat } from '../../bytes/writer.js';
import type { Change, StoreError } from '../../store/store.js';
import { readWhole, storedParts } from './delivery.js';
import { Intake, type IntakeDeps, type IntakeState } from './intake.js';
import { entryOf, type HeldMail, idBytes, loadMails, type Mails } from './mails.js';
import { idKey, RECEIVED_IDS } from '../mail-ids.js';
import { LIFETIME_MS, SEEN_MESSAGES, SEEN_REFUSED } from './seen-messages.js';
import { changesOnly, commitSteps, type Step } from '../step.js';
import { Pulse } from '../pulse.js';
import { loadPartials, PARTIAL_LIMITS, type PartialLimits, type Partials } from './reassembly.js';
import { loadSeen, type Seen } from '../seen.js';
import { Turns } from '../../io/turns.js';
import type {
  Address,
  ClientEvent,
  ClientTuning,
  InboxEntry,
  InboxError,
  MailId,
  ReceivedMail,
} from '../types.js';

/** How often what is too old is looked for, at most. */
const SWEEP_MS = 900_000;
const SHORTEST_SWEEP_MS = 1000;

export interface InboxOptions extends Omit<IntakeDeps, 'limits'> {
  /** Names of those who must call `done` before a mail goes; at least one. */
  readonly readers: readonly string[];
  readonly events: (event: ClientEvent) => void;
  readonly tuning?: ClientTuning;
  readonly limits?: PartialLimits;
}

/** One account's received mail. */
export interface Inbox {
  /** Mails that some reader is not done with. */
  readonly count: number;
  /** Blocks of mails that are not whole yet. */
  readonly fragments: number;
  /** Whether a mail with this Message-ID, in angle brackets, has come. */
  hasReceived(messageId: string): boolean;
  /** Takes in a block as it came from the provider; durable when ok, whatever it was. */
  accept(sealed: Uint8Array): ResultAsync<void, StoreError>;
  /** Takes in a report made here; `also` and `steps` are committed with it, all or nothing. */
  deposit(
    report: Uint8Array,
    also?: readonly Change[],
    steps?: readonly Step[],
  ): ResultAsync<MailId, StoreError>;
  /** Takes in a mail that was received before, elsewhere; once for each `copy`. */
  restore(mail: Uint8Array, copy?: number): ResultAsync<MailId, StoreError>;
  /** What this reader is not done with, in order of arrival. */
  list(reader: string): Result<readonly InboxEntry[], InboxError>;
  /** All bytes of a mail, our fields in front. */
  read(id: MailId): ResultAsync<Uint8Array, InboxError>;
  /** The same piece by piece; an error is the last one. */
  pieces(id: MailId): AsyncIterable<Result<Uint8Array, InboxError>>;
  /** Durable when ok; unknown ids are ignored. */
  done(reader: string, ids: readonly MailId[]): ResultAsync<void, InboxError>;
  /**
   * What this reader is not done with, then what comes, until `signal` or {@link Inbox.close}.
   * A name that is no reader's throws. A mail that cannot be read is logged and left for next time.
   */
  receive(reader: string, signal?: AbortSignal): AsyncIterable<ReceivedMail>;
  /** Ends everything that waits; the store stays open. */
  close(): Promise<void>;
}

/** Reads the small records and starts sweeping. No readers at all throws. */
export const openInbox = (options: InboxOptions): ResultAsync<Inbox, StoreError> => {
  const { store, clock, primitives, readers } = options;
  if (readers.length === 0) throw new RangeError('an inbox needs a reader');
  const now = clock.now();
  const loaded = ResultAsync.combine([
    loadMails(store, readers),
    loadPartials(store, primitives, now),
    loadSeen(store, SEEN_MESSAGES, now),
    loadSeen(store, SEEN_REFUSED, now),
    loadSeen(store, RECEIVED_IDS, now),
  ]);
  return loaded.andThen(([mails, partials, seen, refused, ids]) => {
    const state = { mails, partials, seen, refused, ids };
    const tidied = mails.tidy();
    const ready = tidied.length === 0 ? okAsync(undefined) : commitSteps(store, tidied);
    return ready.map(() => new StoredInbox(options, state));
  });
};

class StoredInbox implements Inbox {
  readonly #options: InboxOptions;
  readonly #mails: Mails;
  readonly #partials: Partials;
  readonly #ids: Seen;
  readonly #intake: Intake;
  readonly #turns = new Turns();
  readonly #arrival = new Pulse();
  readonly #closing = new AbortController();
  readonly #sweeping: Promise<void>;

  constructor(options: InboxOptions, state: IntakeState) {
    this.#options = options;
    this.#mails = state.mails;
    this.#partials = state.partials;
    this.#ids = state.ids;
    const deps = { ...options, limits: options.limits ?? PARTIAL_LIMITS };
    this.#intake = new Intake(deps, state, (mail, forged) => this.#announce(mail, forged));
    this.#sweeping = this.#sweep(options.tuning?.receiveTimeoutMs ?? LIFETIME_MS);
  }

  get count(): number {
    return this.#mails.count;
  }

  get fragments(): number {
    return this.#partials.fragments;
  }

  hasReceived(messageId: string): boolean {
    return this.#ids.has(idKey(this.#options.primitives, messageId));
  }

  accept(sealed: Uint8Array): ResultAsync<void, StoreError> {
    return this.#inTurn(() => this.#intake.accept(sealed));
  }

  deposit(
    report: Uint8Array,
    also: readonly Change[] = [],
    steps: readonly Step[] = [],
  ): ResultAsync<MailId, StoreError> {
    return this.#inTurn(() => this.#intake.deposit(report, [changesOnly(also), ...steps]));
  }

  restore(mail: Uint8Array, copy = 0): ResultAsync<MailId, StoreError> {
    return this.#inTurn(() => this.#intake.restore(mail, copy));
  }

  list(reader: string): Result<readonly InboxEntry[], InboxError> {
    if (!this.#mails.isReader(reader)) return err({ kind: 'unknown-reader', reader });
    return ok(this.#mails.list(reader).map(entryOf));
  }

  read(id: MailId): ResultAsync<Uint8Array, InboxError> {
    return this.#inTurn((): ResultAsync<Uint8Array, InboxError> => {
      const mail = this.#mails.get(id);
      if (mail === undefined) return errAsync({ kind: 'no-such-mail', id });
      return readWhole(storedParts(this.#options.store, idBytes(id)), mail);
    });
  }

  async *pieces(id: MailId): AsyncGenerator<Result<Uint8Array, InboxError>, void> {
    const parts = this.#mails.get(id)?.parts ?? 1;
    for (let index = 0; index < parts; index++) {
      const piece = await this.#inTurn(() => this.#piece(id, index));
      yield piece;
      if (piece.isErr()) return;
    }
  }

  #piece(id: MailId, index: number): ResultAsync<Uint8Array, InboxError> {
    const mail = this.#mails.get(id);
    if (mail === undefined) return errAsync({ kind: 'no-such-mail', id });
    const part = storedParts(this.#options.store, idBytes(id))(index);
    return index > 0 ? part : part.map((first) => concat(mail.prefix, first));
  }

  done(reader: string, ids: readonly MailId[]): ResultAsync<void, InboxError> {
    if (!this.#mails.isReader(reader)) return errAsync({ kind: 'unknown-reader', reader });
    return this.#inTurn((): ResultAsync<void, StoreError> => {
      const steps = this.#mails.done(reader, ids);
      return steps.length === 0 ? okAsync(undefined) : commitSteps(this.#options.store, steps);
    });
  }

  receive(reader: string, signal?: AbortSignal): AsyncIterable<ReceivedMail> {
    if (!this.#mails.isReader(reader)) throw new RangeError(`no reader is named ${reader}`);
    return this.#receive(reader, signal ?? this.#closing.signal);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#arrival.fire();
    await this.#sweeping;
    await this.#turns.idle();
  }

  #inTurn<T, E>(work: () => ResultAsync<T, E>): ResultAsync<T, E | StoreError> {
    return this.#closing.signal.aborted
      ? errAsync({ kind: 'store-closed' })
      : this.#turns.take(work);
  }

  async *#receive(reader: string, signal: AbortSignal): AsyncGenerator<ReceivedMail, void> {
    let order = 0;
    while (!signal.aborted && !this.#closing.signal.aborted) {
      const next = this.#mails.next(reader, order);
      if (next === undefined) {
        await this.#arrival.wait(signal);
        continue;
      }
      order = next.order;
      const mail = await this.#load(reader, next);
      if (mail !== undefined) yield mail;
    }
  }

  async #load(reader: string, mail: HeldMail): Promise<ReceivedMail | undefined> {
    const read = await this.read(mail.id);
    if (read.isErr()) {
      const problem = read.error.kind;
      if (problem === 'no-such-mail') return undefined;
      this.#options.log.write('error', 'inbox', 'a received mail cannot be read', { problem });
      return undefined;
    }
    const sender = mail.senderKey && this.#options.findSender(mail.senderKey);
    return {
      ...entryOf(mail),
      ...(sender === undefined ? {} : { sender }),
      account: this.#options.account,
      bytes: read.value,
      done: () => this.done(reader, [mail.id]),
    };
  }

  #announce(mail: HeldMail, forged: Address | undefined): void {
    this.#arrival.fire();
    const { events, account } = this.#options;
    events({ kind: 'received', account, mail: entryOf(mail) });
    if (forged !== undefined)
      events({ kind: 'sender-differs', account, mail: mail.id, from: forged });
  }

  /** Looks for what is too old, now and then, until the inbox closes. */
  async #sweep(timeoutMs: number): Promise<void> {
    const { clock, log } = this.#options;
    const halfTimeout = Math.max(SHORTEST_SWEEP_MS, timeoutMs / 2);
    const intervalMs = timeoutMs > 0 ? Math.min(SWEEP_MS, halfTimeout) : SWEEP_MS;
    for (;;) {
      await clock.sleep(intervalMs, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      const swept = await this.#inTurn(() => this.#tidy(timeoutMs));
      if (swept.isErr())
        log.write('error', 'inbox', 'sweeping failed', { problem: swept.error.kind });
    }
  }

  /** The sweep takes everything that old without a report, so reports must come before. */
  #tidy(timeoutMs: number): ResultAsync<void, StoreError> {
    const reportedMs = Math.min(timeoutMs, LIFETIME_MS);
    const expired = timeoutMs > 0 ? this.#intake.expire(reportedMs) : okAsync(undefined);
    return expired.andThen(() => this.#intake.sweep());
  }
}
