/**
 * How far one outgoing message is: which of its blocks wait, are on their way, or are done.
 *
 * A block is `fresh` (never sent), `underway` (being sent at this moment), `flying` (sent, its
 * acknowledgement awaited), `due` (lost, to be sent again), `held` (lost, but others go first as
 * probes) or acknowledged. Plain memory; the outbox keeps the records.
 * @module
 */
import type { Attempts } from './retransmit.js';
import type { Address, MessageId } from '../types.js';

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

interface CountedAttempts extends Attempts {
  /** How often the destination had given a sign of life before the last of them. */
  readonly answers: number;
}

export interface MailProgressInit {
  readonly id: MessageId;
  readonly recipient: Address;
  readonly provider: string;
  readonly path?: string | undefined;
  readonly reliable: boolean;
  readonly total: number;
  /** Indices of the blocks that are done. */
  readonly acknowledged: Iterable<number>;
}

/** State of one message; whoever changes it keeps the {@link Schedule} informed. */
export class MailProgress {
  readonly id: MessageId;
  readonly recipient: Address;
  /** Name of the destination's provider. */
  readonly provider: string;
  /** The path that its blocks take, where one was written. */
  readonly path: string | undefined;
  /** Whether acknowledgements are asked for. */
  readonly reliable: boolean;
  readonly total: number;
  readonly #acknowledged: Set<number>;
  #fresh: number[] = [];
  readonly #due: number[] = [];
  #held: number[] = [];
  readonly #probes = new Set<number>();
  readonly #flights = new Map<number, Flight>();
  readonly #attempts = new Map<number, CountedAttempts>();

  constructor({ id, recipient, provider, path, reliable, total, acknowledged }: MailProgressInit) {
    this.id = id;
    this.recipient = recipient;
    this.provider = provider;
    this.path = path;
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

  /** Blocks that are not acknowledged. */
  get left(): number {
    return this.total - this.#acknowledged.size;
  }

  get isDone(): boolean {
    return this.#acknowledged.size === this.total;
  }

  /** Whether a block of it has left, as far as is known. */
  get hasBegun(): boolean {
    return this.#acknowledged.size > 0 || this.#attempts.size > 0;
  }

  /** Whether a block can be taken now. */
  get isReady(): boolean {
    return this.#fresh.length > 0 || this.#due.length > 0;
  }

  /** Most transmissions of a block since the destination last gave a sign of life. */
  get unanswered(): number {
    return Math.max(0, ...[...this.#attempts.values()].map(({ unanswered }) => unanswered));
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
    this.#attempts.set(flight.block, { all: attempts, unanswered: attempts, answers: 0 });
    this.#flights.set(flight.block, flight);
  }

  /**
   * Counts a transmission.
   *
   * @param answers - signs of life that the destination has given in this run
   * @returns the transmissions before it
   */
  countAttempt(block: number, answers: number): Attempts {
    const known = this.#attempts.get(block);
    const all = known?.all ?? 0;
    const unanswered = known !== undefined && known.answers === answers ? known.unanswered : 0;
    this.#attempts.set(block, { all: all + 1, unanswered: unanswered + 1, answers });
    return { all, unanswered };
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
