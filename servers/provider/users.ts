/**
 * The user database: who may connect with which key, and which identity others may look up.
 *
 * Held in memory, on disk before a change is confirmed. Source: server userdb.
 * @module
 */
import { err, errAsync, ok, type Result, type ResultAsync } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { parse } from '../../src/bytes/reader.js';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import type { Store, StoreError } from '../../src/store/store.js';
import type { UserName } from './names.js';

export interface User {
  /** X25519, 32 bytes: authenticates the user's link. */
  readonly linkKey: Uint8Array;
  /** X25519, 32 bytes: what the key server tells. */
  readonly identityKey: Uint8Array | undefined;
}

export type UserError =
  StoreError | { readonly kind: 'user-exists' } | { readonly kind: 'no-such-user' };

const COLLECTION = 'provider/users';
const KEY_LENGTH = 32;

const encodeUser = ({ linkKey, identityKey }: User): Uint8Array =>
  concat(linkKey, identityKey ?? new Uint8Array(0));

const decodeUser = (bytes: Uint8Array): Result<User, StoreError> =>
  parse(bytes, (from) => {
    const linkKey = from.take(KEY_LENGTH, 'link_key').slice();
    const identityKey =
      from.remaining > 0 ? from.take(KEY_LENGTH, 'identity_key').slice() : undefined;
    return { linkKey, identityKey };
  }).mapErr(() => ({ kind: 'store-corrupt', collection: COLLECTION }));

export class Users {
  readonly #store: Store;
  readonly #users = new Map<UserName, User>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads the database; to be called once, first. */
  load(): ResultAsync<void, StoreError> {
    return this.#store.list(COLLECTION).andThen((records): Result<void, StoreError> => {
      for (const { key, value } of records) {
        const user = decodeUser(value);
        if (user.isErr()) return err(user.error);
        this.#users.set(fromUtf8(key), user.value);
      }
      return ok(undefined);
    });
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

  /** Whether this key opens this user's links. */
  isValid(name: UserName, linkKey: Uint8Array): boolean {
    const user = this.#users.get(name);
    return user !== undefined && equal(user.linkKey, linkKey);
  }

  /** @errors `user-exists` */
  add(name: UserName, user: User): ResultAsync<void, UserError> {
    return this.#users.has(name) ? errAsync({ kind: 'user-exists' }) : this.#put(name, user);
  }

  /** @errors `no-such-user` */
  setLinkKey(name: UserName, linkKey: Uint8Array): ResultAsync<void, UserError> {
    return this.#change(name, (user) => ({ ...user, linkKey }));
  }

  /**
   * Sets what the key server tells, or takes it away.
   *
   * @errors `no-such-user`
   */
  setIdentity(name: UserName, identityKey: Uint8Array | undefined): ResultAsync<void, UserError> {
    return this.#change(name, (user) => ({ ...user, identityKey }));
  }

  /**
   * Removes a user with the identity; the spool is the caller's.
   *
   * @errors `no-such-user`
   */
  remove(name: UserName): ResultAsync<void, UserError> {
    if (!this.#users.has(name)) return errAsync({ kind: 'no-such-user' });
    return this.#store
      .commit([{ kind: 'delete', collection: COLLECTION, key: utf8(name) }])
      .map(() => void this.#users.delete(name));
  }

  #change(name: UserName, change: (user: User) => User): ResultAsync<void, UserError> {
    const user = this.#users.get(name);
    return user ? this.#put(name, change(user)) : errAsync({ kind: 'no-such-user' });
  }

  #put(name: UserName, user: User): ResultAsync<void, UserError> {
    const value = encodeUser(user);
    return this.#store
      .commit([{ kind: 'put', collection: COLLECTION, key: utf8(name), value }])
      .map(() => void this.#users.set(name, user));
  }
}
