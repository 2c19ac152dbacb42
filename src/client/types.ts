/**
 * The public face of {@link MixClient}: configuration, results, errors and events.
 * @module
 */
import type { Result, ResultAsync } from 'neverthrow';
import type { Io } from '../io/contracts.js';
import type { MailDraft } from '../mail/build.js';
import type { NetworkConfig } from '../pki/network.js';
import type { OpenStore, StoreError } from '../store/store.js';

export type { MailDraft } from '../mail/build.js';
export type { Attachment } from '../mail/mime.js';

/** A normalised address, `user@provider`. */
export type Address = string;

/** 16 random bytes as lower-case hex: one mail to one recipient, end to end. */
export type MessageId = string;

/** Random id of a received mail, fixed at delivery, never used again (32 hex digits). */
export type MailId = string;

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
  /** `headers` (default): top-level header lines leave in one normal form; `off`: as they are. */
  readonly sanitise?: 'headers' | 'off';
}

/** Tunables; the names and defaults are those of the TOML file's `[Debug]`. */
export interface ClientTuning {
  /** A queued mail bounces after this; default 5 days. */
  readonly bounceQueueLifetimeMs?: number;
  /** An unanswered service request is given up after this; default 1 h. */
  readonly urgentQueueLifetimeMs?: number;
  /** Mean time between retrievals; default 1 / (2 (λP + λL)) of the document. */
  readonly pollingIntervalMs?: number;
  /** Added to the computed delays before a packet counts as lost; default scaled by the link. */
  readonly retransmitSlackMs?: number;
  /** A partial mail without news for this long is given up; 0: never. */
  readonly receiveTimeoutMs?: number;
  /** Default true; false only for tests of others. */
  readonly sendDecoyTraffic?: boolean;
  /** Most bytes of an outgoing mail; default 32 MiB. */
  readonly maxMailLength?: number;
  readonly caseSensitiveUserIdentifiers?: boolean;
}

export interface MixClientConfig {
  /** Absolute directory of keys, stores and the recipients' PEM files (0700). */
  readonly dataDir: string;
  readonly recipientDir?: string;
  readonly networks: Readonly<Record<string, NetworkConfig>>;
  readonly accounts: readonly AccountConfig[];
  /** 32 bytes that seal everything stored. */
  readonly storageKey: Uint8Array;
  /** Known keys, by address. */
  readonly recipients?: Readonly<Record<string, Uint8Array>>;
  readonly tuning?: ClientTuning;
  /** Stay without a connection: for reading and queueing beside no daemon. */
  readonly offline?: boolean;
  /** The world; Node.js where not given. */
  readonly io?: Io;
  readonly openStore?: OpenStore;
}

export interface ConfigError {
  readonly kind: 'config';
  /** Where in the configuration, such as `accounts[0].user`. */
  readonly key: string;
  readonly problem: string;
}

export type OpenError =
  | ConfigError
  | StoreError
  | { readonly kind: 'key-file'; readonly path: string; readonly problem: string }
  | { readonly kind: 'data-dir'; readonly path: string; readonly problem: string };

export interface SendOptions {
  readonly account: string;
  readonly to: string | readonly string[];
  /** RFC 5322 bytes, whose body is never changed, or a draft. */
  readonly mail: Uint8Array | MailDraft;
  /** `none`: no acknowledgements and no retransmission. Default `acknowledged`. */
  readonly reliability?: 'acknowledged' | 'none';
  readonly signal?: AbortSignal;
}

/** One recipient's share of a send. */
export interface Sent {
  readonly recipient: Address;
  readonly messageId: MessageId;
}

export type SendError =
  | { readonly kind: 'unknown-account'; readonly account: string }
  | { readonly kind: 'unknown-recipient'; readonly recipient: string }
  | { readonly kind: 'bad-address'; readonly address: string }
  | { readonly kind: 'bad-mail'; readonly problem: string }
  | { readonly kind: 'forbidden-header'; readonly header: string }
  | { readonly kind: 'mail-too-large'; readonly size: number; readonly limit: number }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'closed' }
  | StoreError;

/** A received mail or a local report, without its bytes. */
export interface InboxEntry {
  readonly id: MailId;
  /** Octets of the mail as it will be handed out (CRLF lines). */
  readonly size: number;
  /** Ms since the Unix epoch. */
  readonly receivedAt: number;
  /** The authenticated X25519 identity key; absent on reports made here. */
  readonly senderKey?: Uint8Array;
}

export interface ReceivedMail extends InboxEntry {
  readonly account: Address;
  /** Whose key it is, as far as the recipients know. */
  readonly sender?: Address;
  /** RFC 5322 bytes with CRLF line ends and our header lines in front. */
  readonly bytes: Uint8Array;
  /** This reader needs the mail no more; it goes when every configured reader has said so. */
  done(): ResultAsync<void, InboxError>;
}

export type InboxError =
  | { readonly kind: 'unknown-account'; readonly account: string }
  | { readonly kind: 'unknown-reader'; readonly reader: string }
  | { readonly kind: 'no-such-mail'; readonly id: MailId }
  | { readonly kind: 'closed' }
  | StoreError;

/** Random access to received mail, for protocols that want a listing. */
export interface InboxAccess {
  /** What this reader has not called `done` for, in order of arrival. */
  list(account: string, reader: string): Result<readonly InboxEntry[], InboxError>;
  read(account: string, id: MailId): ResultAsync<Uint8Array, InboxError>;
  /** Durable when ok; unknown ids are ignored. */
  done(account: string, reader: string, ids: readonly MailId[]): ResultAsync<void, InboxError>;
}

export type RecipientError =
  | { readonly kind: 'bad-address'; readonly address: string }
  | { readonly kind: 'bad-key' }
  | { readonly kind: 'unknown-recipient'; readonly recipient: string }
  | { readonly kind: 'recipient-file'; readonly path: string; readonly problem: string };

export interface Recipient {
  readonly address: Address;
  /** X25519 identity key, 32 bytes. */
  readonly key: Uint8Array;
}

/** The keys of those whom we write to: a PEM file each. */
export interface Recipients {
  get(address: string): Result<Recipient, RecipientError>;
  set(address: string, key: Uint8Array): ResultAsync<void, RecipientError>;
  remove(address: string): ResultAsync<void, RecipientError>;
  /** Sorted by address. */
  list(): readonly Recipient[];
  /** Who has this key; the first by address where several do. */
  findByKey(key: Uint8Array): Address | undefined;
  /** Reads the directory again; problems are per file and never cost the others. */
  rescan(): ResultAsync<readonly RecipientError[], RecipientError>;
}

export interface QueuedMail {
  readonly account: Address;
  readonly messageId: MessageId;
  readonly recipient: Address;
  readonly blocks: number;
  readonly acknowledged: number;
  /** Transmissions of all blocks so far. */
  readonly transmissions: number;
  readonly bounceAt: number;
}

export interface Outbox {
  list(account?: string): readonly QueuedMail[];
  /** Ok also when it has gone meanwhile. */
  cancel(messageId: MessageId): ResultAsync<void, StoreError>;
}

export type ConnectionState =
  | { readonly kind: 'offline' }
  | { readonly kind: 'no-document' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'provider-missing' }
  | { readonly kind: 'pin-mismatch' };

export interface AccountStatus {
  readonly account: Address;
  readonly connection: ConnectionState;
  readonly outbox: { readonly mails: number; readonly blocks: number };
  /** Reply blocks waiting for their reply. */
  readonly replyBlocks: number;
  readonly inbox: { readonly count: number };
  /** Blocks of mails that are not whole yet. */
  readonly fragments: number;
  /** Local clock minus the provider's, where known. */
  readonly skewMs?: number;
}

export type ClientEvent =
  | { readonly kind: 'connection'; readonly account: Address; readonly state: ConnectionState }
  | { readonly kind: 'queued'; readonly account: Address; readonly sent: Sent }
  | {
      readonly kind: 'sent';
      readonly account: Address;
      readonly messageId: MessageId;
      readonly recipient: Address;
    }
  | {
      readonly kind: 'failed';
      readonly account: Address;
      readonly messageId: MessageId;
      readonly recipient: Address;
      readonly reason: 'expired' | 'cancelled';
    }
  | { readonly kind: 'received'; readonly account: Address; readonly mail: InboxEntry }
  | { readonly kind: 'clock-skew'; readonly account: Address; readonly skewMs: number }
  /** The store does not take what is written in the background; it is tried again and again. */
  | { readonly kind: 'store-failed'; readonly account: Address; readonly error: StoreError };

export type AskError =
  | { readonly kind: 'unknown-account'; readonly account: string }
  | { readonly kind: 'no-document' }
  | { readonly kind: 'no-such-provider'; readonly provider: string }
  | { readonly kind: 'no-such-service'; readonly service: string }
  | { readonly kind: 'request-too-large'; readonly size: number; readonly limit: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'malformed-reply' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'closed' }
  | StoreError;

/** Why a key was not found. */
export type LookupError =
  | AskError
  | { readonly kind: 'bad-address'; readonly address: string }
  | { readonly kind: 'no-such-user'; readonly user: string };

export interface AskOptions {
  readonly account: string;
  /** Capability, such as `keyserver`. */
  readonly service: string;
  readonly provider: string;
  readonly body: Uint8Array;
  readonly signal?: AbortSignal;
}

export interface Accounts {
  list(): readonly Address[];
  /** The public identity and link keys, X25519, 32 bytes each. */
  keys(
    account: string,
  ): Result<
    { readonly identityKey: Uint8Array; readonly linkKey: Uint8Array },
    { readonly kind: 'unknown-account'; readonly account: string }
  >;
  status(): readonly AccountStatus[];
}

/** What bridges and programs hold. */
export interface MixClient {
  readonly accounts: Accounts;
  readonly recipients: Recipients;
  readonly outbox: Outbox;
  readonly inbox: InboxAccess;
  /** Durable when ok, one entry per recipient; no recipient of several is half accepted. */
  send(options: SendOptions): ResultAsync<readonly Sent[], SendError>;
  /** Received mail from this reader's position on, then as it comes, until `signal` or close. */
  receive(
    account: string,
    options: { readonly reader: string; readonly signal?: AbortSignal },
  ): AsyncIterable<ReceivedMail>;
  /** A provider's service, answered by a reply block. The answer comes without padding behind it. */
  ask(options: AskOptions): ResultAsync<Uint8Array, AskError>;
  /** Asks the provider of `address` for its key, which nobody else vouches for; stores nothing. */
  lookup(
    account: string,
    address: string,
    signal?: AbortSignal,
  ): ResultAsync<Recipient, LookupError>;
  /** Every listener has its own queue, from the call on. */
  events(signal?: AbortSignal): AsyncIterable<ClientEvent>;
  close(): Promise<void>;
}
