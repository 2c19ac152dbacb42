/**
 * The user database in the node's store.
 *
 * Held in memory, on disk before a change is confirmed. Source: server userdb.
 * @module
 */
import { err, errAsync, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { parse } from '../../src/bytes/reader.js';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import type { Change, Store, StoreError } from '../../src/store/store.js';
import type { User, UserError, Users } from './contracts.js';
import type { UserName } from './names.js';

/** Of the records of users. */
export const USERS = 'provider/users';

const KEY_LENGTH = 32;

export const encodeUser = ({ linkKey, identityKey }: User): Uint8Array =>
  concat(linkKey, identityKey ?? new Uint8Array(0));

export const decodeUser = (bytes: Uint8Array): Result<User, StoreError> =>
  parse(bytes, (from) => {
    const linkKey = from.take(KEY_LENGTH, 'link_key').slice();
    const identityKey =
      from.remaining > 0 ? from.take(KEY_LENGTH, 'identity_key').slice() : undefined;
    return { linkKey, identityKey };
  }).mapErr(() => ({ kind: 'store-corrupt', collection: USERS }));

export class StoredUsers implements Users {
  readonly #store: Store;
  readonly #users = new Map<UserName, User>();
  #onRemoved: (name: UserName) => ResultAsync<void, StoreError> = () => okAsync(undefined);

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads the database; to be called once, first. */
  load(): ResultAsync<void, StoreError> {
    return this.#store.list(USERS).andThen((records): Result<void, StoreError> => {
      for (const { key, value } of records) {
        const user = decodeUser(value);
        if (user.isErr()) return err(user.error);
        this.#users.set(fromUtf8(key), user.value);
      }
      return ok(undefined);
    });
  }

  /** What else goes with a user. */
  onRemoved(clear: (name: UserName) => ResultAsync<void, StoreError>): void {
    this.#onRemoved = clear;
  }

  get count(): number {
    return this.#users.size;
  }

  get(name: UserName): User | undefined {
    return this.#users.get(name);
  }

  has(name: UserName): boolean {
    return this.#users.has(name);
  }

  find(name: UserName): ResultAsync<User | undefined, StoreError> {
    return okAsync(this.#users.get(name));
  }

  add(name: UserName, user: User): ResultAsync<void, UserError> {
    return this.#users.has(name) ? errAsync({ kind: 'user-exists' }) : this.#put(name, user);
  }

  /** @param alongside - further changes, in the same batch */
  setLinkKey(
    name: UserName,
    linkKey: Uint8Array,
    alongside: readonly Change[] = [],
  ): ResultAsync<void, UserError> {
    return this.#change(name, (user) => ({ ...user, linkKey }), alongside);
  }

  setIdentity(name: UserName, identityKey: Uint8Array | undefined): ResultAsync<void, UserError> {
    return this.#change(name, (user) => ({ ...user, identityKey }));
  }

  /** @param alongside - further changes, in the same batch */
  remove(name: UserName, alongside: readonly Change[] = []): ResultAsync<void, UserError> {
    if (!this.#users.has(name)) return errAsync({ kind: 'no-such-user' });
    return this.#store
      .commit([{ kind: 'delete', collection: USERS, key: utf8(name) }, ...alongside])
      .andThen(() => {
        this.#users.delete(name);
        return this.#onRemoved(name);
      });
  }

  #change(
    name: UserName,
    change: (user: User) => User,
    alongside: readonly Change[] = [],
  ): ResultAsync<void, UserError> {
    const user = this.#users.get(name);
    return user ? this.#put(name, change(user), alongside) : errAsync({ kind: 'no-such-user' });
  }

  #put(
    name: UserName,
    user: User,
    alongside: readonly Change[] = [],
  ): ResultAsync<void, UserError> {
    const value = encodeUser(user);
    return this.#store
      .commit([{ kind: 'put', collection: USERS, key: utf8(name), value }, ...alongside])
      .map(() => void this.#users.set(name, user));
  }
}
