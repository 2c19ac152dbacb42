/**
 * The public face of recipients: whose keys are known, what vouches for them, and how they are found.
 * @module
 */
import type { Result, ResultAsync } from 'neverthrow';
import type { StoreError } from '../store/store.js';
import type { AskError, SendError } from './errors.js';
import type { Address } from './names.js';

/** What vouches for a key. */
export type Trust =
  /** A person or the configuration has set it. */
  | { readonly kind: 'given' }
  /** A provider has said it, and nobody else; it is asked again before each mail. */
  | { readonly kind: 'discovered' }
  /** Its fingerprint was compared. */
  | { readonly kind: 'verified' }
  /** The provider says another key now: nothing is sent until set, verify or remove. */
  | { readonly kind: 'changed'; readonly seen: Uint8Array };

export interface Recipient {
  readonly address: Address;
  /** X25519 identity key, 32 bytes. */
  readonly key: Uint8Array;
  readonly trust: Trust;
}

/** A key as a provider tells it. */
export type FoundKey = Pick<Recipient, 'address' | 'key'>;

export type RecipientError =
  | { readonly kind: 'bad-address'; readonly address: string }
  | { readonly kind: 'bad-key' }
  | { readonly kind: 'unknown-recipient'; readonly recipient: string }
  /** Not the fingerprint of the key, nor that of the key seen since. */
  | { readonly kind: 'code-differs'; readonly recipient: string }
  | { readonly kind: 'recipient-file'; readonly path: string; readonly problem: string }
  | StoreError;

/** Why a key was not found. */
export type LookupError =
  | AskError
  | { readonly kind: 'bad-address'; readonly address: string }
  | { readonly kind: 'no-such-user'; readonly user: string };

/** Why mail to an address is not accepted. */
export type AdmitError = Extract<
  SendError,
  { readonly kind: 'unknown-account' | 'unknown-recipient' | 'bad-address' }
>;

export interface LookupOptions {
  /** Whose connection asks. */
  readonly account: string;
  readonly address: string;
  readonly signal?: AbortSignal;
}

/** What a look-up has ended with. */
export type LookupAnswer =
  | { readonly kind: 'found'; readonly key: Uint8Array }
  | { readonly kind: 'not-found'; readonly reason: LookupError['kind'] };

/** The keys of those whom we write to: a PEM file each, and what vouches for them in a store. */
export interface Recipients {
  get(address: string): Result<Recipient, RecipientError>;
  /** Sets a key, which is `given` from now on; a change is settled, and held mail leaves. */
  set(address: string, key: Uint8Array): ResultAsync<void, RecipientError>;
  /**
   * Sets a key as a configuration says it: once, until the configuration says another one. So what
   * people set, verify or remove afterwards stays, also over a restart.
   */
  configure(address: string, key: Uint8Array): ResultAsync<void, RecipientError>;
  remove(address: string): ResultAsync<void, RecipientError>;
  /**
   * Compares what the recipient has read out, words or digits of {@link fingerprintOf}, with the
   * key, which is `verified` then. The code of a key seen since puts that key in its place.
   *
   * @errors `unknown-recipient`; `code-differs`: nothing has changed
   */
  verify(address: string, code: string): ResultAsync<void, RecipientError>;
  /** Sorted by address. */
  list(): readonly Recipient[];
  /** Who has this key; the first by address where several do. */
  findByKey(key: Uint8Array): Address | undefined;
  /**
   * Whether mail from an account to an address is accepted: its key is known, or may be looked for.
   *
   * @returns the address, normalised
   */
  admit(options: Omit<LookupOptions, 'signal'>): Result<Address, AdmitError>;
  /** Reads the directory again; problems are per file and never cost the others. */
  rescan(): ResultAsync<readonly RecipientError[], RecipientError>;
  /** Asks the provider of an address for its key, which nobody else vouches for; stores nothing. */
  lookup(options: LookupOptions): ResultAsync<FoundKey, LookupError>;
  /**
   * Begins a look-up and returns at once; the event `key-answer` with this tag tells its end.
   *
   * @returns 32 hex digits
   */
  query(
    options: Omit<LookupOptions, 'signal'>,
  ): Result<string, Extract<AdmitError, { readonly kind: 'unknown-account' | 'bad-address' }>>;
}
