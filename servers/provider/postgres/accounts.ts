/**
 * Accounts in PostgreSQL: a sealed note beside each user's record. Both are read and changed in one
 * transaction, under a lock, so that processes take turns.
 * @module
 */
import { err, ok, Result, type ResultAsync } from 'neverthrow';
import type { TransactionSql } from 'postgres';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import type { Place, Sealer } from '../../../src/store/sealed.js';
import type { StoreError } from '../../../src/store/store.js';
import { ACCOUNT_NOTES } from '../accounts.js';
import type {
  Account,
  AccountChange,
  AccountNote,
  Accounts,
  DecideAccount,
  User,
  UserError,
} from '../contracts.js';
import type { UserName } from '../names.js';
import type { Database } from './database.js';
import { accountLock, LOCKS } from './locks.js';
import type { SharedRecords } from './records.js';
import { placeOfUser, type SharedUsers } from './users.js';

export interface SharedAccountsDeps {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly records: SharedRecords;
  readonly users: SharedUsers;
}

/** Sealed; `null` where there is none. */
interface Row {
  readonly user: Uint8Array | null;
  readonly note: Uint8Array | null;
}

const NOTHING: Row = { user: null, note: null };

export class SharedAccounts implements Accounts {
  readonly #deps: SharedAccountsDeps;

  constructor(deps: SharedAccountsDeps) {
    this.#deps = deps;
  }

  find(name: UserName): ResultAsync<Account, StoreError> {
    const { user, note } = this.#places(name);
    return this.#deps.database
      .durable(
        (sql) => sql<Row[]>`
          select (select record from postern.records where id = ${user.id}) as user,
            (select record from postern.records where id = ${note.id}) as note`,
      )
      .andThen(([row = NOTHING]) => this.#open(name, row));
  }

  notes(): ResultAsync<readonly AccountNote[], StoreError> {
    return this.#deps.records
      .list(ACCOUNT_NOTES)
      .map((records) => records.map(({ key, value }) => ({ name: fromUtf8(key), note: value })));
  }

  change<E>(name: UserName, decide: DecideAccount<E>): ResultAsync<void, E | UserError> {
    return this.#deps.database
      .durable((sql) => sql.begin((tx) => this.#change(tx, name, decide)))
      .andThen((outcome): Result<void, E | UserError> => outcome);
  }

  #places(name: UserName): { readonly user: Place; readonly note: Place } {
    const { sealer } = this.#deps;
    return { user: placeOfUser(sealer, name), note: sealer.place(ACCOUNT_NOTES, utf8(name)) };
  }

  /** The user's record stays locked too, since others than accounts change it. */
  async #change<E>(
    tx: TransactionSql,
    name: UserName,
    decide: DecideAccount<E>,
  ): Promise<Result<void, E | UserError>> {
    const { user, note } = this.#places(name);
    await tx`select pg_advisory_xact_lock(${LOCKS.accounts}, ${accountLock(user.id)})`;
    const [row = NOTHING] = await tx<Row[]>`
      select (select record from postern.records where id = ${user.id} for update) as user,
        (select record from postern.records where id = ${note.id} for update) as note`;
    const account = this.#open(name, row);
    if (account.isErr()) return err(account.error);
    const decided = decide(account.value);
    if (decided.isErr()) return err(decided.error);
    if (decided.value === undefined) return ok(undefined);
    return this.#apply(tx, name, { account: account.value, change: decided.value });
  }

  async #apply(
    tx: TransactionSql,
    name: UserName,
    { account, change }: { readonly account: Account; readonly change: AccountChange },
  ): Promise<Result<void, UserError>> {
    const { users } = this.#deps;
    const { id } = this.#places(name).user;
    if (change.user === 'removed') await tx`delete from postern.records where id = ${id}`;
    else if (change.user !== undefined) {
      if (account.user === undefined) return err({ kind: 'no-such-user' });
      const record = users.seal(name, { ...account.user, ...change.user });
      await tx`update postern.records set record = ${record} where id = ${id}`;
    }
    await this.#note(tx, name, change.note);
    return ok(undefined);
  }

  async #note(tx: TransactionSql, name: UserName, note: Uint8Array | undefined): Promise<void> {
    const { id, tag } = this.#places(name).note;
    if (note === undefined) {
      await tx`delete from postern.records where id = ${id}`;
      return;
    }
    const record = this.#deps.sealer.seal(ACCOUNT_NOTES, id, { key: utf8(name), value: note });
    await tx`insert into postern.records (id, collection, record) values (${id}, ${tag}, ${record})
      on conflict (id) do update set record = excluded.record`;
  }

  #open(name: UserName, { user, note }: Row): Result<Account, StoreError> {
    return Result.combine([this.#openUser(name, user), this.#openNote(name, note)]).map(
      ([opened, text]) => ({ user: opened, note: text }),
    );
  }

  #openUser(name: UserName, record: Uint8Array | null): Result<User | undefined, StoreError> {
    return record === null ? ok(undefined) : this.#deps.users.open(name, record);
  }

  #openNote(name: UserName, record: Uint8Array | null): Result<Uint8Array | undefined, StoreError> {
    if (record === null) return ok(undefined);
    const { id } = this.#places(name).note;
    return this.#deps.sealer
      .open(ACCOUNT_NOTES, id, record)
      .map(({ value }) => value)
      .mapErr(() => ({ kind: 'store-corrupt', collection: ACCOUNT_NOTES }));
  }
}
