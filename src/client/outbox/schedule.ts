/**
 * The schedule: which block is sent next, over all messages.
 *
 * Messages with something to send take turns, one block each, so that none waits behind a large
 * one or behind one whose provider is away; those to one recipient begin a few at a time. Lost blocks come back by a heap of due times; nothing
 * is ever scanned per tick. Plain memory, and pure but for the randomness it is given.
 *
 * Source: mailproxy internal/account sends one message after the other; taking turns is ours.
 * @module
 */
import { exponential } from '../../crypto/sample.js';
import type { Random } from '../../io/contracts.js';
import { Heap } from '../../io/heap.js';
import { type Flight, MailProgress } from './mail-progress.js';
import { RecipientTurns } from './recipient-turns.js';
import { MIN_SPACING_MS, retransmitAfterMs } from './retransmit.js';

/** One block, about to be sent. */
export interface BlockRef {
  readonly mail: MailProgress;
  readonly block: number;
}

/** What holds back sending at this moment. */
export interface Gate {
  /** Whether the document has the provider of a message, and its path where one was written. */
  readonly reachable: (mail: MailProgress) => boolean;
  /** Whether lost blocks may be sent again: not while acknowledgements may still wait for us. */
  readonly retransmit: boolean;
}

export interface Transmission {
  /** Monotonic ms. */
  readonly nowMs: number;
  /** Computed delays and slack. */
  readonly baseMs: number;
}

/** What all messages to one provider share. */
interface Destination {
  /** Acknowledgements and other signs of life in this run. */
  answers: number;
  /** Whether its silence has slowed us down. */
  silent: boolean;
}

/** From so many transmissions without an answer on, a provider's first answer speeds us up again. */
const SILENT_AFTER = 2;

export class Schedule {
  readonly #random: Random;
  readonly #mails = new Set<MailProgress>();
  readonly #turns = new RecipientTurns();
  /** Messages with a block to send, in turn. */
  readonly #ready = new Set<MailProgress>();
  /** Those of them that the document has no way for. */
  readonly #parked = new Set<MailProgress>();
  readonly #flights = new Heap<Flight>((a, b) => a.dueAtMs < b.dueAtMs);
  readonly #destinations = new Map<string, Destination>();

  constructor(random: Random) {
    this.#random = random;
  }

  add(mail: MailProgress): void {
    this.#mails.add(mail);
    for (const flight of mail.flights()) this.#flights.push(flight);
    // What an earlier run put off for long must not wait so long when its provider answers.
    if (mail.unanswered > SILENT_AFTER) this.#destination(mail.provider).silent = true;
    if (this.#turns.enter(mail)) this.#enlist(mail);
  }

  remove(mail: MailProgress): void {
    this.#mails.delete(mail);
    this.#ready.delete(mail);
    this.#parked.delete(mail);
    const next = this.#turns.leave(mail);
    if (next !== undefined) this.#enlist(next);
  }

  /** A new document: absent nodes may have come back. */
  unpark(): void {
    for (const mail of this.#parked) this.#ready.add(mail);
    this.#parked.clear();
  }

  /** The next block, which is underway until {@link Schedule.sent} or {@link Schedule.putBack}. */
  next(nowMs: number, gate: Gate): BlockRef | undefined {
    if (gate.retransmit) this.#loseOverdue(nowMs);
    for (const mail of this.#ready) {
      this.#ready.delete(mail);
      if (!gate.reachable(mail)) {
        this.#parked.add(mail);
        continue;
      }
      const block = mail.take();
      this.#enlist(mail);
      if (block !== undefined) return { mail, block };
    }
    return undefined;
  }

  /** A block that is acknowledged for has left. */
  sent({ mail, block }: BlockRef, { nowMs, baseMs }: Transmission): void {
    const destination = this.#destination(mail.provider);
    const attempts = mail.countAttempt(block, destination.answers);
    if (attempts.unanswered >= SILENT_AFTER) destination.silent = true;
    const dueAtMs = nowMs + retransmitAfterMs(this.#random, baseMs, attempts);
    this.#fly({ mail, block, sentAtMs: nowMs, baseMs, dueAtMs });
  }

  /** A block could not be sent. */
  putBack({ mail, block }: BlockRef): void {
    mail.putBack(block);
    if (this.#mails.has(mail)) this.#enlist(mail);
  }

  /** A block of `mail` is done: acknowledged, or sent where nobody acknowledges. */
  acknowledged({ mail, block }: BlockRef, nowMs: number): void {
    mail.acknowledge(block);
    this.#enlist(mail);
    if (mail.reliable) this.answered(mail.provider, nowMs);
  }

  /** A provider, by name, has shown that it is alive. */
  answered(provider: string, nowMs: number): void {
    const destination = this.#destinations.get(provider);
    if (destination === undefined) return;
    destination.answers += 1;
    if (destination.silent) this.#hasten(provider, nowMs);
    destination.silent = false;
  }

  #destination(provider: string): Destination {
    const known = this.#destinations.get(provider);
    if (known !== undefined) return known;
    const fresh: Destination = { answers: 0, silent: false };
    this.#destinations.set(provider, fresh);
    return fresh;
  }

  #enlist(mail: MailProgress): void {
    if (mail.isReady && this.#mails.has(mail) && !this.#parked.has(mail)) this.#ready.add(mail);
  }

  #fly(flight: Flight): void {
    flight.mail.fly(flight);
    if (flight.mail.isFlying(flight)) this.#flights.push(flight);
  }

  #loseOverdue(nowMs: number): void {
    for (let first = this.#flights.peek(); first !== undefined; first = this.#flights.peek()) {
      const current = first.mail.isFlying(first) && this.#mails.has(first.mail);
      if (current && first.dueAtMs > nowMs) return;
      this.#flights.pop();
      if (!current) continue;
      first.mail.lose(first);
      this.#enlist(first.mail);
    }
  }

  /** A silent provider has answered: what its silence put off is sent again soon. */
  #hasten(provider: string, nowMs: number): void {
    for (const mail of this.#mails) {
      if (mail.provider !== provider) continue;
      for (const flight of mail.flights()) {
        const soonMs = Math.max(nowMs, flight.sentAtMs + MIN_SPACING_MS);
        const dueAtMs = soonMs + exponential(this.#random, 1 / flight.baseMs);
        if (dueAtMs < flight.dueAtMs) this.#fly({ ...flight, dueAtMs });
      }
    }
  }
}
