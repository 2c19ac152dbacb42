/**
 * The store in one SQLite file: sealed records under keyed hashes, written ahead and synced.
 *
 * Rows are numbered by hashes too, since ascending numbers would tell the order of arrival. One
 * process at a time holds the file.
 * @module
 */
import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { err, ok, Result, ResultAsync } from 'neverthrow';
import type { Primitives } from '../crypto/primitives.js';
import { selectPrimitives } from '../crypto/select.js';
import type { Clock, Random } from '../io/contracts.js';
import { nodeClock, nodeRandom } from '../io/node.js';
import { openBatches, type Batches } from './batches.js';
import { Compaction } from './compaction.js';
import { makeSealer, STORE_KEY_LENGTH, type Sealer } from './sealed.js';
import {
  attempt,
  closeFile,
  inTransaction,
  makeFile,
  openFile,
  readHeader,
  sizeOf,
  writeAhead,
} from './sqlite/database.js';
import {
  checkHeader,
  checkKey,
  create,
  DELETE,
  FORMAT,
  formatOf,
  GET,
  isRow,
  LIST,
  numberOf,
  numbersOf,
  PUT,
} from './sqlite/format.js';
import { upgradeFile, type Upgrade, type UpgradeOptions } from './sqlite/upgrade.js';
import type { Change, Durability, OpenStore, Store, StoredRecord, StoreError } from './store.js';
import { openTruncation, type Truncation } from './truncation.js';

export type { Upgrade, UpgradeNews, UpgradeOptions } from './sqlite/upgrade.js';

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

const settled = <T>(result: Result<T, StoreError>): ResultAsync<T, StoreError> =>
  new ResultAsync(Promise.resolve(result));

class SqliteStore implements Store {
  readonly #database: DatabaseSyncInstance;
  readonly #sealer: Sealer;
  readonly #batches: Batches;
  readonly #compaction: Compaction;
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
    this.#compaction = new Compaction(deps.clock);
    this.#truncation = openTruncation(deps.clock, () => this.#truncate());
  }

  get(collection: string, key: Uint8Array): ResultAsync<Uint8Array | undefined, StoreError> {
    return this.#read(() => {
      const place = this.#sealer.place(collection, key);
      const row: unknown = this.#get.get(numberOf(place), place.id);
      return row === undefined ? ok(undefined) : this.#open(collection, row).map(valueOf);
    });
  }

  list(collection: string): ResultAsync<readonly StoredRecord[], StoreError> {
    return this.#read(() => {
      const records: StoredRecord[] = [];
      // One by one: all sealed ones beside all opened ones would take twice the memory.
      const tag = this.#sealer.tag(collection);
      for (const row of this.#list.iterate(...numbersOf(tag), tag)) {
        const record = this.#open(collection, row);
        if (record.isErr()) return err(record.error);
        records.push(record.value);
      }
      return ok(records);
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
    closeFile(this.#database);
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
    return attempt(() => {
      this.#waitForDisk(durability === 'power-loss');
      inTransaction(this.#database, () => {
        for (const changes of batches) for (const change of changes) this.#apply(change);
      });
      this.#truncation.changed();
    });
  }

  /** Whether the next transaction ends with the write-ahead log on the disk. */
  #waitForDisk(isWanted: boolean): void {
    if (isWanted === this.#waitsForDisk) return;
    this.#database.exec(`PRAGMA synchronous = ${isWanted ? 'FULL' : 'NORMAL'}`);
    this.#waitsForDisk = isWanted;
  }

  #apply(change: Change): void {
    const place = this.#sealer.place(change.collection, change.key);
    const { tag, id } = place;
    if (change.kind === 'put') {
      this.#put.run(numberOf(place), tag, id, this.#sealer.seal(change.collection, id, change));
      return;
    }
    this.#delete.run(numberOf(place), id);
    this.#compaction.deleted();
  }

  #truncate(): boolean {
    return attempt(() => {
      if (this.#compaction.take(sizeOf(this.#database))) this.#database.exec('VACUUM');
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    }).isOk();
  }
}

const valueOf = (record: StoredRecord): Uint8Array => record.value;

const openStore = (
  deps: SqliteStoreDeps,
  path: string,
  sealer: Sealer,
): Result<Store, StoreError> =>
  ensureFile(path, sealer)
    .andThen(() => attempt(() => openFile(path)))
    .andThen((database) => {
      const store = attempt(() => checkOpen(database, sealer))
        .andThen((checked) => checked)
        .andThen(() => attempt(() => writeAhead(database, deps.maxBytes)))
        .map(() => new SqliteStore(database, sealer, deps));
      if (store.isErr()) closeFile(database);
      return store;
    });

/** Makes the file where there is none; one that cannot be used is left exactly as it is. */
const ensureFile = (path: string, sealer: Sealer): Result<void, StoreError> =>
  attempt(() => readHeader(path)).andThen((header) =>
    header === undefined || header.isEmpty
      ? attempt(() => makeFile(path, (database) => create(database, sealer)))
      : checkHeader(header, sealer),
  );

/** Once more, now that nobody else has it and a log that was left behind counts. */
const checkOpen = (database: DatabaseSyncInstance, sealer: Sealer): Result<void, StoreError> => {
  const format = formatOf(database);
  if (format !== FORMAT) return err({ kind: 'store-format', format, wanted: FORMAT });
  return checkKey(database, sealer);
};

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

/**
 * Leads the file of a store to this program's format, with a copy beside it as it was. The store
 * must not be open; an interrupted upgrade is finished by the next one.
 *
 * @errors `store-key`, and `store-format` of a newer store: nothing was changed; `store-io` with the
 * reason `locked`: somebody has it open
 */
export const upgradeSqliteStore = (
  path: string,
  key: Uint8Array,
  options: UpgradeOptions = {},
): Result<Upgrade, StoreError> => {
  const sealer = makeSealer({ primitives: selectPrimitives(), random: nodeRandom }, key);
  return upgradeFile(path, sealer, options);
};

/** Stores on this machine; batches of one turn of the event loop share a disk write. */
export const openSqliteStore: OpenStore = (path, key) => {
  const clock = nodeClock({ background: true });
  const primitives = selectPrimitives();
  const gather = (): Promise<void> => nodeClock().sleep(0);
  return makeSqliteStore({ clock, random: nodeRandom, primitives, gather })(path, key);
};
