/**
 * What a provider keeps: its users, their accounts and their spools, wherever they lie.
 *
 * Two implementations: the node's own store, and PostgreSQL for providers of several processes. The
 * suite in `testkit/provider-data.ts` holds for both.
 * @module
 */
import type { Result, ResultAsync } from 'neverthrow';
import type { StoreError } from '../../src/store/store.js';
import type { UserName } from './names.js';

export interface User {
  /** X25519, 32 bytes: authenticates the user's link. */
  readonly linkKey: Uint8Array;
  /** X25519, 32 bytes: what the key server tells. */
  readonly identityKey: Uint8Array | undefined;
}

export type UserError =
  StoreError | { readonly kind: 'user-exists' } | { readonly kind: 'no-such-user' };

/** Who may connect with which key, and which identity others may look up; durable when ok. */
export interface Users {
  find(name: UserName): ResultAsync<User | undefined, StoreError>;
  /** @errors `user-exists` */
  add(name: UserName, user: User): ResultAsync<void, UserError>;
  /** @errors `no-such-user` */
  setLinkKey(name: UserName, linkKey: Uint8Array): ResultAsync<void, UserError>;
  /**
   * Sets what the key server tells, or takes it away.
   *
   * @errors `no-such-user`
   */
  setIdentity(name: UserName, identityKey: Uint8Array | undefined): ResultAsync<void, UserError>;
  /**
   * Removes a user with the identity and with everything that waits.
   *
   * @errors `no-such-user`
   */
  remove(name: UserName): ResultAsync<void, UserError>;
}

/** A user, and what the account service has noted beside; the note may outlive the user. */
export interface Account {
  readonly user: User | undefined;
  readonly note: Uint8Array | undefined;
}

/** What is done to an account, all of it or nothing. */
export interface AccountChange {
  /** Takes the place of the one that was; `undefined`: there is none any more. */
  readonly note: Uint8Array | undefined;
  /** Another link key, or the end of the user with everything that waits; else nothing. */
  readonly user?: { readonly linkKey: Uint8Array } | 'removed';
}

/** What is to be done about an account, if anything. It may be asked more than once. */
export type DecideAccount<E> = (account: Account) => Result<AccountChange | undefined, E>;

/** Users and the notes beside them, changed together; durable when ok. */
export interface Accounts {
  find(name: UserName): ResultAsync<Account, StoreError>;
  /** All notes, in no order. */
  notes(): ResultAsync<readonly AccountNote[], StoreError>;
  /**
   * Changes an account by what it is. One change of an account waits for the other, also where
   * another process makes it.
   *
   * @errors those of `decide`; `no-such-user`: a link key for nobody
   */
  change<E>(name: UserName, decide: DecideAccount<E>): ResultAsync<void, E | UserError>;
}

export interface AccountNote {
  readonly name: UserName;
  readonly note: Uint8Array;
}

/** What a user fetches: a sealed block, or a reply with the id of its SURB. */
export type SpoolItem =
  | { readonly kind: 'message'; readonly payload: Uint8Array }
  | { readonly kind: 'reply'; readonly surbId: Uint8Array; readonly payload: Uint8Array };

export type SpoolError =
  StoreError | { readonly kind: 'no-such-user' } | { readonly kind: 'spool-full' };

export type MailboxError =
  | StoreError
  /** Another session of this user is open, in this process or in another one. */
  | { readonly kind: 'mailbox-in-use' };

/** The oldest item that waits. */
export interface SpoolHead {
  readonly item: SpoolItem;
  /** Items behind it. */
  readonly behind: number;
}

/** One user's end of the spool, in the hands of the one session that may empty it. */
export interface Mailbox {
  /** The oldest item, which stays. */
  head(): ResultAsync<SpoolHead | undefined, StoreError>;
  /**
   * Removes the item that {@link Mailbox.head} gave last, and no other. Should a loss of power bring
   * it back, the user gets it twice and knows it.
   */
  dropHead(): ResultAsync<void, StoreError>;
  /** Lets another session have it. */
  close(): void;
}

/** How much waits for all users. */
export interface SpoolCounts {
  readonly items: number;
  /** Those of them that are mail blocks; `undefined` where only the users can tell. */
  readonly messages: number | undefined;
}

export interface Spool {
  /** Items that may wait for one user. Where it is lowered, none that waits is taken away. */
  limit: number;
  /** As far as this process knows: exact where it is alone, else as of the last look. */
  readonly counts: SpoolCounts;
  /**
   * Appends an item, once; durable when ok.
   *
   * @returns how many items wait for the user now
   * @errors `no-such-user`; `spool-full`: as many wait as may
   */
  append(user: UserName, item: SpoolItem): ResultAsync<number, SpoolError>;
  /** How many items wait for one user. */
  waiting(user: UserName): ResultAsync<number, StoreError>;
  /**
   * Begins a session, of which each user has one at a time.
   *
   * @errors `mailbox-in-use`
   */
  open(user: UserName): ResultAsync<Mailbox, MailboxError>;
  /**
   * Notes how far the spool has come at `nowMs`, and removes what had come by a note `maxAgeMs` ago:
   * items carry no time. To be called from time to time.
   *
   * @returns how many were removed
   */
  expire(nowMs: number, maxAgeMs: number): ResultAsync<number, StoreError>;
}

/** Everything that a provider keeps. */
export interface ProviderData {
  readonly users: Users;
  readonly accounts: Accounts;
  readonly spool: Spool;
}
