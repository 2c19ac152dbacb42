/**
 * What an outbox is given, and what it tells.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import type { Clock, Random } from '../../io/contracts.js';
import type { Change, Store, StoreError } from '../../store/store.js';
import type { StoreHealth } from '../store-health.js';
import type { SurbTable } from '../packets/surbs.js';
import type { Address, FailureReason, MailDelay, Sent } from '../types.js';

/** A mail that is given up. */
export interface Undelivered extends Sent {
  readonly mail: Uint8Array;
  readonly cause: NoKeyCause | 'not-acknowledged';
}

/** Why nobody could tell a key: the provider says so, says nonsense, or says nothing in time. */
export type NoKeyCause = 'no-such-user' | 'no-key-server' | 'malformed-answer' | 'no-answer';

/** What became of a message; told after it is durable. */
export type OutboxNews =
  | { readonly kind: 'sent'; readonly sent: Sent }
  | { readonly kind: 'failed'; readonly sent: Sent; readonly reason: FailureReason };

/** Stores changes, or more than them; all or nothing. */
export type Commit = (changes: readonly Change[]) => ResultAsync<void, StoreError>;

export interface OutboxDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly health: StoreHealth;
  readonly surbs: SurbTable;
  readonly account: Address;
  /** When mail leaves, as the configuration says. */
  readonly delay: MailDelay;
  /** Time beyond the computed delays that acknowledgements of an earlier run still get. */
  readonly slackMs: number;
  readonly tell: (news: OutboxNews) => void;
  /** Puts a report into our own inbox, and `changes` with it or behind it; never twice. */
  readonly bounce: (
    undelivered: Undelivered,
    changes: readonly Change[],
  ) => ResultAsync<void, StoreError>;
  /** Why mail to an address waits, when it does. */
  readonly waitsFor: (recipient: Address) => 'awaiting-key' | 'held';
}

/** Whom a mail is for. */
export interface Destination {
  readonly address: Address;
  /** None where it has still to be found, or somebody has to decide which. */
  readonly key: Uint8Array | undefined;
}

/** A mail to be frozen: the payloads of its blocks, and whom it is for. */
export interface Acceptance {
  readonly payloads: readonly Uint8Array[];
  readonly reliable: boolean;
  readonly recipients: readonly Destination[];
  /** The path of all its packets, where one was written. */
  readonly path?: string | undefined;
  readonly lifetimeMs: number;
  /** The message id, 16 bytes, where the caller fixes it: the same for the same send again. */
  readonly idOf?: (recipient: Address) => Uint8Array;
}
