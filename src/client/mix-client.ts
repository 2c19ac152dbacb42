/**
 * MixClient: accounts, sending, receiving, recipients and events as one object.
 * @module
 */
import { err, errAsync, ok, okAsync, type Result, ResultAsync, safeTry } from 'neverthrow';
import type { Primitives } from '../crypto/primitives.js';
import type { Io, LogFacts } from '../io/contracts.js';
import { readHead } from '../mail/header.js';
import type { OpenStore, StoreError } from '../store/store.js';
import type { Account } from './account/account.js';
import type { ClientWorld } from './account/parts.js';
import { AccountSet } from './account/set.js';
import { EventHub } from './events.js';
import { replyBlocksOf } from './account/reply-blocks.js';
import { withLookup } from './recipients/key-lookup.js';
import { planAccounts, tuningOf } from './account/plan.js';
import { openRecipients, type RecipientBook } from './recipients/recipients.js';
import { outgoing } from './link/upstream.js';
import { SubmitBox } from './submit/box.js';
import type {
  Accounts,
  AskError,
  AskOptions,
  ClientEvent,
  InboxAccess,
  InboxError,
  MailId,
  MessageId,
  MixClient,
  MixClientConfig,
  OpenError,
  Outbox,
  ReceivedMail,
  RecipientError,
  Recipients,
  ReplyBlocks,
  RestoreError,
  SendError,
  SendOptions,
  Sent,
  UnknownAccount,
} from './types.js';

/** The world of a client whose configuration does not bring one. */
export interface ClientDefaults {
  readonly io: Io;
  readonly openStore: OpenStore;
  readonly primitives: Primitives;
}

/**
 * Opens all accounts of a configuration. One that cannot be opened is listed as unusable, and
 * the others go on.
 *
 * @errors `config`, `data-dir`; `store-key`; where no account can be opened, what is wrong with the
 *   first. Nothing stays open then
 */
export const openMixClient = (
  config: MixClientConfig,
  defaults: ClientDefaults,
): ResultAsync<MixClient, OpenError> =>
  safeTry(async function* () {
    const plans = yield* planAccounts(config);
    const io = config.io ?? defaults.io;
    const openStore = config.openStore ?? defaults.openStore;
    const book = yield* openBook(config, { ...defaults, io, openStore });
    const world: ClientWorld = {
      io,
      primitives: defaults.primitives,
      openStore,
      storageKey: config.storageKey,
      events: new EventHub(),
      tuning: tuningOf(config.tuning),
      rawTuning: config.tuning ?? {},
      book,
      outgoing: outgoing({ ...io, primitives: defaults.primitives, proxy: config.upstreamProxy }),
    };
    const options = { offline: config.offline ?? false, recipients: book };
    const accounts = new AccountSet({ world, config, options });
    const opened = await accounts.openAll(plans);
    if (opened.isErr()) {
      await book.close();
      return err(opened.error);
    }
    const box = await SubmitBox.open({
      ...io,
      ...world,
      dataDir: config.dataDir,
      send: (mail) => accounts.send(mail),
    });
    // Whoever opens the stores beside no daemon wants to see all that is queued.
    if (options.offline) await box.takeAll();
    return ok(new OpenClient({ world, config, accounts, box }));
  });

/** The store first: a wrong key must change nothing. */
const openBook = (
  config: MixClientConfig,
  { io, openStore, primitives }: ClientDefaults,
): ResultAsync<RecipientBook, OpenError> =>
  safeTry(async function* () {
    const { files, log } = io;
    const { dataDir, recipientDir = `${dataDir}/recipients`, recipients = {} } = config;
    yield* files
      .makeDirectory(dataDir)
      .mapErr(({ path, reason }): OpenError => ({ kind: 'data-dir', path, problem: reason }));
    const store = yield* openStore(`${dataDir}/recipients.db`, config.storageKey);
    const caseSensitive = config.tuning?.caseSensitiveUserIdentifiers ?? false;
    const directory = { files, primitives, log, directory: recipientDir, initial: recipients };
    const book = await openRecipients({ ...directory, store, caseSensitive });
    if (book.isErr()) {
      await store.close();
      return err(asOpenError(book.error));
    }
    for (const problem of book.value.problems) {
      log.write('warning', 'recipients', 'unusable recipient', factsOf(problem));
    }
    return ok(book.value);
  });

/** What a log may say: a file is named by a recipient, and so is an entry. */
const factsOf = (error: RecipientError): LogFacts => {
  if (error.kind === 'recipient-file') {
    return { file: { identifier: error.path }, problem: error.problem };
  }
  return error.kind === 'bad-address'
    ? { recipient: { identifier: error.address }, problem: error.kind }
    : { problem: error.kind };
};

const asOpenError = (error: RecipientError): OpenError => {
  switch (error.kind) {
    case 'recipient-file':
      return { kind: 'data-dir', path: error.path, problem: error.problem };
    case 'bad-address':
    case 'bad-key':
    case 'unknown-recipient':
    case 'code-differs':
      return { kind: 'config', key: 'recipients', problem: error.kind };
    case 'store-full':
    case 'store-io':
    case 'store-corrupt':
    case 'store-key':
    case 'store-format':
    case 'store-closed':
      return error;
  }
};

interface ClientParts {
  readonly world: ClientWorld;
  readonly config: MixClientConfig;
  readonly accounts: AccountSet;
  readonly box: SubmitBox;
}

class OpenClient implements MixClient {
  readonly #parts: ClientParts;
  readonly recipients: Recipients;
  readonly replyBlocks: ReplyBlocks;
  readonly #stop = new AbortController();
  readonly #intake: Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(parts: ClientParts) {
    const { world, config, accounts } = parts;
    this.#parts = parts;
    this.recipients = withLookup({
      book: world.book,
      random: world.io.random,
      caseSensitive: config.tuning?.caseSensitiveUserIdentifiers ?? false,
      find: (account) => accounts.find(account),
      emit: (event) => world.events.emit(event),
    });
    this.replyBlocks = replyBlocksOf(accounts, world.io.clock);
    const isOffline = config.offline ?? false;
    this.#intake = isOffline ? Promise.resolve() : parts.box.run(this.#stop.signal);
  }

  get accounts(): Accounts {
    return this.#parts.accounts;
  }

  readonly outbox: Outbox = {
    list: (account) => this.#chosen(account).flatMap(({ outbox }) => outbox.list()),
    cancel: (messageId) => this.#cancel(messageId),
  };

  readonly inbox: InboxAccess = {
    list: (account, reader) => this.#find(account).andThen(({ inbox }) => inbox.list(reader)),
    read: (account, id) => this.#find(account).asyncAndThen(({ inbox }) => inbox.read(id)),
    pieces: (account, id) => this.#pieces(account, id),
    restore: (account, mail, copy) =>
      this.#find(account)
        .mapErr((error): RestoreError => error)
        .andThen((found) =>
          readHead(mail)
            .map(() => found)
            .mapErr(({ kind, problem }): RestoreError => ({ kind, problem })),
        )
        .asyncAndThen(({ inbox }) => inbox.restore(mail, copy)),
    done: (account, reader, ids) =>
      this.#find(account).asyncAndThen(({ inbox }) => inbox.done(reader, ids)),
  };

  async *#pieces(
    account: string,
    id: MailId,
  ): AsyncGenerator<Result<Uint8Array, InboxError>, void> {
    const found = this.#find(account);
    if (found.isErr()) yield err(found.error);
    else yield* found.value.inbox.pieces(id);
  }

  send(options: SendOptions): ResultAsync<readonly Sent[], SendError> {
    if (this.#closing !== undefined) return errAsync({ kind: 'closed' });
    return this.#parts.accounts.send(options);
  }

  receive(
    account: string,
    { reader, signal }: { readonly reader: string; readonly signal?: AbortSignal },
  ): AsyncIterable<ReceivedMail> {
    const found = this.#find(account);
    if (found.isErr()) throw new RangeError(`no account is named ${account}`);
    return found.value.inbox.receive(reader, signal);
  }

  ask({ account, ...question }: AskOptions): ResultAsync<Uint8Array, AskError> {
    if (this.#closing !== undefined) return errAsync({ kind: 'closed' });
    return this.#find(account)
      .mapErr((error): AskError => error)
      .asyncAndThen((found) => found.ask(question));
  }

  events(signal?: AbortSignal): AsyncIterable<ClientEvent> {
    return this.#parts.world.events.listen(signal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    await this.#intake;
    this.#parts.box.close();
    await this.#parts.accounts.close();
    await this.#parts.world.book.close();
    this.#parts.world.events.close();
  }

  #chosen(account: string | undefined): readonly Account[] {
    if (account === undefined) return this.#parts.accounts.all();
    return this.#find(account).match(
      (found) => [found],
      () => [],
    );
  }

  #cancel(messageId: MessageId): ResultAsync<void, StoreError> {
    const holder = this.#parts.accounts.all().find(({ outbox }) => outbox.has(messageId));
    return holder?.outbox.cancel(messageId) ?? okAsync(undefined);
  }

  #find(account: string): Result<Account, UnknownAccount> {
    return this.#parts.accounts.find(account);
  }
}
