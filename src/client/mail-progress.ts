/**
 * How far one outgoing message is: which of its blocks wait, are on their way, or are done.
 *
 * A block is `fresh` (never sent), `underway` (being sent at this moment), `flying` (sent, its
 * acknowledgement awaited), `due` (lost, to be sent again), `held` (lost, but others go first as
 * probes) or acknowledged. Plain memory; the outbox keeps the records.
 * @module
 */
import type { MessageId } from './types.js';

/** Until the first acknowledgement of a message so many of its lost blocks are sent again. */
const PROBES = 2;

/** The latest transmission of a block. */
export interface Flight {
  readonly mail: MailProgress;
  readonly block: number;
  /** Monotonic ms. */
  readonly sentAtMs: number;
  /** Computed delays and slack. */
  readonly baseMs: number;
  /** When the block is lost, monotonic ms. */
  readonly dueAtMs: number;
}

/** Transmissions of a block that its destination has left without any acknowledgement at all. */
interface Attempts {
  readonly count: number;
  /** How many acknowledgements the destination had given before the last of them. */
  readonly acksBefore: number;
}

export interface MailProgressInit {
  readonly id: MessageId;
  readonly provider: string;
  readonly reliable: boolean;
  readonly total: number;
  /** Indices of the blocks that are done. */
  readonly acknowledged: Iterable<number>;
}

/** State of one message; whoever changes it keeps the {@link Schedule} informed. */
export class MailProgress {
  readonly id: MessageId;
  /** Name of the destination's provider. */
  readonly provider: string;
  /** Whether acknowledgements are asked for. */
  readonly reliable: boolean;
  readonly total: number;
  readonly #acknowledged: Set<number>;
  #fresh: number[] = [];
  readonly #due: number[] = [];
  #held: number[] = [];
  readonly #probes = new Set<number>();
  readonly #flights = new Map<number, Flight>();
  readonly #attempts = new Map<number, Attempts>();

  constructor({ id, provider, reliable, total, acknowledged }: MailProgressInit) {
    this.id = id;
    this.provider = provider;
    this.reliable = reliable;
    this.total = total;
    this.#acknowledged = new Set(acknowledged);
    for (let block = total - 1; block >= 0; block--) {
      if (!this.#acknowledged.has(block)) this.#fresh.push(block);
    }
  }

  get acknowledgedCount(): number {
    return this.#acknowledged.size;
  }

  get isDone(): boolean {
    return this.#acknowledged.size === this.total;
  }

  /** Whether a block can be taken now. */
  get isReady(): boolean {
    return this.#fresh.length > 0 || this.#due.length > 0;
  }

  isAcknowledged(block: number): boolean {
    return this.#acknowledged.has(block);
  }

  /** The indices done so far and `block`, ascending. */
  acknowledgedWith(block: number): readonly number[] {
    return [...new Set([...this.#acknowledged, block])].toSorted((a, b) => a - b);
  }

  /** The next block to send, fresh ones before lost ones; it is underway from now on. */
  take(): number | undefined {
    const next = (): number | undefined => this.#fresh.pop() ?? this.#due.shift();
    for (let block = next(); block !== undefined; block = next()) {
      if (!this.#acknowledged.has(block)) return block;
    }
    return undefined;
  }

  /** An underway block that could not be sent: it is next again. */
  putBack(block: number): void {
    if (this.#acknowledged.has(block)) return;
    if (this.#attempts.has(block)) this.#due.unshift(block);
    else this.#fresh.push(block);
  }

  /** Takes a fresh block that was in flight when the last run ended. */
  restoreFlight(flight: Flight, attempts: number): void {
    this.#fresh = this.#fresh.filter((block) => block !== flight.block);
    this.#attempts.set(flight.block, { count: attempts, acksBefore: 0 });
    this.#flights.set(flight.block, flight);
  }

  /**
   * Counts a transmission.
   *
   * @param acks - acknowledgements that the destination has given in this run
   * @returns the earlier transmissions that it left without any
   */
  countAttempt(block: number, acks: number): number {
    const before = this.#attempts.get(block);
    const failures = before !== undefined && before.acksBefore === acks ? before.count : 0;
    this.#attempts.set(block, { count: failures + 1, acksBefore: acks });
    return failures;
  }

  /** An underway block has left. */
  fly(flight: Flight): void {
    if (!this.#acknowledged.has(flight.block)) this.#flights.set(flight.block, flight);
  }

  /** Whether this is still the latest transmission of a block that nobody has acknowledged. */
  isFlying(flight: Flight): boolean {
    return this.#flights.get(flight.block) === flight;
  }

  flights(): readonly Flight[] {
    return [...this.#flights.values()];
  }

  /** A flight is lost: its block is due, or held back while probes of the message are out. */
  lose(flight: Flight): void {
    this.#flights.delete(flight.block);
    const isProbe = this.#acknowledged.size > 0 || this.#probes.has(flight.block);
    if (!isProbe && this.#probes.size >= PROBES) {
      this.#held.push(flight.block);
      return;
    }
    this.#probes.add(flight.block);
    this.#due.push(flight.block);
  }

  /** A block is done; blocks held back until the first acknowledgement are due with it. */
  acknowledge(block: number): void {
    this.#acknowledged.add(block);
    this.#flights.delete(block);
    this.#attempts.delete(block);
    this.#due.push(...this.#held.filter((each) => each !== block));
    this.#held = [];
  }
}
