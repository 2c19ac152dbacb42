/**
 * MixClient: accounts, sending, receiving, recipients and events as one object.
 * @module
 */
import { err, errAsync, ok, okAsync, type Result, ResultAsync, safeTry } from 'neverthrow';
import type { Primitives } from '../crypto/primitives.js';
import type { Io } from '../io/contracts.js';
import { normaliseAddress } from '../mail/address.js';
import type { OpenStore, StoreError } from '../store/store.js';
import { Account } from './account.js';
import type { ClientWorld } from './account-parts.js';
import { EventHub } from './events.js';
import { KEYSERVER, lookupKey } from './keyserver.js';
import { planAccounts, tuningOf } from './plan.js';
import { openRecipients, type RecipientsOptions } from './recipients.js';
import type {
  Accounts,
  Address,
  AskError,
  AskOptions,
  ClientEvent,
  InboxAccess,
  LookupError,
  MessageId,
  MixClient,
  MixClientConfig,
  OpenError,
  Outbox,
  ReceivedMail,
  Recipient,
  RecipientError,
  Recipients,
  SendError,
  SendOptions,
  Sent,
} from './types.js';

/** The world of a client whose configuration does not bring one. */
export interface ClientDefaults {
  readonly io: Io;
  readonly openStore: OpenStore;
  readonly primitives: Primitives;
}

/**
 * Opens all accounts of a configuration; where one cannot be opened, none stays open.
 *
 * @errors `config`, `data-dir`, `key-file` and those of the store
 */
export const openMixClient = (
  config: MixClientConfig,
  defaults: ClientDefaults,
): ResultAsync<MixClient, OpenError> =>
  safeTry(async function* () {
    const plans = yield* planAccounts(config);
    const io = config.io ?? defaults.io;
    const recipients = yield* openDirectory(config, io, defaults.primitives);
    const world: ClientWorld = {
      io,
      primitives: defaults.primitives,
      openStore: config.openStore ?? defaults.openStore,
      storageKey: config.storageKey,
      events: new EventHub(),
      tuning: tuningOf(config.tuning),
      rawTuning: config.tuning ?? {},
      findSender: (key) => recipients.findByKey(key),
    };
    const options = { offline: config.offline ?? false, recipients };
    const accounts: Account[] = [];
    for (const plan of plans) {
      const account = await Account.open(world, plan, options);
      if (account.isErr()) {
        await closeAll(accounts);
        return err(account.error);
      }
      accounts.push(account.value);
    }
    return ok(new OpenClient({ world, config, recipients, accounts }));
  });

const openDirectory = (
  config: MixClientConfig,
  { files, log }: Io,
  primitives: Primitives,
): ResultAsync<Recipients, OpenError> =>
  files
    .makeDirectory(config.dataDir)
    .mapErr(({ path, reason }): OpenError => ({ kind: 'data-dir', path, problem: reason }))
    .andThen(() => openRecipients(recipientOptions(config, files, primitives)).mapErr(asOpenError))
    .map((recipients) => {
      for (const problem of recipients.problems) {
        log.write('warning', 'recipients', 'an entry cannot be used', { problem: problem.kind });
      }
      return recipients;
    });

const recipientOptions = (
  config: MixClientConfig,
  files: Io['files'],
  primitives: Primitives,
): RecipientsOptions => ({
  files,
  primitives,
  directory: config.recipientDir ?? `${config.dataDir}/recipients`,
  initial: config.recipients ?? {},
  caseSensitive: config.tuning?.caseSensitiveUserIdentifiers ?? false,
});

const asOpenError = (error: RecipientError): OpenError =>
  error.kind === 'recipient-file'
    ? { kind: 'data-dir', path: error.path, problem: error.problem }
    : { kind: 'config', key: 'recipients', problem: error.kind };

/** In the reverse order of opening. */
const closeAll = async (accounts: readonly Account[]): Promise<void> => {
  for (const account of accounts.toReversed()) await account.close();
};

interface ClientParts {
  readonly world: ClientWorld;
  readonly config: MixClientConfig;
  readonly recipients: Recipients;
  readonly accounts: readonly Account[];
}

interface UnknownAccount {
  readonly kind: 'unknown-account';
  readonly account: string;
}

class OpenClient implements MixClient {
  readonly #parts: ClientParts;
  readonly #accounts: ReadonlyMap<Address, Account>;
  #closing: Promise<void> | undefined;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#accounts = new Map(parts.accounts.map((account) => [account.address, account]));
  }

  readonly accounts: Accounts = {
    list: () => [...this.#accounts.keys()],
    keys: (account) => this.#find(account).map(({ keys }) => keys),
    status: () => [...this.#accounts.values()].map(({ status }) => status),
  };

  get recipients(): Recipients {
    return this.#parts.recipients;
  }

  readonly outbox: Outbox = {
    list: (account) => this.#chosen(account).flatMap(({ outbox }) => outbox.list()),
    cancel: (messageId) => this.#cancel(messageId),
  };

  readonly inbox: InboxAccess = {
    list: (account, reader) => this.#find(account).andThen(({ inbox }) => inbox.list(reader)),
    read: (account, id) => this.#find(account).asyncAndThen(({ inbox }) => inbox.read(id)),
    done: (account, reader, ids) =>
      this.#find(account).asyncAndThen(({ inbox }) => inbox.done(reader, ids)),
  };

  send(options: SendOptions): ResultAsync<readonly Sent[], SendError> {
    if (this.#closing !== undefined) return errAsync({ kind: 'closed' });
    return this.#find(options.account)
      .mapErr((error): SendError => error)
      .asyncAndThen((account) => account.send(options));
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

  lookup(
    account: string,
    address: string,
    signal?: AbortSignal,
  ): ResultAsync<Recipient, LookupError> {
    const caseSensitive = this.#parts.config.tuning?.caseSensitiveUserIdentifiers ?? false;
    return normaliseAddress(address, { caseSensitive })
      .mapErr((): LookupError => ({ kind: 'bad-address', address }))
      .asyncAndThen((wanted) => {
        const where = { account, service: KEYSERVER, provider: wanted.domain };
        const options = signal === undefined ? where : { ...where, signal };
        return lookupKey((body) => this.ask({ ...options, body }), wanted.user).map((key) => ({
          address: wanted.address,
          key,
        }));
      });
  }

  events(signal?: AbortSignal): AsyncIterable<ClientEvent> {
    return this.#parts.world.events.listen(signal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await closeAll(this.#parts.accounts);
    this.#parts.world.events.close();
  }

  #chosen(account: string | undefined): readonly Account[] {
    if (account === undefined) return this.#parts.accounts;
    return this.#find(account).match(
      (found) => [found],
      () => [],
    );
  }

  #cancel(messageId: MessageId): ResultAsync<void, StoreError> {
    const holder = this.#parts.accounts.find(({ outbox }) => outbox.has(messageId));
    return holder?.outbox.cancel(messageId) ?? okAsync(undefined);
  }

  /** By any spelling of an account's address. */
  #find(account: string): Result<Account, UnknownAccount> {
    const { config } = this.#parts;
    const caseSensitive = config.tuning?.caseSensitiveUserIdentifiers ?? false;
    const address = normaliseAddress(account, { caseSensitive }).match(
      (normal) => normal.address,
      () => account,
    );
    const found = this.#accounts.get(account) ?? this.#accounts.get(address);
    return found === undefined ? err({ kind: 'unknown-account', account }) : ok(found);
  }
}
