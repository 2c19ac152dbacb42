/**
 * Retrieval: one question per tick of a process that knows nothing of what waits.
 *
 * The next question acknowledges the last answer, so it is asked only when that is on disk; a
 * failing store makes us ask for the same item again.
 *
 * Source: core wire/commands, and the fetch worker of minclient, which asks faster when more waits.
 * @module
 */
import { okAsync, type ResultAsync } from 'neverthrow';
import type { Clock } from '../../io/contracts.js';
import type { StoreError } from '../../store/store.js';
import type { Command } from '../../wire/commands.js';
import type { MessageForm } from '../../wire/packet-commands.js';
import type { SendFailure } from '../link/connection.js';
import type { StoreHealth } from '../store-health.js';

export interface RetrievalDeps {
  readonly clock: Clock;
  readonly health: StoreHealth;
  readonly send: (command: Command) => ResultAsync<void, SendFailure>;
  /** A sealed block; durable when ok. */
  readonly accept: (sealed: Uint8Array) => ResultAsync<void, StoreError>;
  /** A reply through one of our reply blocks; what follows from it is durable when ok. */
  readonly reply: (surbId: Uint8Array, payload: Uint8Array) => ResultAsync<void, StoreError>;
}

/** Acknowledgements that wait for us may hold back retransmission for so long at most. */
const LONGEST_HOLD_MS = 60_000;
/** Weight of the newest answer in the mean latency. */
const LATENCY_WEIGHT = 0.1;
const SEQUENCE_MODULUS = 2 ** 32;

export class Retrieval {
  readonly #deps: RetrievalDeps;
  #sequence = 0;
  #askedAtMs: number | undefined;
  #latencyMs = 0;
  /** Whether the last answer said that nothing is left. */
  #drained = false;
  #waitingSinceMs: number;

  constructor(deps: RetrievalDeps) {
    this.#deps = deps;
    this.#waitingSinceMs = deps.clock.monotonic();
  }

  /** Mean ms from a question to its answer having been dealt with. */
  get latencyMs(): number {
    return this.#latencyMs;
  }

  /** Whether acknowledgements that have not come are lost rather than waiting at the provider. */
  get isDrained(): boolean {
    const { clock } = this.#deps;
    return this.#drained || clock.monotonic() - this.#waitingSinceMs >= LONGEST_HOLD_MS;
  }

  /** A new session: sequences start over, and nothing is known of what waits. */
  connected(): void {
    this.#sequence = 0;
    this.#askedAtMs = undefined;
    this.#noteLeft(true);
  }

  /** One moment of the retrieval process; skipped while an answer is due. */
  async tick(): Promise<void> {
    if (this.#askedAtMs !== undefined || this.#deps.health.isPaused) return;
    this.#askedAtMs = this.#deps.clock.monotonic();
    const sent = await this.#deps.send({ kind: 'retrieve-message', sequence: this.#sequence });
    if (sent.isErr()) this.#askedAtMs = undefined;
  }

  /** An answer has come. @returns whether it was one to our question */
  async receive(message: MessageForm): Promise<boolean> {
    const askedAtMs = this.#askedAtMs;
    if (askedAtMs === undefined || message.sequence !== this.#sequence) return false;
    const kept = await this.#keep(message);
    if (kept.isOk()) {
      const isItem = message.kind !== 'message-empty';
      if (isItem) this.#sequence = (this.#sequence + 1) % SEQUENCE_MODULUS;
      this.#noteLeft(isItem && message.hint > 0);
    } else {
      this.#deps.health.failed(kept.error);
    }
    this.#askedAtMs = undefined;
    const tookMs = this.#deps.clock.monotonic() - askedAtMs;
    this.#latencyMs += LATENCY_WEIGHT * (tookMs - this.#latencyMs);
    return true;
  }

  #keep(message: MessageForm): ResultAsync<void, StoreError> {
    const { accept, reply, health } = this.#deps;
    switch (message.kind) {
      case 'message':
        return accept(message.payload).map(() => health.succeeded());
      case 'message-ack':
        return reply(message.surbId, message.payload).map(() => health.succeeded());
      case 'message-empty':
        return okAsync(undefined);
    }
  }

  #noteLeft(isLeft: boolean): void {
    if (isLeft && this.#drained) this.#waitingSinceMs = this.#deps.clock.monotonic();
    this.#drained = !isLeft;
  }
}
