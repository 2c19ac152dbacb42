/**
 * The public face of {@link MixClient}: configuration, results and events.
 * @module
 */
import type { Result, ResultAsync } from 'neverthrow';
import type { Io } from '../io/contracts.js';
import type { MailDraft } from '../mail/build.js';
import type { NetworkConfig } from '../pki/network.js';
import type { OpenStore, StoreError } from '../store/store.js';
import type { AccountConfig, Accounts, ConnectionState, UpstreamProxy } from './account-types.js';
import type { AskError, InboxError, RestoreError, SendError } from './errors.js';
import type { Address, MailId, MessageId } from './names.js';
import type { LookupAnswer, Recipients } from './recipient-types.js';
import type { ReplyBlocks } from './reply-block-types.js';

export type { MailDraft } from '../mail/build.js';
export type { Attachment } from '../mail/mime.js';
export type * from './account-types.js';
export type * from './errors.js';
export type * from './names.js';
export type * from './recipient-types.js';
export type * from './reply-block-types.js';

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
  /**
   * A partial mail without news for this long is given up with a report; default, and at most, 14
   * days. 0: never; after 14 days it is forgotten.
   */
  readonly receiveTimeoutMs?: number;
  /** Default true; false only for tests of others. */
  readonly sendDecoyTraffic?: boolean;
  /** Most bytes of an outgoing mail; default 32 MiB. */
  readonly maxMailLength?: number;
  readonly caseSensitiveUserIdentifiers?: boolean;
  /**
   * Whether a send may write its path. Default false; true only on test networks: chosen nodes are
   * fewer to hide among than drawn ones, and to choose the same ones again singles a sender out.
   */
  readonly pathsByHand?: boolean;
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
  /** Through which every connection leaves; none: directly. */
  readonly upstreamProxy?: UpstreamProxy;
  /** Which of a provider's addresses to use, in this order; default `['tcp', 'tcp4', 'tcp6']`. */
  readonly preferredTransports?: readonly string[];
  /** Stay without a connection: for reading and queueing beside no daemon. */
  readonly offline?: boolean;
  /** The world; Node.js where not given. */
  readonly io?: Io;
  readonly openStore?: OpenStore;
}

/**
 * What becomes of recipients who cannot have a mail: unknown ones, and those of a provider that the
 * network has not.
 *
 * `refuse`: nobody gets it; the network is not looked at. `skip`: the others get it, and the answer
 * names those. `report`: as well, and a report in the sender's own inbox, durable together with the
 * mail, names the bad ones. Both refuse a mail that nobody could get. `report-all`: even then there
 * is only the report. What itself is a report or an answer of a machine is never reported about, and
 * so refused.
 */
export type BadRecipients = 'refuse' | 'skip' | 'report' | 'report-all';

export interface SendOptions {
  readonly account: string;
  readonly to: string | readonly string[];
  /** RFC 5322 bytes, whose body is never changed, or a draft. */
  readonly mail: Uint8Array | MailDraft;
  /** `none`: no acknowledgements and no retransmission. Default `acknowledged`. */
  readonly reliability?: 'acknowledged' | 'none';
  /** What becomes of recipients who cannot have the mail; default `refuse`. */
  readonly badRecipients?: BadRecipients;
  /**
   * A name of this very send, such as a file's with its inode; none where it is empty. A mail is
   * accepted once by each name of an account: sent again, because a crash hid the answer, it is
   * answered as before and nothing more is sent, also when the mail has left or bounced meanwhile.
   * The name of a refused send stays free; a used one does when it has not been used for 30 days.
   */
  readonly once?: string;
  /**
   * The mixes that all its packets cross, there and back, such as `mix1,?,*`; they are drawn where it
   * is not given, and that is the better choice. A network in which nobody's anonymity depends on it
   * unlocks this by {@link ClientTuning.pathsByHand}. Once accepted, a mail takes no other path: while
   * a document has not got it, the mail waits.
   *
   * Items stand between commas, in the order of the layers: a mix's name, `?` one drawn mix, `~n`
   * about n of them, `*` as many as are left; the last may name the recipient's provider. `@` and a
   * signed descriptor in base64 is a mix on trial, which the document does not list.
   */
  readonly path?: string | undefined;
  readonly signal?: AbortSignal;
}

/** One recipient's share of a send. */
export interface Sent {
  readonly recipient: Address;
  readonly messageId: MessageId;
}

/** A received mail or a local report, without its bytes. */
export interface InboxEntry {
  readonly id: MailId;
  /** Octets of the mail as it will be handed out (CRLF lines). */
  readonly size: number;
  /** Ms since the Unix epoch. */
  readonly receivedAt: number;
  /** The authenticated X25519 identity key; absent on reports made here. */
  readonly senderKey?: Uint8Array;
  /** Present where the last line has no CRLF, which protocols of lines then add. */
  readonly openEnd?: true;
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

/** Random access to received mail, for protocols that want a listing. */
export interface InboxAccess {
  /** What this reader has not called `done` for, in order of arrival. */
  list(account: string, reader: string): Result<readonly InboxEntry[], InboxError>;
  read(account: string, id: MailId): ResultAsync<Uint8Array, InboxError>;
  /**
   * The same bytes piece by piece, in memory one at a time; the caller owns them. An error is the
   * last piece.
   */
  pieces(account: string, id: MailId): AsyncIterable<Result<Uint8Array, InboxError>>;
  /**
   * Puts a mail that was received before, on another machine or by another program, into the inbox
   * for all readers, with all its bytes: whoever calls vouches for them, also for our own header
   * lines. Durable when ok.
   *
   * @param copy - tells apart mails with the same bytes: while the mail is there, the same bytes with
   *   the same number are it; default 0
   * @errors `bad-mail` — it has no header
   */
  restore(account: string, mail: Uint8Array, copy?: number): ResultAsync<MailId, RestoreError>;
  /** Durable when ok; unknown ids are ignored. */
  done(account: string, reader: string, ids: readonly MailId[]): ResultAsync<void, InboxError>;
}

export interface QueuedMail {
  readonly account: Address;
  readonly messageId: MessageId;
  readonly recipient: Address;
  /**
   * `awaiting-key`: the provider is asked for it. `held`: it says another key than before, and a
   * person has to decide; see {@link Recipients}. `awaiting-batch`: it leaves with the account's
   * next batch.
   */
  readonly state: 'queued' | 'awaiting-key' | 'held' | 'awaiting-batch';
  readonly blocks: number;
  readonly acknowledged: number;
  /** Transmissions of all blocks so far. */
  readonly transmissions: number;
  readonly bounceAt: number;
}

export interface Outbox {
  list(account?: string): readonly QueuedMail[];
  /**
   * Durable when ok, also when it has gone meanwhile; blocks that have left stay delivered. It
   * cannot be aborted: after an error or a crash the mail is queued or gone, never half of it.
   */
  cancel(messageId: MessageId): ResultAsync<void, StoreError>;
}

/** Why a queued mail was given up; `no-key`: nobody could tell the recipient's key. */
export type FailureReason = 'expired' | 'cancelled' | 'no-key';

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
      readonly reason: FailureReason;
    }
  | { readonly kind: 'received'; readonly account: Address; readonly mail: InboxEntry }
  /** A provider has told the key of somebody unknown; mail to them leaves. */
  | { readonly kind: 'key-discovered'; readonly account: Address; readonly recipient: Address }
  /** A provider tells another key than before; mail to them is held. */
  | { readonly kind: 'key-changed'; readonly account: Address; readonly recipient: Address }
  /** The end of {@link Recipients.query}. */
  | {
      readonly kind: 'key-answer';
      readonly account: Address;
      readonly tag: string;
      readonly recipient: Address;
      readonly answer: LookupAnswer;
    }
  /** A mail's From names somebody known, whose key has not sealed it; From can be forged. */
  | {
      readonly kind: 'sender-differs';
      readonly account: Address;
      readonly mail: MailId;
      readonly from: Address;
    }
  | { readonly kind: 'clock-skew'; readonly account: Address; readonly skewMs: number }
  /** The store does not take what is written in the background; it is tried again and again. */
  | { readonly kind: 'store-failed'; readonly account: Address; readonly error: StoreError };

export interface AskOptions {
  readonly account: string;
  /** Capability, such as `keyserver`. */
  readonly service: string;
  readonly provider: string;
  readonly body: Uint8Array;
  readonly signal?: AbortSignal;
}

/** What bridges and programs hold. */
export interface MixClient {
  readonly accounts: Accounts;
  readonly recipients: Recipients;
  readonly outbox: Outbox;
  readonly inbox: InboxAccess;
  readonly replyBlocks: ReplyBlocks;
  /**
   * Freezes a mail and queues it: durable when ok, one entry per recipient, for all or for none.
   *
   * Cancel-safe. An aborted signal refuses a send that has not begun; one that is being written is
   * finished, and says so. A close meanwhile either lets it finish or gives `closed` or
   * `store-closed`: then nothing of it will be sent. What was accepted outlives a close; to take it
   * back use {@link Outbox.cancel}.
   */
  send(options: SendOptions): ResultAsync<readonly Sent[], SendError>;
  /**
   * Received mail from this reader's position on, then as it comes, until `signal` or close.
   *
   * Cancel-safe. Ending it, at any moment and in any way, loses nothing: a mail that was handed out
   * and not `done` is handed out again next time. A `done` that was called before is finished.
   */
  receive(
    account: string,
    options: { readonly reader: string; readonly signal?: AbortSignal },
  ): AsyncIterable<ReceivedMail>;
  /**
   * A provider's service, answered by a reply block. The answer comes without padding behind it.
   *
   * An abort gives `aborted` and a close `closed`, at once; nothing is kept of a question. It may
   * have left already, and the service have acted on it: ask only what may be asked twice.
   */
  ask(options: AskOptions): ResultAsync<Uint8Array, AskError>;
  /**
   * Every listener has its own queue, from the call on. An abort or a close ends it; what it has not
   * taken by then is dropped, and is in the outbox and inbox all the same.
   */
  events(signal?: AbortSignal): AsyncIterable<ClientEvent>;
  /**
   * Ends all that runs, then closes the stores; what is being written is finished first. It cannot
   * be aborted, and a second call waits for the first. Nothing accepted or received is lost by it.
   */
  close(): Promise<void>;
}
