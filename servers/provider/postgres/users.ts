/**
 * The user database in PostgreSQL: a sealed record per user, found by a keyed hash of the name.
 * @module
 */
import { err, errAsync, ok, type Result, type ResultAsync } from 'neverthrow';
import { utf8 } from '../../../src/bytes/text.js';
import type { Place, Sealer } from '../../../src/store/sealed.js';
import type { StoreError } from '../../../src/store/store.js';
import type { User, UserError, Users } from '../contracts.js';
import type { UserName } from '../names.js';
import { decodeUser, encodeUser, USERS } from '../users.js';
import type { Database } from './database.js';

interface Row {
  readonly record: Uint8Array;
}

/** How often a change is tried again when another process changes the same user. */
const MOST_TURNS = 5;

/** Where a user's record lies; its id is what the spool knows of the user. */
export const placeOfUser = (sealer: Sealer, name: UserName): Place =>
  sealer.place(USERS, utf8(name));

export class SharedUsers implements Users {
  readonly #database: Database;
  readonly #sealer: Sealer;

  constructor(database: Database, sealer: Sealer) {
    this.#database = database;
    this.#sealer = sealer;
  }

  find(name: UserName): ResultAsync<User | undefined, StoreError> {
    return this.#read(name).andThen((record) =>
      record === undefined ? ok(undefined) : this.open(name, record),
    );
  }

  add(name: UserName, user: User): ResultAsync<void, UserError> {
    const { id, tag } = placeOfUser(this.#sealer, name);
    const record = this.seal(name, user);
    return this.#database
      .durable(
        (sql) => sql`
          with added as (
            insert into postern.records (id, collection, record)
            values (${id}, ${tag}, ${record}) on conflict do nothing returning id
          )
          insert into postern.mailboxes (owner) select id from added returning owner`,
      )
      .andThen((added): Result<void, UserError> =>
        added.length > 0 ? ok(undefined) : err({ kind: 'user-exists' }),
      );
  }

  setLinkKey(name: UserName, linkKey: Uint8Array): ResultAsync<void, UserError> {
    return this.#change(name, (user) => ({ ...user, linkKey }));
  }

  setIdentity(name: UserName, identityKey: Uint8Array | undefined): ResultAsync<void, UserError> {
    return this.#change(name, (user) => ({ ...user, identityKey }));
  }

  /** The mailbox with its items goes with the record. */
  remove(name: UserName): ResultAsync<void, UserError> {
    const { id } = placeOfUser(this.#sealer, name);
    return this.#database
      .durable((sql) => sql`delete from postern.records where id = ${id} returning id`)
      .andThen((gone): Result<void, UserError> =>
        gone.length > 0 ? ok(undefined) : err({ kind: 'no-such-user' }),
      );
  }

  /** Replaces the record only while it is the one that was read. */
  #change(
    name: UserName,
    change: (user: User) => User,
    turns = MOST_TURNS,
  ): ResultAsync<void, UserError> {
    const { id } = placeOfUser(this.#sealer, name);
    return this.#read(name).andThen((before): ResultAsync<void, UserError> => {
      if (before === undefined) return errAsync({ kind: 'no-such-user' });
      return this.open(name, before)
        .asyncAndThen((user) => {
          const after = this.seal(name, change(user));
          return this.#database.durable(
            (sql) => sql`update postern.records set record = ${after}
              where id = ${id} and record = ${before} returning id`,
          );
        })
        .andThen((changed): Result<void, UserError> | ResultAsync<void, UserError> => {
          if (changed.length > 0) return ok(undefined);
          if (turns > 1) return this.#change(name, change, turns - 1);
          return err({ kind: 'store-io', reason: 'the user is being changed elsewhere' });
        });
    });
  }

  #read(name: UserName): ResultAsync<Uint8Array | undefined, StoreError> {
    const { id } = placeOfUser(this.#sealer, name);
    return this.#database
      .durable((sql) => sql<Row[]>`select record from postern.records where id = ${id}`)
      .map(([row]) => row?.record);
  }

  /** A user as a record. */
  seal(name: UserName, user: User): Uint8Array {
    const { id } = placeOfUser(this.#sealer, name);
    return this.#sealer.seal(USERS, id, { key: utf8(name), value: encodeUser(user) });
  }

  open(name: UserName, record: Uint8Array): Result<User, StoreError> {
    const { id } = placeOfUser(this.#sealer, name);
    return this.#sealer
      .open(USERS, id, record)
      .mapErr((): StoreError => ({ kind: 'store-corrupt', collection: USERS }))
      .andThen(({ value }) => decodeUser(value));
  }
}
