/**
 * The accounts of an open client: opened together, then changed one by one.
 *
 * One that cannot be opened costs the others nothing; it is listed as unusable.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import type { LogFacts } from '../../io/contracts.js';
import { normaliseAddress } from '../../mail/address.js';
import { Account, type AccountOptions } from './account.js';
import type { ClientWorld } from './parts.js';
import { type AccountPlan, planAdded } from './plan.js';
import { registerAccount } from '../link/register.js';
import type { StoreError } from '../../store/store.js';
import { Turns } from '../../io/turns.js';
import type {
  AccountConfig,
  Accounts,
  AccountStatus,
  AddAccountError,
  Address,
  Departure,
  MailDelay,
  MixClientConfig,
  NodesError,
  PingError,
  Pong,
  OpenError,
  RegisterError,
  RemoteAccount,
  RemoteAccountError,
  RegisterOptions,
  RotateError,
  SendError,
  SendOptions,
  Sent,
  UnknownAccount,
} from '../types.js';
import { registrationTag } from '../link/upstream.js';

export interface AccountSetDeps {
  readonly world: ClientWorld;
  readonly config: MixClientConfig;
  readonly options: AccountOptions;
}

const NEVER = new AbortController().signal;

export class AccountSet implements Accounts {
  readonly #deps: AccountSetDeps;
  readonly #open = new Map<Address, Account>();
  readonly #unusable = new Map<Address, OpenError>();
  readonly #turns = new Turns();
  #isClosed = false;

  constructor(deps: AccountSetDeps) {
    this.#deps = deps;
  }

  /** @errors that of the first account, where none can be opened; `store-key`, which is of all */
  async openAll(plans: readonly AccountPlan[]): Promise<Result<void, OpenError>> {
    for (const plan of plans) await this.#tryToOpen(plan);
    const problems = [...this.#unusable.values()];
    const fatal =
      problems.find(({ kind }) => kind === 'store-key') ??
      (this.#open.size === 0 ? problems[0] : undefined);
    if (fatal === undefined) return ok(undefined);
    await this.close();
    return err(fatal);
  }

  /** All that are open, in the order of their opening. */
  all(): readonly Account[] {
    return [...this.#open.values()];
  }

  /** By any spelling of an account's address. */
  find(account: string): Result<Account, UnknownAccount> {
    const found = this.#open.get(account) ?? this.#open.get(this.#normal(account));
    return found === undefined ? err({ kind: 'unknown-account', account }) : ok(found);
  }

  /** A mail of one of them. */
  send(options: SendOptions): ResultAsync<readonly Sent[], SendError> {
    return this.find(options.account)
      .mapErr((error): SendError => error)
      .asyncAndThen((account) => account.send(options));
  }

  list(): readonly Address[] {
    return [...this.#open.keys()];
  }

  keys(account: string): ReturnType<Accounts['keys']> {
    return this.find(account).map(({ keys }) => keys);
  }

  status(): readonly AccountStatus[] {
    return [
      ...this.all().map(({ status }) => status),
      ...[...this.#unusable].map(([account, error]) => unusable(account, error)),
    ];
  }

  nodes(account: string): ReturnType<Accounts['nodes']> {
    return this.find(account)
      .mapErr((error): NodesError => error)
      .andThen((found) => {
        const view = found.view();
        return view === undefined
          ? err<never, NodesError>({ kind: 'no-document' })
          : ok(found.loops.nodes(view));
      });
  }

  ping(
    account: string,
    nodes: readonly string[],
    signal?: AbortSignal,
  ): ResultAsync<Pong, PingError> {
    return this.find(account)
      .mapErr((error): PingError => error)
      .asyncAndThen((found) => found.ping(nodes, signal));
  }

  add(account: AccountConfig): ResultAsync<Address, AddAccountError> {
    return this.#turns.take((): Promise<Result<Address, AddAccountError>> =>
      this.#isClosed ? Promise.resolve(err({ kind: 'closed' })) : this.#add(account),
    );
  }

  pause(account: string): ResultAsync<void, UnknownAccount> {
    return this.#change(account, (found) => found.pause());
  }

  resume(account: string): ResultAsync<void, UnknownAccount> {
    return this.#change(account, (found) => {
      found.resume();
      return Promise.resolve();
    });
  }

  departure(account: string): Result<Departure, UnknownAccount> {
    return this.find(account).map(({ outbox }) => outbox.departures.state);
  }

  setDelay(account: string, delay: MailDelay): ResultAsync<void, UnknownAccount | StoreError> {
    return this.find(account)
      .mapErr((error): UnknownAccount | StoreError => error)
      .asyncAndThen(({ outbox }) => outbox.departures.set(delay));
  }

  remove(account: string): ResultAsync<void, UnknownAccount> {
    return this.#turns.take(async () => {
      if (this.#unusable.delete(this.#normal(account))) return ok(undefined);
      const found = this.find(account);
      if (found.isErr()) return err(found.error);
      // Forgotten first, so that nothing more is accepted for it.
      this.#open.delete(found.value.address);
      await found.value.close();
      return ok(undefined);
    });
  }

  register({ account, url, signal = NEVER }: RegisterOptions): ResultAsync<void, RegisterError> {
    const { io, outgoing, primitives } = this.#deps.world;
    return this.find(account)
      .mapErr((error): RegisterError => error)
      .asyncAndThen(({ address, user, keys }) => {
        const network = outgoing(registrationTag(address));
        return registerAccount(
          { http: io.http, clock: io.clock, network, hash: primitives.hash },
          { ...keys, user, url, signal },
        );
      });
  }

  showRemote(
    account: string,
    signal?: AbortSignal,
  ): ResultAsync<RemoteAccount, RemoteAccountError> {
    return this.#askProvider(account, 'show', signal);
  }

  deleteRemote(
    account: string,
    signal?: AbortSignal,
  ): ResultAsync<RemoteAccount, RemoteAccountError> {
    return this.#askProvider(account, 'delete', signal);
  }

  rotateLinkKey(account: string, signal?: AbortSignal): ResultAsync<RemoteAccount, RotateError> {
    return this.find(account)
      .mapErr((error): RotateError => error)
      .asyncAndThen(({ selfService }) => selfService.rotate(signal));
  }

  #askProvider(
    account: string,
    kind: 'show' | 'delete',
    signal?: AbortSignal,
  ): ResultAsync<RemoteAccount, RemoteAccountError> {
    return this.find(account)
      .mapErr((error): RemoteAccountError => error)
      .asyncAndThen((found) => found.selfService.ask(kind, signal));
  }

  /** Closes all, the last first; they stay listed, and cannot be changed any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#turns.idle();
    for (const account of this.all().toReversed()) await account.close();
  }

  #change(
    account: string,
    work: (account: Account) => Promise<void>,
  ): ResultAsync<void, UnknownAccount> {
    return this.#turns.take(async () => {
      const found = this.find(account);
      if (this.#isClosed || found.isErr()) return err({ kind: 'unknown-account', account });
      await work(found.value);
      return ok(undefined);
    });
  }

  async #add(account: AccountConfig): Promise<Result<Address, OpenError>> {
    const plan = planAdded(this.#deps.config, account, this.list());
    if (plan.isErr()) return err(plan.error);
    this.#unusable.delete(plan.value.address);
    return (await this.#openOne(plan.value)).map(({ address }) => address);
  }

  async #tryToOpen(plan: AccountPlan): Promise<void> {
    const opened = await this.#openOne(plan);
    if (opened.isOk()) return;
    this.#unusable.set(plan.address, opened.error);
    const facts = { account: { identifier: plan.address }, ...factsOf(opened.error) };
    this.#deps.world.io.log.write('error', 'account', 'an account cannot be opened', facts);
  }

  #openOne(plan: AccountPlan): ResultAsync<Account, OpenError> {
    const { world, options } = this.#deps;
    return Account.open(world, plan, options).map((account) => {
      this.#open.set(account.address, account);
      return account;
    });
  }

  #normal(account: string): Address {
    const caseSensitive = this.#deps.config.tuning?.caseSensitiveUserIdentifiers ?? false;
    return normaliseAddress(account, { caseSensitive }).match(
      ({ address }) => address,
      () => account,
    );
  }
}

/** Of a path the name alone: its directory is named by the account. */
const factsOf = (error: OpenError): LogFacts =>
  error.kind === 'key-file'
    ? { problem: error.kind, file: baseName(error.path), reason: error.problem }
    : { problem: error.kind };

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const unusable = (account: Address, error: OpenError): AccountStatus => ({
  account,
  connection: { kind: 'unusable', error },
  outbox: { mails: 0, blocks: 0 },
  replyBlocks: 0,
  inbox: { count: 0 },
  fragments: 0,
  malformedKeyAnswers: 0,
  document: 'missing',
});
