/**
 * The store in one SQLite file: sealed records under keyed hashes, written ahead and synced.
 *
 * Rows are numbered by hashes too, since ascending numbers would tell the order of arrival. One
 * process at a time holds the file.
 * @module
 */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import {
  DatabaseSync,
  type DatabaseSyncInstance,
  type StatementSyncInstance,
} from '@photostructure/sqlite';
import { err, ok, Result, ResultAsync } from 'neverthrow';
import { utf8 } from '../bytes/text.js';
import type { Primitives } from '../crypto/primitives.js';
import { selectPrimitives } from '../crypto/select.js';
import type { Clock, Random } from '../io/contracts.js';
import { nodeClock, nodeRandom } from '../io/node.js';
import { openBatches, type Batches } from './batches.js';
import { makeSealer, STORE_KEY_LENGTH, type Sealer } from './sealed.js';
import { storeError } from './sqlite-errors.js';
import type { Change, Durability, OpenStore, Store, StoredRecord, StoreError } from './store.js';
import { openTruncation, type Truncation } from './truncation.js';

export interface SqliteStoreDeps {
  /** Its sleeps should not keep the process alive. */
  readonly clock: Clock;
  readonly random: Random;
  readonly primitives: Primitives;
  /**
   * Waits for further batches to share a disk write with; without it only those are grouped that
   * are handed in before the next promise reaction.
   */
  readonly gather?: () => Promise<void>;
  /** What the file may grow to; beyond it commits get `store-full`. */
  readonly maxBytes?: number;
}

const FILE_MODE = 0o600;
const PAGE_BYTES = 16_384;
/** The write-ahead log goes into the file when it has 4 MiB: it takes room on the disk twice. */
const WAL_PAGES = 256;
const FORMAT = 1;
const MAX_PAGES = 2 ** 32 - 2;

const CREATE = `
  CREATE TABLE record (
    number INTEGER PRIMARY KEY,
    collection BLOB NOT NULL, id BLOB NOT NULL, sealed BLOB NOT NULL,
    UNIQUE (collection, id)
  );
  PRAGMA user_version = ${FORMAT};`;

const PUT = `
  INSERT INTO record (number, collection, id, sealed) VALUES (?, ?, ?, ?)
  ON CONFLICT (collection, id) DO UPDATE SET sealed = excluded.sealed`;
const DELETE = 'DELETE FROM record WHERE collection = ? AND id = ?';
const GET = 'SELECT id, sealed FROM record WHERE collection = ? AND id = ?';
const LIST = 'SELECT id, sealed FROM record WHERE collection = ?';

/** A record that only the right key opens; its collection's name is nobody else's. */
const CHECK_COLLECTION = 'postern store check';
const CHECK_KEY = utf8('check');

const attempt = <T>(work: () => T): Result<T, StoreError> =>
  Result.fromThrowable(work, storeError)();

const quietly = (work: () => unknown): void => void attempt(work).unwrapOr(undefined);

const settled = <T>(result: Result<T, StoreError>): ResultAsync<T, StoreError> =>
  new ResultAsync(Promise.resolve(result));

interface Row {
  readonly id: Uint8Array;
  readonly sealed: Uint8Array;
}

const isRow = (row: unknown): row is Row =>
  typeof row === 'object' &&
  row !== null &&
  'id' in row &&
  'sealed' in row &&
  row.id instanceof Uint8Array &&
  row.sealed instanceof Uint8Array;

const firstNumber = (database: DatabaseSyncInstance, sql: string): number => {
  const row: unknown = database.prepare(sql).get();
  return typeof row === 'object' && row !== null ? Number(Object.values(row)[0]) : 0;
};

/** Two records with one number would be an error, and need billions of records to be likely. */
const rowNumber = (id: Uint8Array): bigint =>
  new DataView(id.buffer, id.byteOffset, id.length).getBigInt64(0);

/**
 * Makes the file where there is none. One that is there must not be opened here: closing it again
 * would give up the locks that this process may hold on it.
 */
const makePrivateFile = (path: string): void => {
  if (!existsSync(path)) closeSync(openSync(path, 'wx', FILE_MODE));
  chmodSync(path, FILE_MODE);
};

/** Opens or makes the file, for this process alone, and changes nothing in it. */
const openDatabase = (path: string): DatabaseSyncInstance => {
  makePrivateFile(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY;');
  return database;
};

/**
 * Gives the file back. Statements live until they are collected and would hold its lock, so that is
 * given up first; where the disk is too full for it, only with the process.
 */
const closeDatabase = (database: DatabaseSyncInstance): void => {
  quietly(() => {
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL;');
    firstNumber(database, 'SELECT count(*) FROM sqlite_schema');
  });
  quietly(() => database.close());
};

const writeAhead = (database: DatabaseSyncInstance, maxBytes: number | undefined): void => {
  const pages = maxBytes === undefined ? MAX_PAGES : Math.floor(maxBytes / PAGE_BYTES);
  database.exec(`
    PRAGMA page_size = ${PAGE_BYTES};
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA wal_autocheckpoint = ${WAL_PAGES};
    PRAGMA max_page_count = ${pages};`);
};

const create = (database: DatabaseSyncInstance, sealer: Sealer): void => {
  const { tag, id } = sealer.place(CHECK_COLLECTION, CHECK_KEY);
  const check = { key: CHECK_KEY, value: new Uint8Array(0) };
  database.exec(`BEGIN IMMEDIATE; ${CREATE}`);
  database.prepare(PUT).run(rowNumber(id), tag, id, sealer.seal(CHECK_COLLECTION, id, check));
  database.exec('COMMIT');
};

/** Whether the key is the one that the file was made with; only reads. */
const verifyKey = (database: DatabaseSyncInstance, sealer: Sealer): Result<void, StoreError> => {
  const format = firstNumber(database, 'PRAGMA user_version');
  if (format !== FORMAT) return err({ kind: 'store-io', reason: `format ${format}` });
  const { tag, id } = sealer.place(CHECK_COLLECTION, CHECK_KEY);
  const row: unknown = database.prepare(GET).get(tag, id);
  const opens = isRow(row) && sealer.open(CHECK_COLLECTION, id, row.sealed).isOk();
  return opens ? ok(undefined) : err({ kind: 'store-key' });
};

/** Leaves a database that is ready for records of this key. */
const prepare = (
  database: DatabaseSyncInstance,
  sealer: Sealer,
  maxBytes: number | undefined,
): Result<void, StoreError> => {
  const isNew = firstNumber(database, 'SELECT count(*) FROM sqlite_schema') === 0;
  const verified = isNew ? ok(undefined) : verifyKey(database, sealer);
  if (verified.isErr()) return verified;
  writeAhead(database, maxBytes);
  if (isNew) create(database, sealer);
  return ok(undefined);
};

class SqliteStore implements Store {
  readonly #database: DatabaseSyncInstance;
  readonly #sealer: Sealer;
  readonly #batches: Batches;
  readonly #truncation: Truncation;
  readonly #put: StatementSyncInstance;
  readonly #delete: StatementSyncInstance;
  readonly #get: StatementSyncInstance;
  readonly #list: StatementSyncInstance;
  #closed = false;
  #waitsForDisk = true;

  constructor(database: DatabaseSyncInstance, sealer: Sealer, deps: SqliteStoreDeps) {
    this.#database = database;
    this.#sealer = sealer;
    this.#put = database.prepare(PUT);
    this.#delete = database.prepare(DELETE);
    this.#get = database.prepare(GET);
    this.#list = database.prepare(LIST);
    const gather = deps.gather ?? (() => Promise.resolve());
    this.#batches = openBatches((batches, durability) => this.#write(batches, durability), gather);
    this.#truncation = openTruncation(deps.clock, () => this.#truncate());
  }

  get(collection: string, key: Uint8Array): ResultAsync<Uint8Array | undefined, StoreError> {
    return this.#read(() => {
      const { tag, id } = this.#sealer.place(collection, key);
      const row: unknown = this.#get.get(tag, id);
      return row === undefined ? ok(undefined) : this.#open(collection, row).map(valueOf);
    });
  }

  list(collection: string): ResultAsync<readonly StoredRecord[], StoreError> {
    return this.#read(() => {
      const rows: readonly unknown[] = this.#list.all(this.#sealer.tag(collection));
      return Result.combine(rows.map((row) => this.#open(collection, row)));
    });
  }

  commit(changes: readonly Change[], durability?: Durability): ResultAsync<void, StoreError> {
    return this.#batches.add(changes, durability);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#batches.flush();
    this.#closed = true;
    this.#batches.stop({ kind: 'store-closed' });
    this.#truncation.stop();
    closeDatabase(this.#database);
    return Promise.resolve();
  }

  /** What was handed in before is seen. */
  #read<T>(work: () => Result<T, StoreError>): ResultAsync<T, StoreError> {
    if (this.#closed) return settled(err({ kind: 'store-closed' }));
    this.#batches.flush();
    return settled(attempt(work).andThen((result) => result));
  }

  #open(collection: string, row: unknown): Result<StoredRecord, StoreError> {
    const record = isRow(row) ? this.#sealer.open(collection, row.id, row.sealed) : err('broken');
    return record.mapErr(() => ({ kind: 'store-corrupt', collection }));
  }

  #write(
    batches: readonly (readonly Change[])[],
    durability: Durability,
  ): Result<void, StoreError> {
    const outcome = attempt(() => {
      this.#waitForDisk(durability === 'power-loss');
      this.#database.exec('BEGIN IMMEDIATE');
      for (const changes of batches) for (const change of changes) this.#apply(change);
      this.#database.exec('COMMIT');
    });
    if (outcome.isOk()) this.#truncation.changed();
    else quietly(() => this.#database.isTransaction && this.#database.exec('ROLLBACK'));
    return outcome;
  }

  /** Whether the next transaction ends with the write-ahead log on the disk. */
  #waitForDisk(isWanted: boolean): void {
    if (isWanted === this.#waitsForDisk) return;
    this.#database.exec(`PRAGMA synchronous = ${isWanted ? 'FULL' : 'NORMAL'}`);
    this.#waitsForDisk = isWanted;
  }

  #apply(change: Change): void {
    const { tag, id } = this.#sealer.place(change.collection, change.key);
    if (change.kind === 'delete') this.#delete.run(tag, id);
    else this.#put.run(rowNumber(id), tag, id, this.#sealer.seal(change.collection, id, change));
  }

  #truncate(): boolean {
    return attempt(() => this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)')).isOk();
  }
}

const valueOf = (record: StoredRecord): Uint8Array => record.value;

const openStore = (
  deps: SqliteStoreDeps,
  path: string,
  sealer: Sealer,
): Result<Store, StoreError> =>
  attempt(() => openDatabase(path)).andThen((database) => {
    const store = attempt(() => prepare(database, sealer, deps.maxBytes))
      .andThen((ready) => ready)
      .map(() => new SqliteStore(database, sealer, deps));
    if (store.isErr()) closeDatabase(database);
    return store;
  });

/**
 * Opens stores with these parts of the world.
 *
 * @returns an {@link OpenStore}; the path's directory must exist. A file that another process or
 * store holds is `store-io` with the reason `locked`.
 */
export const makeSqliteStore =
  (deps: SqliteStoreDeps): OpenStore =>
  (path, key) => {
    if (key.length !== STORE_KEY_LENGTH) throw new RangeError('a store key has 32 bytes');
    return settled(openStore(deps, path, makeSealer(deps, key)));
  };

/** Stores on this machine; batches of one turn of the event loop share a disk write. */
export const openSqliteStore: OpenStore = (path, key) => {
  const clock = nodeClock({ background: true });
  const primitives = selectPrimitives();
  const gather = (): Promise<void> => nodeClock().sleep(0);
  return makeSqliteStore({ clock, random: nodeRandom, primitives, gather })(path, key);
};
