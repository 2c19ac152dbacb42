/**
 * Accounts in the node's own store: a note beside each user, changed with the user in one batch.
 * @module
 */
import { err, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { Turns } from '../../src/io/turns.js';
import type { Change, Store, StoreError } from '../../src/store/store.js';
import type {
  Account,
  AccountChange,
  AccountNote,
  Accounts,
  DecideAccount,
  UserError,
} from './contracts.js';
import type { UserName } from './names.js';
import type { StoredUsers } from './users.js';

/** Of the records of notes. */
export const ACCOUNT_NOTES = 'provider/account-requests';

export class StoredAccounts implements Accounts {
  readonly #store: Store;
  readonly #users: StoredUsers;
  readonly #notes = new Map<UserName, Uint8Array>();
  /** One change after the other: each looks at what the last has left. */
  readonly #turns = new Turns();

  constructor(store: Store, users: StoredUsers) {
    this.#store = store;
    this.#users = users;
  }

  /** Reads what was noted; to be called once, first. */
  load(): ResultAsync<void, StoreError> {
    return this.#store.list(ACCOUNT_NOTES).map((records) => {
      for (const { key, value } of records) this.#notes.set(fromUtf8(key), value);
    });
  }

  find(name: UserName): ResultAsync<Account, StoreError> {
    return okAsync(this.#get(name));
  }

  notes(): ResultAsync<readonly AccountNote[], StoreError> {
    return okAsync([...this.#notes].map(([name, note]) => ({ name, note })));
  }

  change<E>(name: UserName, decide: DecideAccount<E>): ResultAsync<void, E | UserError> {
    return this.#turns.take(() => this.#change(name, decide));
  }

  #get(name: UserName): Account {
    return { user: this.#users.get(name), note: this.#notes.get(name) };
  }

  async #change<E>(name: UserName, decide: DecideAccount<E>): Promise<Result<void, E | UserError>> {
    const decided = decide(this.#get(name));
    if (decided.isErr()) return err(decided.error);
    if (decided.value === undefined) return ok(undefined);
    const { note } = decided.value;
    return this.#apply(name, decided.value).map(() => {
      if (note === undefined) this.#notes.delete(name);
      else this.#notes.set(name, note);
    });
  }

  #apply(name: UserName, { user, note }: AccountChange): ResultAsync<void, UserError> {
    const noted = noteChange(name, note);
    if (user === 'removed' && this.#users.has(name)) return this.#users.remove(name, [noted]);
    if (user === undefined || user === 'removed') return this.#store.commit([noted]);
    return this.#users.setLinkKey(name, user.linkKey, [noted]);
  }
}

const noteChange = (name: UserName, note: Uint8Array | undefined): Change => {
  const place = { collection: ACCOUNT_NOTES, key: utf8(name) };
  return note === undefined ? { kind: 'delete', ...place } : { kind: 'put', ...place, value: note };
};
