/**
 * A client without a network: for testing what stands on top of one.
 *
 * Mail that is sent is kept in {@link FakeClient.sent}; {@link FakeClient.deliver} makes received
 * mail. Every operation can be told to fail.
 * @module
 */
import { err, errAsync, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { fromUtf8, toHex, utf8 } from '../src/bytes/text.js';
import type { MixClient } from '../src/index.js';
import type {
  Accounts,
  Address,
  AskError,
  ClientEvent,
  InboxAccess,
  InboxEntry,
  InboxError,
  MailId,
  Outbox,
  QueuedMail,
  ReceivedMail,
  RecipientError,
  Recipients,
  ReplyBlocks,
  SendError,
  SendOptions,
  Sent,
} from '../src/client/types.js';
import { Announcements } from './announcements.js';
import { fakeAccounts } from './fake-accounts.js';
import { fakeRecipients } from './fake-recipients.js';

export interface FakeClientOptions {
  readonly accounts: readonly Address[];
  readonly recipients?: Readonly<Record<string, Uint8Array>>;
  /** Accounts that may write to addresses whose key has still to be found. */
  readonly discovering?: ReadonlySet<Address>;
  /** Who must call `done` before a mail goes; default `['inbox']`. */
  readonly readers?: readonly string[];
  readonly queued?: readonly QueuedMail[];
}

/** What the next calls fail with, until set to `undefined` again. */
export interface Failures {
  send?: SendError | undefined;
  done?: InboxError | undefined;
  read?: InboxError | undefined;
  /** Of the second piece of a mail. */
  rest?: InboxError | undefined;
  setRecipient?: RecipientError | undefined;
}

interface StoredMail {
  readonly account: Address;
  readonly entry: InboxEntry;
  readonly bytes: Uint8Array;
  /** Readers that still need it. */
  readonly needed: Set<string>;
}

/** A client that a test looks into. */
export class FakeClient implements MixClient {
  /** All sends that succeeded, in order. */
  readonly sent: SendOptions[] = [];
  readonly failures: Failures = {};
  /** Awaited by every send before it succeeds or fails. */
  beforeSend: () => Promise<void> = () => Promise.resolve();
  readonly accounts: Accounts;
  readonly recipients: Recipients;
  readonly outbox: Outbox;
  readonly replyBlocks: ReplyBlocks = {
    make: () => errAsync({ kind: 'no-document' }),
    inspect: () => errAsync({ kind: 'bad-reply-block', problem: 'there is no network' }),
    send: () => errAsync({ kind: 'no-document' }),
  };
  readonly inbox: InboxAccess;
  readonly #readers: readonly string[];
  readonly #mails = new Map<MailId, StoredMail>();
  /** What sends that had a name were answered with. */
  readonly #named = new Map<string, readonly Sent[]>();
  readonly #events = new Announcements<ClientEvent>();
  readonly #stop = new AbortController();
  #made = 0;

  constructor(options: FakeClientOptions) {
    this.#readers = options.readers ?? ['inbox'];
    this.accounts = fakeAccounts(options.accounts);
    this.recipients = fakeRecipients({
      keys: options.recipients ?? {},
      accounts: () => this.accounts.list(),
      discovering: options.discovering ?? new Set(),
      failure: () => this.failures.setRecipient,
    });
    this.outbox = fakeOutbox(options.queued ?? []);
    this.inbox = {
      list: (account, reader) => this.#list(account, reader),
      read: (_account, id) => this.#read(id),
      pieces: (_account, id) => this.#pieces(id),
      restore: (account, mail) => okAsync(this.deliver(account, mail)),
      done: (_account, reader, ids) => this.#done(reader, ids),
    };
  }

  /** Puts a mail into an account's inbox. */
  deliver(account: Address, mail: string | Uint8Array, senderKey?: Uint8Array): MailId {
    const bytes = typeof mail === 'string' ? utf8(mail) : mail;
    const id = this.#newId();
    const key = senderKey === undefined ? {} : { senderKey };
    const end = fromUtf8(bytes.subarray(-2)) === '\r\n' ? {} : { openEnd: true as const };
    const entry = { id, size: bytes.length, receivedAt: this.#made, ...key, ...end };
    this.#mails.set(id, { account, entry, bytes, needed: new Set(this.#readers) });
    this.announce({ kind: 'received', account, mail: entry });
    return id;
  }

  /** Ids of the mails that are still kept. */
  get kept(): readonly MailId[] {
    return [...this.#mails.keys()];
  }

  announce(event: ClientEvent): void {
    this.#events.announce(event);
  }

  send(options: SendOptions): ResultAsync<readonly Sent[], SendError> {
    return okAsync<boolean, SendError>(true)
      .map(() => this.beforeSend())
      .andThen(() => {
        const before = this.#named.get(nameOf(options));
        if (before !== undefined) return ok(before);
        if (this.failures.send !== undefined) return err(this.failures.send);
        return ok(this.#accept(options));
      });
  }

  async *receive(
    account: Address,
    { reader, signal }: { readonly reader: string; readonly signal?: AbortSignal },
  ): AsyncGenerator<ReceivedMail, void> {
    const arrivals = this.events(signal);
    const handedOut = new Set<MailId>();
    for (;;) {
      for (const mail of this.#of(account, reader)) {
        if (handedOut.has(mail.entry.id)) continue;
        handedOut.add(mail.entry.id);
        yield this.#received(mail, reader);
      }
      if ((await arrivals.next()).done === true) return;
    }
  }

  ask(): ResultAsync<Uint8Array, AskError> {
    return errAsync({ kind: 'no-document' });
  }

  events(signal?: AbortSignal): AsyncGenerator<ClientEvent, void> {
    const signals = signal === undefined ? [] : [signal];
    return this.#events.listen(AbortSignal.any([this.#stop.signal, ...signals]));
  }

  close(): Promise<void> {
    this.#stop.abort();
    return Promise.resolve();
  }

  #accept(options: SendOptions): readonly Sent[] {
    const sent = [options.to].flat().map((recipient) => ({ recipient, messageId: this.#newId() }));
    this.sent.push(options);
    if (options.once) this.#named.set(nameOf(options), sent);
    return sent;
  }

  #newId(): string {
    return toHex(utf8(String(++this.#made).padStart(16, '0')));
  }

  #of(account: Address, reader: string): readonly StoredMail[] {
    return [...this.#mails.values()].filter(
      (mail) => mail.account === account && mail.needed.has(reader),
    );
  }

  #list(account: Address, reader: string): Result<readonly InboxEntry[], InboxError> {
    if (!this.accounts.list().includes(account)) return err({ kind: 'unknown-account', account });
    if (!this.#readers.includes(reader)) return err({ kind: 'unknown-reader', reader });
    return ok(this.#of(account, reader).map((mail) => mail.entry));
  }

  #read(id: MailId): ResultAsync<Uint8Array, InboxError> {
    if (this.failures.read !== undefined) return errAsync(this.failures.read);
    const mail = this.#mails.get(id);
    return mail === undefined
      ? errAsync({ kind: 'no-such-mail', id })
      : okAsync(mail.bytes.slice());
  }

  /** In two, however small the mail is. */
  async *#pieces(id: MailId): AsyncGenerator<Result<Uint8Array, InboxError>, void> {
    const whole = await this.#read(id);
    if (whole.isErr()) {
      yield err(whole.error);
      return;
    }
    const half = Math.ceil(whole.value.length / 2);
    yield ok(whole.value.slice(0, half));
    yield this.failures.rest === undefined ? ok(whole.value.slice(half)) : err(this.failures.rest);
  }

  #done(reader: string, ids: readonly MailId[]): ResultAsync<void, InboxError> {
    if (this.failures.done !== undefined) return errAsync(this.failures.done);
    for (const id of ids) {
      const needed = this.#mails.get(id)?.needed;
      needed?.delete(reader);
      if (needed?.size === 0) this.#mails.delete(id);
    }
    return okAsync(undefined);
  }

  #received(mail: StoredMail, reader: string): ReceivedMail {
    const { account, entry, bytes } = mail;
    return { ...entry, account, bytes, done: () => this.#done(reader, [entry.id]) };
  }
}

/** Each account has names of its own. */
const nameOf = ({ account, once = '' }: SendOptions): string => `${account} ${once}`;

const fakeOutbox = (queued: readonly QueuedMail[]): Outbox => ({
  list: (account) => queued.filter((mail) => account === undefined || mail.account === account),
  cancel: () => okAsync(undefined),
});
