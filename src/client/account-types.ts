/**
 * The public face of accounts: what they are made of, what they say of themselves, and what can be
 * done with them while a client is open.
 * @module
 */
import type { Result, ResultAsync } from 'neverthrow';
import type { SanitisePolicy } from '../sanitise/policy.js';
import type { AskError, OpenError } from './errors.js';
import type { Address } from './names.js';
import type { KeyFileError } from './keys.js';
import type { GivenKeyError } from './link/link-keys.js';
import type { StoreError } from '../store/store.js';
import type { RegistrationError } from './link/register.js';

export type { KeyFileError } from './keys.js';
export type { GivenKeyError } from './link/link-keys.js';
export type { RegistrationError } from './link/register.js';

/**
 * `headers`: the top-level header leaves in one normal form, and the body to the byte; `full`: the
 * whole mail, but for what is signed or encrypted; `off`: as it is.
 */
export type SanitiseMode = SanitisePolicy['mode'] | 'off';

/** What else an account may want of its sanitiser. */
export type SanitiseOptions = Pick<
  SanitisePolicy,
  'displayName' | 'keep' | 'dateStepMs' | 'images' | 'unsanitisable'
>;

/** `usual`: mail leaves as soon as it can; `batch`: it waits, and leaves with the others of its day. */
export type MailDelay = 'usual' | 'batch';

/** When an account's mail leaves. */
export interface Departure {
  readonly delay: MailDelay;
  /** When the next batch leaves, ms since the Unix epoch; `undefined`: nothing waits for one. */
  readonly nextBatchAtMs: number | undefined;
}

export interface AccountConfig {
  readonly user: string;
  readonly provider: string;
  /** Label of one of {@link MixClientConfig.networks}. */
  readonly network: string;
  /** The provider's Ed25519 identity key; no other is talked to. */
  readonly providerKeyPin?: Uint8Array;
  /** X25519 secrets; read from, or made in, the account's directory where not given. */
  readonly linkKey?: Uint8Array;
  readonly identityKey?: Uint8Array;
  /** Names of those who must call `done` before a received mail goes; default `['inbox']`. */
  readonly readers?: readonly string[];
  /** How much of a mail leaves in the normal form; default `headers`. */
  readonly sanitise?: SanitiseMode;
  readonly sanitising?: SanitiseOptions;
  /** Whether providers may be asked for the keys of unknown recipients, unverified; default false. */
  readonly keyDiscovery?: boolean;
  /** Whether it stays without a connection until {@link Accounts.resume}; default false. */
  readonly paused?: boolean;
  /** When its mail leaves, unless {@link Accounts.setDelay} has said otherwise since; default `usual`. */
  readonly delay?: MailDelay;
}

/** A SOCKS5 proxy that every connection of a client goes through; names are resolved by it. */
export type UpstreamProxy =
  /** One identity for all connections: that of `user`, or none. Both of the two or neither. */
  | {
      readonly kind: 'socks5';
      /** `IP:port` or `unix:/path`. */
      readonly address: string;
      /** 1 to 255 bytes each. */
      readonly user?: string;
      readonly password?: string;
    }
  /** Tor: a circuit of its own for each account, and for each authority that an account asks. */
  | { readonly kind: 'tor'; readonly address: string };

export type ConnectionState =
  | { readonly kind: 'offline' }
  | { readonly kind: 'no-document' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'provider-missing' }
  /** The provider has no address of the preferred transports. */
  | { readonly kind: 'no-usable-address' }
  /** The provider's key is not the pinned one: nothing is sent until a document has the right one. */
  | { readonly kind: 'pin-mismatch' }
  /** By {@link Accounts.pause}. */
  | { readonly kind: 'paused' }
  /** It could not be opened, though other accounts could; its mail is untouched. */
  | { readonly kind: 'unusable'; readonly error: OpenError };

export interface AccountStatus {
  readonly account: Address;
  readonly connection: ConnectionState;
  /**
   * The network's document: of this epoch; an older one that is still valid, where there is none of
   * this epoch; or none, and then nothing is sent.
   */
  readonly document: 'current' | 'stale' | 'missing';
  readonly outbox: { readonly mails: number; readonly blocks: number };
  /** Reply blocks waiting for their reply. */
  readonly replyBlocks: number;
  readonly inbox: { readonly count: number };
  /** Blocks of mails that are not whole yet. */
  readonly fragments: number;
  /** Answers of key servers, since it was opened, that made no sense. */
  readonly malformedKeyAnswers: number;
  /** Local clock minus that of the provider or authority last spoken to, where known. */
  readonly skewMs?: number;
}

/** No account of the client is named so. */
export interface UnknownAccount {
  readonly kind: 'unknown-account';
  readonly account: string;
}

/** The accounts of an open client. Changes happen one after the other, in the order of the calls. */
export interface Accounts {
  /** Those that are open, paused ones included. */
  list(): readonly Address[];
  /** The public identity and link keys, X25519, 32 bytes each. */
  keys(
    account: string,
  ): Result<{ readonly identityKey: Uint8Array; readonly linkKey: Uint8Array }, UnknownAccount>;
  /** Of all accounts, also of those that could not be opened. */
  status(): readonly AccountStatus[];
  /**
   * The nodes of the network's document, as this account's decoys find them since the client was
   * opened. It takes decoys, and more than one mix in a layer, to tell one node from the others.
   */
  nodes(account: string): Result<readonly NodeHealth[], NodesError>;
  /**
   * Sends a loop through some nodes, at most one of each layer and a provider, and waits for it. The
   * others on its path are drawn at random, there and back. `@` and a signed descriptor in base64,
   * alone, is a mix on trial, which the document does not list.
   *
   * @errors `not-crossed`; `bad-path`: the descriptor cannot be used; `timeout`: it is lost; those of a question
   */
  ping(
    account: string,
    nodes: readonly string[],
    signal?: AbortSignal,
  ): ResultAsync<Pong, PingError>;
  /**
   * Opens one more account, which runs until it is removed or the client is closed; the next client
   * knows it by its configuration only. Its network is one of the client's.
   *
   * @errors those of opening a client; `config` with `account.user` when it is there already
   */
  add(account: AccountConfig): ResultAsync<Address, AddAccountError>;
  /**
   * Ends an account's connection and its processes. Mail is still accepted, kept and read; what is
   * too old still bounces. Ok also when it is paused. Lasts until `resume` or the client's end.
   */
  pause(account: string): ResultAsync<void, UnknownAccount>;
  /** Begins to connect again; ok also when it is not paused. */
  resume(account: string): ResultAsync<void, UnknownAccount>;
  /** When its mail leaves. */
  departure(account: string): Result<Departure, UnknownAccount>;
  /**
   * Has mail leave at once or in batches, from now on; durable when ok, until
   * {@link AccountConfig.delay} says something else than now.
   *
   * The mail of an account that sends in batches waits in the outbox and leaves, one packet after the
   * other, from a moment on that is 18 to 30 hours after the last one, drawn at random; one that
   * passes while no client is open comes when the next one opens. Mail accepted before is in no
   * batch, and with `usual` again what waits leaves. The lifetime of a mail is longer by its waiting.
   */
  setDelay(account: string, delay: MailDelay): ResultAsync<void, UnknownAccount | StoreError>;
  /**
   * Closes an account and forgets it: whoever reads its mail sees the end, and nothing is accepted
   * for it. Its directory stays, with everything in it.
   */
  remove(account: string): ResultAsync<void, UnknownAccount>;
  /**
   * Makes an account known to its provider by HTTP, through the client's proxy where it has one;
   * its directory and connection are not concerned. A provider tells refusals apart by nothing.
   */
  register(options: RegisterOptions): ResultAsync<void, RegisterError>;
  /**
   * Asks an account's provider over the network what it knows of it. Needs a connection, and a
   * provider that offers `account`: those of the reference do not.
   */
  showRemote(account: string, signal?: AbortSignal): ResultAsync<RemoteAccount, RemoteAccountError>;
  /**
   * Has an account deleted at its provider, with everything that waits for it there, at the time in
   * the answer. It cannot be taken back. What is here stays.
   */
  deleteRemote(
    account: string,
    signal?: AbortSignal,
  ): ResultAsync<RemoteAccount, RemoteAccountError>;
  /**
   * Puts a new link key, made here, in the place of the account's at its provider. When ok the old
   * one is forgotten; the connection goes on.
   *
   * The new key is on disk before the provider hears of it. After any error, an abort or a crash the
   * provider may have it or not: both are kept, and tried in turn when connecting, until it is known
   * which one lets us in. Rotating again goes on with the same new key.
   *
   * @errors those of a question; `given-key`: the configuration holds the key; `key-file`: the new
   *   one cannot be written
   */
  rotateLinkKey(account: string, signal?: AbortSignal): ResultAsync<RemoteAccount, RotateError>;
}

/** A node as an account's own loops have found it. */
export interface NodeHealth {
  readonly name: string;
  /** Of a mix, from 0. */
  readonly layer: number | 'provider';
  /**
   * `silent`: no loop through it comes back, although others do. `unknown`: no loop through it was
   * expected yet, or none has come back and that may be chance.
   */
  readonly state: 'well' | 'silent' | 'unknown';
  /** Whether our packets go round it. */
  readonly avoided: boolean;
  /** Of the last loops, those that crossed it. */
  readonly returned: number;
  readonly lost: number;
}

export type NodesError = UnknownAccount | { readonly kind: 'no-document' };

/** A loop that has come back. */
export interface Pong {
  /** From its leaving, with all delays and until it was fetched. */
  readonly roundTripMs: number;
}

export type PingError =
  | AskError
  /** No loop can cross such a node, or two of one layer; `nodes` can be crossed. */
  | { readonly kind: 'not-crossed'; readonly nodes: readonly string[] }
  /** A descriptor that cannot be used; `problem` says why. */
  | { readonly kind: 'bad-path'; readonly problem: string };

/** What a provider knows of an account. */
export interface RemoteAccount {
  /** X25519, 32 bytes: with which it connects. */
  readonly linkKey: Uint8Array;
  /** X25519, 32 bytes: what the key server tells, if anything. */
  readonly identityKey: Uint8Array | undefined;
  /** Items that wait for it there. */
  readonly waiting: number;
  /** How many may wait; beyond that nothing is taken for it. `undefined`: the provider does not say. */
  readonly limit: number | undefined;
  /** When it is deleted, ms since the Unix epoch; `undefined`: it stays. */
  readonly leavesAtMs: number | undefined;
}

export type RemoteAccountError =
  | AskError
  /** The provider's word; `refused`: it knows no such account with this link key. */
  | {
      readonly kind: 'account-refused';
      readonly reason:
        'malformed' | 'refused' | 'stale' | 'replayed' | 'bad-key' | 'failed' | 'unknown';
    };

export type RotateError = RemoteAccountError | KeyFileError | GivenKeyError;

export interface RegisterOptions {
  readonly account: string;
  /** Of the registration's page, such as `https://provider.example/registration`. */
  readonly url: string;
  readonly signal?: AbortSignal;
}

export type RegisterError = RegistrationError | UnknownAccount;

export type AddAccountError = OpenError | { readonly kind: 'closed' };
