/**
 * One SQLite file: made, opened for this process alone, looked at without a trace, and given back.
 * @module
 */
import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { Result } from 'neverthrow';
import { storeError } from '../sqlite-errors.js';
import type { StoreError } from '../store.js';

const FILE_MODE = 0o600;
/** Of new files: small ones, since records lie in no order and each costs a page of its own. */
const PAGE_BYTES = 4096;
/** The write-ahead log goes into the file when it is as large: it takes room on the disk twice. */
const LOG_BYTES = 4 * 1024 * 1024;
const MAX_PAGES = 2 ** 32 - 2;

/** What SQLite keeps beside a file while it is open, and after its process died. */
const COMPANIONS = ['-wal', '-journal'];

/** Errors of the disk and of SQLite become values. */
export const attempt = <T>(work: () => T): Result<T, StoreError> =>
  Result.fromThrowable(work, storeError)();

export const quietly = (work: () => unknown): void => void attempt(work).unwrapOr(undefined);

/** The first column of the first row, as a number. */
export const firstNumber = (database: DatabaseSyncInstance, sql: string): number => {
  const row: unknown = database.prepare(sql).get();
  return typeof row === 'object' && row !== null ? Number(Object.values(row)[0]) : 0;
};

/** The file and its companions, as far as they are there. */
export const filesOf = (path: string): readonly string[] =>
  ['', ...COMPANIONS].map((suffix) => `${path}${suffix}`).filter((name) => existsSync(name));

export const removeFiles = (path: string): void => {
  for (const suffix of ['', ...COMPANIONS]) rmSync(`${path}${suffix}`, { force: true });
};

/** What the first page says, which is true even while the write-ahead log holds newer ones. */
export interface Header {
  readonly format: number;
  /** Which key the file belongs to; see `Sealer.mark`. */
  readonly mark: number;
  /** Whether there is nothing yet. */
  readonly isEmpty: boolean;
}

/** Files of this format began as nothing, with all that they had in the write-ahead log. */
const UNFOLDED_FORMAT = 1;

/**
 * Looks at a file without locking, recovering or changing anything. Only SQLite may do so: closing
 * the file by other means would give up the locks that this process may hold on it.
 *
 * @returns `undefined` when there is no file
 */
export const readHeader = (path: string): Header | undefined => {
  if (!existsSync(path)) return undefined;
  const how = { readOnly: true, defensive: false };
  const database = new DatabaseSync(`${uriOf(path)}?immutable=1`, how);
  try {
    // Whoever died while the log went into the file has left one that is shorter than its first
    // page says; it is whole together with the log, and without this would count as damaged.
    database.exec('PRAGMA writable_schema = ON');
    const number = (sql: string): number => firstNumber(database, sql);
    const isBare = number('SELECT count(*) FROM sqlite_schema') === 0;
    const isUnfolded = isBare && filesOf(path).length > 1;
    return {
      format: isUnfolded ? UNFOLDED_FORMAT : number('PRAGMA user_version'),
      mark: number('PRAGMA application_id'),
      isEmpty: isBare && !isUnfolded,
    };
  } finally {
    database.close();
  }
};

/** sqlite.org/uri.html: these have a meaning of their own there. */
const uriOf = (path: string): string =>
  `file:${path.replace(/[%?#]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)}`;

/**
 * Opens a file for this process alone, and changes nothing that is in it. Throws where somebody else
 * has it: two who come at once may both get a part of the lock, and whoever kept that would shut out
 * itself as well. So it is taken whole, without a statement that outlives the attempt.
 */
export const openFile = (path: string): DatabaseSyncInstance => {
  chmodSync(path, FILE_MODE);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec(`
      PRAGMA page_size = ${PAGE_BYTES};
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA temp_store = MEMORY;
      BEGIN EXCLUSIVE; COMMIT;`);
  } catch (thrown) {
    quietly(() => database.close());
    throw thrown;
  }
  return database;
};

/**
 * Gives the file back, whole in itself. Statements live until they are collected and would hold its
 * lock, so that is given up first; where the disk is too full for it, only with the process.
 */
export const closeFile = (database: DatabaseSyncInstance): void => {
  quietly(() => {
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL;');
    firstNumber(database, 'SELECT count(*) FROM sqlite_schema');
  });
  quietly(() => database.close());
};

/** From now on a commit is on the disk, and what is deleted is overwritten. */
export const writeAhead = (database: DatabaseSyncInstance, maxBytes?: number): void => {
  const pageBytes = firstNumber(database, 'PRAGMA page_size');
  const pages = maxBytes === undefined ? MAX_PAGES : Math.floor(maxBytes / pageBytes);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA wal_autocheckpoint = ${LOG_BYTES / pageBytes};
    PRAGMA max_page_count = ${pages};`);
};

/** Bytes of the file, without its write-ahead log. */
export const sizeOf = (database: DatabaseSyncInstance): number =>
  firstNumber(database, 'PRAGMA page_size') * firstNumber(database, 'PRAGMA page_count');

/**
 * Makes a file that is whole from its first moment: what `fill` puts into it is there, or no file.
 * What an earlier attempt has left under the other name is `fill`'s to clear.
 */
export const makeFile = (path: string, fill: (database: DatabaseSyncInstance) => void): void => {
  const young = `${path}.new`;
  closeSync(openSync(young, 'a', FILE_MODE));
  const database = openFile(young);
  try {
    inTransaction(database, () => fill(database));
    // Whoever makes the same one at the same time does not get our lock.
    renameSync(young, path);
  } finally {
    closeFile(database);
  }
};

/** All or nothing. Throws what `work` throws. */
export const inTransaction = (database: DatabaseSyncInstance, work: () => void): void => {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (thrown) {
    quietly(() => database.isTransaction && database.exec('ROLLBACK'));
    throw thrown;
  }
};
