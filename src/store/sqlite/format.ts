/**
 * The format of a store's file: its table, the record that only the right key opens, and the steps
 * that lead from one version to the next.
 *
 * The version is SQLite's `user_version`. Format 2 adds the key's mark, SQLite's `application_id`:
 * a wrong key is told from the header, before anything is opened that would have to be recovered.
 * @module
 */
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { err, ok, type Result } from 'neverthrow';
import { utf8 } from '../../bytes/text.js';
import type { Sealer } from '../sealed.js';
import type { StoreError } from '../store.js';
import { firstNumber, type Header } from './database.js';

/** Leads a file from format `from` to the next one; runs in a transaction. */
export interface FormatStep {
  readonly from: number;
  readonly run: (database: DatabaseSyncInstance, sealer: Sealer) => void;
}

const markKey = (database: DatabaseSyncInstance, { mark }: Sealer): void =>
  database.exec(`PRAGMA application_id = ${mark}`);

/** From the first format to this program's, without a gap. */
export const STEPS: readonly FormatStep[] = [{ from: 1, run: markKey }];

/** Where steps lead to. */
export const targetOf = (steps: readonly FormatStep[]): number => (steps.at(-1)?.from ?? 0) + 1;

/** What this program reads and writes. */
export const FORMAT = targetOf(STEPS);

const CREATE = `
  DROP TABLE IF EXISTS record;
  CREATE TABLE record (
    number INTEGER PRIMARY KEY,
    collection BLOB NOT NULL, id BLOB NOT NULL, sealed BLOB NOT NULL,
    UNIQUE (collection, id)
  );
  PRAGMA user_version = ${FORMAT};`;

/** Columns: number, collection, id, sealed. */
export const PUT = `
  INSERT INTO record (number, collection, id, sealed) VALUES (?, ?, ?, ?)
  ON CONFLICT (collection, id) DO UPDATE SET sealed = excluded.sealed`;
export const GET = 'SELECT id, sealed FROM record WHERE collection = ? AND id = ?';

/** A record that only the right key opens; its collection's name is nobody else's. */
const CHECK_COLLECTION = 'postern store check';
const CHECK_KEY = utf8('check');

export interface Row {
  readonly id: Uint8Array;
  readonly sealed: Uint8Array;
}

export const isRow = (row: unknown): row is Row =>
  typeof row === 'object' &&
  row !== null &&
  'id' in row &&
  'sealed' in row &&
  row.id instanceof Uint8Array &&
  row.sealed instanceof Uint8Array;

/** Two records with one number would be an error, and need billions of records to be likely. */
export const rowNumber = (id: Uint8Array): bigint =>
  new DataView(id.buffer, id.byteOffset, id.length).getBigInt64(0);

/** Fills a new file; to be called in a transaction. */
export const create = (database: DatabaseSyncInstance, sealer: Sealer): void => {
  const { tag, id } = sealer.place(CHECK_COLLECTION, CHECK_KEY);
  const check = { key: CHECK_KEY, value: new Uint8Array(0) };
  database.exec(CREATE);
  markKey(database, sealer);
  database.prepare(PUT).run(rowNumber(id), tag, id, sealer.seal(CHECK_COLLECTION, id, check));
};

/** What the header alone tells. @errors `store-format`, `store-key` */
export const checkHeader = ({ format, mark }: Header, sealer: Sealer): Result<void, StoreError> => {
  if (format !== FORMAT) return err({ kind: 'store-format', format, wanted: FORMAT });
  return mark === sealer.mark ? ok(undefined) : err({ kind: 'store-key' });
};

/** Whether the key is the one that the file was made with; only reads. */
export const checkKey = (
  database: DatabaseSyncInstance,
  sealer: Sealer,
): Result<void, StoreError> => {
  const { tag, id } = sealer.place(CHECK_COLLECTION, CHECK_KEY);
  const row: unknown = database.prepare(GET).get(tag, id);
  const opens = isRow(row) && sealer.open(CHECK_COLLECTION, id, row.sealed).isOk();
  return opens ? ok(undefined) : err({ kind: 'store-key' });
};

/** The version of an open file. */
export const formatOf = (database: DatabaseSyncInstance): number =>
  firstNumber(database, 'PRAGMA user_version');
