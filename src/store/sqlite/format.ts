/**
 * The format of a store's file: its table, the record that only the right key opens, and the steps
 * that lead from one version to the next.
 *
 * The version is SQLite's `user_version`. Format 2 adds the key's mark, SQLite's `application_id`:
 * a wrong key is told from the header, before anything is opened that would have to be recovered.
 * Format 3 numbers records by collection and id, and so needs no index: a commit writes half as many
 * pages.
 * @module
 */
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { err, ok, type Result } from 'neverthrow';
import { utf8 } from '../../bytes/text.js';
import type { Place, Sealer } from '../sealed.js';
import type { StoreError } from '../store.js';
import { firstNumber, type Header } from './database.js';

/** Leads a file from format `from` to the next one; runs in a transaction. */
export interface FormatStep {
  readonly from: number;
  readonly run: (database: DatabaseSyncInstance, sealer: Sealer) => void;
}

/** How many bits of a record's number are its collection's; the others are its own. */
const COLLECTION_BITS = 12n;
const OWN_BITS = 64n - COLLECTION_BITS;

const firstBits = (hash: Uint8Array): bigint =>
  new DataView(hash.buffer, hash.byteOffset, hash.length).getBigInt64(0);

/** The first and the last number that records of a collection may have; another's may be between. */
export const numbersOf = (tag: Uint8Array): readonly [bigint, bigint] => {
  const collection = firstBits(tag) >> OWN_BITS;
  return [collection << OWN_BITS, ((collection + 1n) << OWN_BITS) - 1n];
};

/** Where a record lies in the file: together with its collection, and in no order there. */
export const numberOf = ({ tag, id }: Place): bigint =>
  numbersOf(tag)[0] | BigInt.asUintN(Number(OWN_BITS), firstBits(id));

const CREATE_TABLE = `
  CREATE TABLE record (
    number INTEGER PRIMARY KEY,
    collection BLOB NOT NULL, id BLOB NOT NULL, sealed BLOB NOT NULL
  );`;

/**
 * Columns: number, collection, id, sealed. Two records with one number are an error, since what is
 * sealed cannot be null: with a million records in a collection, one new one in four thousand million.
 */
export const PUT = `
  INSERT INTO record (number, collection, id, sealed) VALUES (?, ?, ?, ?)
  ON CONFLICT (number) DO UPDATE SET sealed = iif(id = excluded.id, excluded.sealed, NULL)`;
export const GET = 'SELECT id, sealed FROM record WHERE number = ? AND id = ?';
export const DELETE = 'DELETE FROM record WHERE number = ? AND id = ?';
/** Of all between two numbers. */
export const LIST = 'SELECT id, sealed FROM record WHERE number BETWEEN ? AND ? AND collection = ?';

/** How formats before the third numbered a record. */
const formerNumberOf = ({ id }: Place): bigint => firstBits(id);

const markKey = (database: DatabaseSyncInstance, { mark }: Sealer): void =>
  database.exec(`PRAGMA application_id = ${mark}`);

const renumber = (database: DatabaseSyncInstance): void => {
  database.function('number_of', (tag: Uint8Array, id: Uint8Array) => numberOf({ tag, id }));
  database.exec(`
    ALTER TABLE record RENAME TO former;
    ${CREATE_TABLE}
    INSERT INTO record SELECT number_of(collection, id), collection, id, sealed FROM former;
    DROP TABLE former;`);
};

/** From the first format to this program's, without a gap. */
export const STEPS: readonly FormatStep[] = [
  { from: 1, run: markKey },
  { from: 2, run: renumber },
];

/** Where steps lead to. */
export const targetOf = (steps: readonly FormatStep[]): number => (steps.at(-1)?.from ?? 0) + 1;

/** What this program reads and writes. */
export const FORMAT = targetOf(STEPS);

/** A record that only the right key opens; its collection's name is nobody else's. */
const CHECK_COLLECTION = 'postern store check';
const CHECK_KEY = utf8('check');
const NOTHING = new Uint8Array();

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

/** Fills a new file; to be called in a transaction. */
export const create = (database: DatabaseSyncInstance, sealer: Sealer): void => {
  const place = sealer.place(CHECK_COLLECTION, CHECK_KEY);
  const sealed = sealer.seal(CHECK_COLLECTION, place.id, { key: CHECK_KEY, value: NOTHING });
  database.exec(`DROP TABLE IF EXISTS record; ${CREATE_TABLE} PRAGMA user_version = ${FORMAT};`);
  markKey(database, sealer);
  database.prepare(PUT).run(numberOf(place), place.tag, place.id, sealed);
};

/** What the header alone tells. @errors `store-format`, `store-key` */
export const checkHeader = ({ format, mark }: Header, sealer: Sealer): Result<void, StoreError> => {
  if (format !== FORMAT) return err({ kind: 'store-format', format, wanted: FORMAT });
  return mark === sealer.mark ? ok(undefined) : err({ kind: 'store-key' });
};

/** Whether the key is the one that a file of any format was made with; only reads. */
export const checkKey = (
  database: DatabaseSyncInstance,
  sealer: Sealer,
): Result<void, StoreError> => {
  const place = sealer.place(CHECK_COLLECTION, CHECK_KEY);
  const get = database.prepare(GET);
  const opens = [numberOf, formerNumberOf].some((number) => {
    const row: unknown = get.get(number(place), place.id);
    return isRow(row) && sealer.open(CHECK_COLLECTION, place.id, row.sealed).isOk();
  });
  return opens ? ok(undefined) : err({ kind: 'store-key' });
};

/** The version of an open file. */
export const formatOf = (database: DatabaseSyncInstance): number =>
  firstNumber(database, 'PRAGMA user_version');
