/**
 * The account service: users show, delete and re-key their own account over the network.
 *
 * What a request does is durable before it is answered, and so is its time, together: an older one
 * is never taken again, neither after a restart nor by another process. The same request once more
 * gets the same answer, since what was asked over the network may be asked twice.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { parse } from '../../src/bytes/reader.js';
import { toBase64, utf8 } from '../../src/bytes/text.js';
import { Writer } from '../../src/bytes/writer.js';
import { isLowOrder } from '../../src/crypto/low-order.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Clock } from '../../src/io/contracts.js';
import type { StoreError } from '../../src/store/store.js';
import {
  ACCOUNT_SERVICE,
  decodeAccountRequest,
  isGenuine,
  type SealedAccountRequest,
} from '../../src/wire/account-request.js';
import type { NodeIdentity } from '../node/keys.js';
import { userName, type UserName } from './names.js';
import type { Service, ServiceAnswer } from './services.js';
import type {
  Account,
  AccountChange,
  AccountNote,
  Accounts,
  User,
  UserError,
} from './contracts.js';

export interface AccountServiceDeps {
  readonly clock: Clock;
  readonly primitives: Primitives;
  readonly identity: Pick<NodeIdentity, 'identityKey' | 'linkSecret'>;
  readonly accounts: Accounts;
  /** Items that wait for a user. */
  readonly waiting: (user: UserName) => ResultAsync<number, StoreError>;
  /** How many may, at this moment. */
  readonly limit: () => number;
  /** A user has gone with everything that waited for them. */
  readonly onGone: (user: UserName) => void;
  readonly count: (event: string) => void;
}

/** The last request of a user that was taken. */
interface Mark {
  readonly timeMs: number;
  readonly tag: Uint8Array;
  /** When the account goes; 0: not at all. */
  readonly leavesAtMs: number;
}

type Refusal = 'malformed' | 'refused' | 'stale' | 'replayed' | 'bad-key' | 'failed';

const TAG_LENGTH = 32;
const MARK_LENGTH = 8 + TAG_LENGTH + 8;
/** A request may be on its way, and clocks be wrong, for so long. */
const OLDEST_MS = 3_600_000;
const AHEAD_MS = 300_000;
/** After that any request that it would refuse is too old, also by another process's clock. */
const MARK_LIFE_MS = OLDEST_MS + AHEAD_MS;
/** For the answer to a deletion, which comes to the account itself. */
const GRACE_MS = 3_600_000;
const SWEEP_MS = 60_000;
/** Requests that wait for their turn. */
const MOST_PENDING = 32;

const encodeMark = ({ timeMs, tag, leavesAtMs }: Mark): Uint8Array =>
  new Writer(MARK_LENGTH).u64(timeMs).bytes(tag).u64(leavesAtMs).done();

/** `undefined` for what is none. */
const decodeMark = (bytes: Uint8Array): Mark | undefined =>
  parse(bytes, (from) => ({
    timeMs: from.u64('time'),
    tag: from.take(TAG_LENGTH, 'tag').slice(),
    leavesAtMs: from.u64('leaves_at'),
  })).unwrapOr(undefined);

const markOf = ({ note }: Pick<Account, 'note'>): Mark | undefined => note && decodeMark(note);

export class AccountService implements Service {
  readonly capability = ACCOUNT_SERVICE;
  readonly endpoint = '+account';
  readonly #deps: AccountServiceDeps;
  #pending = 0;

  constructor(deps: AccountServiceDeps) {
    this.#deps = deps;
  }

  /** Removes accounts when their time has come, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, accounts } = this.#deps;
    while (!signal.aborted) {
      const notes = (await accounts.notes()).unwrapOr([]);
      for (const note of notes) await this.#look(note);
      await clock.sleep(SWEEP_MS, signal);
    }
  }

  async answer({ body }: { readonly body: Uint8Array }): Promise<ServiceAnswer> {
    if (this.#pending >= MOST_PENDING) return err('service-busy');
    this.#pending++;
    const answer = await this.#take(body);
    this.#pending--;
    this.#deps.count(`account.${answer.isOk() ? 'done' : answer.error}`);
    const said = answer.unwrapOr({ Status: answer.isErr() ? answer.error : 'done' });
    return ok(utf8(JSON.stringify(said)));
  }

  async #take(body: Uint8Array): Promise<Result<object, Refusal>> {
    const read = decodeAccountRequest(body);
    if (read.isErr()) return err('malformed');
    const name = userName(read.value.user);
    if (name === undefined) return err('refused');
    return this.#deps.accounts
      .change(name, (account) => this.#decide(read.value, account))
      .andThen(() => this.#report(name))
      .mapErr((error): Refusal => (typeof error === 'string' ? error : 'failed'));
  }

  /** What a request does to an account; nothing when it has been done already. */
  #decide(
    request: SealedAccountRequest,
    account: Account,
  ): Result<AccountChange | undefined, Refusal> {
    const mark = markOf(account);
    if (mark && equal(mark.tag, request.tag)) return ok(undefined);
    if (!account.user || !this.#isTheirs(request, account.user)) return err('refused');
    const now = this.#deps.clock.now();
    if (request.timeMs < now - OLDEST_MS || request.timeMs > now + AHEAD_MS) return err('stale');
    if (mark && request.timeMs <= mark.timeMs) return err('replayed');
    return this.#obey(request, mark);
  }

  #isTheirs(request: SealedAccountRequest, { linkKey }: User): boolean {
    const { primitives, identity } = this.#deps;
    return isGenuine(primitives, request, {
      secretKey: identity.linkSecret,
      theirKey: linkKey,
      userKey: linkKey,
      providerIdentity: identity.identityKey,
    });
  }

  #obey(
    { verb, timeMs, tag }: SealedAccountRequest,
    before: Mark | undefined,
  ): Result<AccountChange, Refusal> {
    const { clock, primitives } = this.#deps;
    const leavesAtMs = before?.leavesAtMs || (verb.kind === 'delete' ? clock.now() + GRACE_MS : 0);
    const note = encodeMark({ timeMs, tag, leavesAtMs });
    if (verb.kind !== 'rotate') return ok({ note });
    return isLowOrder(primitives.x25519, verb.linkKey)
      ? err('bad-key')
      : ok({ note, user: { linkKey: verb.linkKey } });
  }

  /** What there is of an account; a deleted one is told when it goes. */
  #report(name: UserName): ResultAsync<object, StoreError> {
    const { accounts, waiting, limit } = this.#deps;
    return accounts.find(name).andThen(({ user, note }) =>
      waiting(name).map((items) => ({
        Status: 'done',
        LinkKey: user ? toBase64(user.linkKey) : '',
        IdentityKey: user?.identityKey ? toBase64(user.identityKey) : '',
        Waiting: items,
        Limit: limit(),
        LeavesAt: markOf({ note })?.leavesAtMs ?? 0,
      })),
    );
  }

  /** Ends an account whose time has come, and forgets a mark that says nothing any more. */
  async #look({ name, note }: AccountNote): Promise<void> {
    const { accounts, onGone, count } = this.#deps;
    if (this.#due({ user: undefined, note }) === undefined) return;
    const seen = { isGone: false };
    // Where that fails, the next look finds the note again.
    const looked = await accounts.change(name, (account) => {
      const change = this.#due(account);
      seen.isGone = change?.user === 'removed' && account.user !== undefined;
      return ok(change);
    });
    if (looked.isErr() || !seen.isGone) return;
    onGone(name);
    count('account.gone');
  }

  /** What time does to an account. Who takes the name later has not asked to go. */
  #due(account: Account): AccountChange | undefined {
    const mark = markOf(account);
    if (!mark) return undefined;
    const now = this.#deps.clock.now();
    const { timeMs, leavesAtMs } = mark;
    if (leavesAtMs === 0) return timeMs < now - MARK_LIFE_MS ? { note: undefined } : undefined;
    return leavesAtMs <= now ? { note: staying(mark), user: 'removed' } : undefined;
  }

  /** An account of this name does not go any more; to be said when another has it. */
  stay(name: UserName): ResultAsync<void, UserError> {
    return this.#deps.accounts.change(name, (account) => {
      const mark = markOf(account);
      return ok(mark && { note: staying(mark) });
    });
  }
}

const staying = (mark: Mark): Uint8Array => encodeMark({ ...mark, leavesAtMs: 0 });
