/**
 * The account service: users show, delete and re-key their own account over the network.
 *
 * What a request does is durable before it is answered, and so is its time: an older one is never
 * taken again, also not after a restart. The same request once more gets the same answer, since
 * what was asked over the network may be asked twice.
 * @module
 */
import { err, errAsync, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { parse } from '../../src/bytes/reader.js';
import { fromUtf8, toBase64, utf8 } from '../../src/bytes/text.js';
import { Writer } from '../../src/bytes/writer.js';
import { isLowOrder } from '../../src/crypto/low-order.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Clock } from '../../src/io/contracts.js';
import type { Store, StoreError } from '../../src/store/store.js';
import {
  ACCOUNT_SERVICE,
  decodeAccountRequest,
  isGenuine,
  type SealedAccountRequest,
} from '../../src/wire/account-request.js';
import type { NodeIdentity } from '../node/keys.js';
import { userName, type UserName } from './names.js';
import type { Service, ServiceAnswer } from './services.js';
import type { User, UserError, Users } from './contracts.js';

export interface AccountServiceDeps {
  readonly clock: Clock;
  readonly primitives: Primitives;
  readonly identity: Pick<NodeIdentity, 'identityKey' | 'linkSecret'>;
  readonly store: Store;
  readonly users: Users;
  /** Items that wait for a user. */
  readonly waiting: (user: UserName) => ResultAsync<number, StoreError>;
  /** Removes a user with everything that waits for them. */
  readonly removeUser: (user: UserName) => ResultAsync<void, UserError>;
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

const COLLECTION = 'provider/account-requests';
const TAG_LENGTH = 32;
const MARK_LENGTH = 8 + TAG_LENGTH + 8;
/** A request may be on its way, and clocks be wrong, for so long. */
const OLDEST_MS = 3_600_000;
const AHEAD_MS = 300_000;
/** For the answer to a deletion, which comes to the account itself. */
const GRACE_MS = 3_600_000;
const SWEEP_MS = 60_000;
/** Requests that wait for their turn. */
const MOST_PENDING = 32;

const encodeMark = ({ timeMs, tag, leavesAtMs }: Mark): Uint8Array =>
  new Writer(MARK_LENGTH).u64(timeMs).bytes(tag).u64(leavesAtMs).done();

const decodeMark = (bytes: Uint8Array): Result<Mark, StoreError> =>
  parse(bytes, (from) => ({
    timeMs: from.u64('time'),
    tag: from.take(TAG_LENGTH, 'tag').slice(),
    leavesAtMs: from.u64('leaves_at'),
  })).mapErr(() => ({ kind: 'store-corrupt', collection: COLLECTION }));

export class AccountService implements Service {
  readonly capability = ACCOUNT_SERVICE;
  readonly endpoint = '+account';
  readonly #deps: AccountServiceDeps;
  readonly #marks = new Map<UserName, Mark>();
  /** One request after the other: each looks at what the last has left. */
  #turn: Promise<unknown> = Promise.resolve();
  #pending = 0;

  constructor(deps: AccountServiceDeps) {
    this.#deps = deps;
  }

  /** Reads what was asked before; to be called once, first. */
  load(): ResultAsync<void, StoreError> {
    return this.#deps.store.list(COLLECTION).andThen((records): Result<void, StoreError> => {
      for (const { key, value } of records) {
        const mark = decodeMark(value);
        if (mark.isErr()) return err(mark.error);
        this.#marks.set(fromUtf8(key), mark.value);
      }
      return ok(undefined);
    });
  }

  /** Removes accounts when their time has come, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      await this.#inTurn(() => this.#sweep());
      await clock.sleep(SWEEP_MS, signal);
    }
  }

  answer({ body }: { readonly body: Uint8Array }): ServiceAnswer | Promise<ServiceAnswer> {
    if (this.#pending >= MOST_PENDING) return err('service-busy');
    this.#pending++;
    return this.#inTurn(async () => {
      const answer = await this.#take(body);
      this.#pending--;
      this.#deps.count(`account.${answer.isOk() ? 'done' : answer.error}`);
      const said = answer.unwrapOr({ Status: answer.isErr() ? answer.error : 'done' });
      return ok(utf8(JSON.stringify(said)));
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done;
    return done;
  }

  async #take(body: Uint8Array): Promise<Result<object, Refusal>> {
    const read = decodeAccountRequest(body);
    if (read.isErr()) return err('malformed');
    const request = read.value;
    const name = userName(request.user);
    const mark = name === undefined ? undefined : this.#marks.get(name);
    if (name === undefined) return err('refused');
    if (mark && equal(mark.tag, request.tag)) return ok(await this.#report(name));
    const user = await this.#userOf(name);
    if (!user || !this.#isTheirs(request, user)) return err('refused');
    const now = this.#deps.clock.now();
    if (request.timeMs < now - OLDEST_MS || request.timeMs > now + AHEAD_MS) return err('stale');
    if (mark && request.timeMs <= mark.timeMs) return err('replayed');
    const obeyed = await this.#obey(name, request, mark);
    return obeyed.isErr() ? err(obeyed.error) : ok(await this.#report(name));
  }

  async #userOf(name: UserName): Promise<User | undefined> {
    return (await this.#deps.users.find(name)).unwrapOr(undefined);
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

  /** Of a crash in between the new key is left, by which its owner can ask what happened. */
  #obey(
    name: UserName,
    { verb, timeMs, tag }: SealedAccountRequest,
    before: Mark | undefined,
  ): ResultAsync<void, Refusal> {
    const { clock } = this.#deps;
    const leavesAtMs = before?.leavesAtMs || (verb.kind === 'delete' ? clock.now() + GRACE_MS : 0);
    const rekeyed =
      verb.kind === 'rotate'
        ? this.#rekey(name, verb.linkKey)
        : okAsync<undefined, Refusal>(undefined);
    return rekeyed.andThen(() =>
      this.#remember(name, { timeMs, tag, leavesAtMs }).mapErr((): Refusal => 'failed'),
    );
  }

  #rekey(name: UserName, linkKey: Uint8Array): ResultAsync<void, Refusal> {
    const { users, primitives } = this.#deps;
    if (isLowOrder(primitives.x25519, linkKey)) return errAsync('bad-key');
    return users.setLinkKey(name, linkKey).mapErr((): Refusal => 'failed');
  }

  #remember(name: UserName, mark: Mark): ResultAsync<void, StoreError> {
    const value = encodeMark(mark);
    return this.#deps.store
      .commit([{ kind: 'put', collection: COLLECTION, key: utf8(name), value }])
      .map(() => void this.#marks.set(name, mark));
  }

  /** What there is of an account; a deleted one is told when it goes. */
  async #report(name: UserName): Promise<object> {
    const user = await this.#userOf(name);
    return {
      Status: 'done',
      LinkKey: user ? toBase64(user.linkKey) : '',
      IdentityKey: user?.identityKey ? toBase64(user.identityKey) : '',
      Waiting: await this.#deps.waiting(name).unwrapOr(0),
      LeavesAt: this.#marks.get(name)?.leavesAtMs ?? 0,
    };
  }

  /** Accounts that go, and marks that say nothing any more. */
  async #sweep(): Promise<void> {
    const now = this.#deps.clock.now();
    for (const [name, { timeMs, leavesAtMs }] of this.#marks) {
      if (leavesAtMs > 0 && leavesAtMs <= now) await this.#remove(name);
      else if (leavesAtMs === 0 && timeMs < now - OLDEST_MS) await this.#forget(name);
    }
  }

  /** Who takes the name later has not asked to go. */
  async #remove(name: UserName): Promise<void> {
    const { removeUser, count } = this.#deps;
    const removed = await removeUser(name);
    if (removed.isErr() && removed.error.kind !== 'no-such-user') return;
    if (removed.isOk()) count('account.gone');
    // Where that fails, the next sweep finds the mark again, and nobody to remove.
    await this.stay(name).unwrapOr(undefined);
  }

  async #forget(name: UserName): Promise<void> {
    const change = { kind: 'delete', collection: COLLECTION, key: utf8(name) } as const;
    if ((await this.#deps.store.commit([change])).isOk()) this.#marks.delete(name);
  }

  /** An account of this name does not go any more; to be said when another has it. */
  stay(name: UserName): ResultAsync<void, StoreError> {
    const mark = this.#marks.get(name);
    return mark ? this.#remember(name, { ...mark, leavesAtMs: 0 }) : okAsync(undefined);
  }
}
