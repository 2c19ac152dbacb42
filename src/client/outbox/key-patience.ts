/**
 * Patience: how long a mail still waits for the key of somebody unknown.
 *
 * Times are monotonic: a jump of the wall clock ends no wait.
 * @module
 */
import type { Clock } from '../../io/contracts.js';
import type { OutboxEntry } from './entry.js';
import type { MessageId } from '../types.js';

export class KeyPatience {
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  /** Ends of waits; infinite while the recipient is known and somebody else decides. */
  readonly #endsMs = new Map<MessageId, number>();

  constructor(clock: Clock, lifetimeMs: number) {
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
  }

  /** Ms that a mail still waits, as long as its recipient is unknown. */
  restMs({ progress, record }: OutboxEntry): number {
    const nowMs = this.#clock.monotonic();
    const endMs = this.#endsMs.get(progress.id) ?? nowMs + this.#firstRestMs(record.acceptedAt);
    // Somebody has taken the recipient out: everything begins anew.
    const counted = endMs === Infinity ? nowMs + this.#lifetimeMs : endMs;
    this.#endsMs.set(progress.id, counted);
    return counted - nowMs;
  }

  /** The recipient is known: the wait has no end of its own. */
  suspend({ progress }: OutboxEntry): void {
    this.#endsMs.set(progress.id, Infinity);
  }

  /** Ms until the first wait ends. */
  get nextMs(): number {
    const nowMs = this.#clock.monotonic();
    return Math.min(Infinity, ...[...this.#endsMs.values()].map((endMs) => endMs - nowMs));
  }

  /** Forgets all but these. */
  keepOnly(entries: readonly OutboxEntry[]): void {
    const kept = new Set(entries.map(({ progress }) => progress.id));
    for (const id of [...this.#endsMs.keys()]) if (!kept.has(id)) this.#endsMs.delete(id);
  }

  /** Of a mail that may be from an earlier run, between which wall time may have jumped. */
  #firstRestMs(acceptedAt: number): number {
    const restMs = acceptedAt + this.#lifetimeMs - this.#clock.now();
    return Math.max(0, Math.min(restMs, this.#lifetimeMs));
  }
}
