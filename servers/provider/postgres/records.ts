/**
 * Small sealed records in PostgreSQL, as a {@link Store} that several processes share.
 *
 * The first value that is put under a key stays: whoever puts another one later finds, by getting
 * it, what the first one said. So processes agree on keys and descriptors that each would make.
 * @module
 */
import { ok, okAsync, Result, type ResultAsync } from 'neverthrow';
import type { PendingQuery, TransactionSql } from 'postgres';
import type { Sealer } from '../../../src/store/sealed.js';
import type { Change, Store, StoredRecord, StoreError } from '../../../src/store/store.js';
import type { Database } from './database.js';

interface Row {
  readonly id: Uint8Array;
  readonly record: Uint8Array;
}

export class SharedRecords implements Store {
  readonly #database: Database;
  readonly #sealer: Sealer;

  constructor(database: Database, sealer: Sealer) {
    this.#database = database;
    this.#sealer = sealer;
  }

  get(collection: string, key: Uint8Array): ResultAsync<Uint8Array | undefined, StoreError> {
    const { id } = this.#sealer.place(collection, key);
    return this.#database
      .durable((sql) => sql<Row[]>`select id, record from postern.records where id = ${id}`)
      .andThen(([row]) =>
        row === undefined ? ok(undefined) : this.#open(collection, row).map(({ value }) => value),
      );
  }

  list(collection: string): ResultAsync<readonly StoredRecord[], StoreError> {
    const tag = this.#sealer.tag(collection);
    return this.#database
      .durable(
        (sql) => sql<Row[]>`select id, record from postern.records where collection = ${tag}`,
      )
      .andThen((rows) => Result.combine(rows.map((row) => this.#open(collection, row))));
  }

  commit(changes: readonly Change[]): ResultAsync<void, StoreError> {
    if (changes.length === 0) return okAsync(undefined);
    return this.#database
      .durable((sql) => sql.begin((tx) => changes.map((change) => this.#apply(tx, change))))
      .map(() => undefined);
  }

  /** The database is closed by whoever opened it. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #apply(tx: TransactionSql, change: Change): PendingQuery<readonly Row[]> {
    const { collection, key } = change;
    const { id, tag } = this.#sealer.place(collection, key);
    if (change.kind === 'delete') return tx`delete from postern.records where id = ${id}`;
    const record = this.#sealer.seal(collection, id, change);
    return tx`insert into postern.records (id, collection, record)
      values (${id}, ${tag}, ${record}) on conflict do nothing`;
  }

  #open(collection: string, { id, record }: Row): Result<StoredRecord, StoreError> {
    return this.#sealer
      .open(collection, id, record)
      .mapErr(() => ({ kind: 'store-corrupt', collection }));
  }
}
