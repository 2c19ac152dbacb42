/**
 * Brings a database to this program's version, or says why it cannot be used.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import type { Sql, TransactionSql } from 'postgres';
import type { StoreError } from '../../../src/store/store.js';
import { LOCKS } from './locks.js';
import { MIGRATIONS } from './migrations.js';

interface Meta {
  readonly version: number;
  readonly key_mark: number;
}

/**
 * Applies the steps that are missing, one process at a time.
 *
 * @param keyMark - of the storage key, by which a wrong one is told
 * @returns `store-format`: the database is newer; `store-key`: it was made with another storage key
 */
export const migrate = async (sql: Sql, keyMark: number): Promise<Result<void, StoreError>> =>
  sql.begin(async (tx): Promise<Result<void, StoreError>> => {
    await tx`select pg_advisory_xact_lock(${LOCKS.space}, ${LOCKS.migration})`;
    const { version, key_mark } = await readMeta(tx, keyMark);
    if (version > MIGRATIONS.length) {
      return err({ kind: 'store-format', format: version, wanted: MIGRATIONS.length });
    }
    if (key_mark !== keyMark) return err({ kind: 'store-key' });
    for (const step of MIGRATIONS.slice(version)) await tx.unsafe(step);
    await tx`update postern.meta set version = ${MIGRATIONS.length}`;
    return ok(undefined);
  });

/** The one row that says what the database is; a new database gets it. */
const readMeta = async (tx: TransactionSql, keyMark: number): Promise<Meta> => {
  const [schema] = await tx`select to_regnamespace('postern') is not null as exists`;
  if (schema?.['exists'] !== true) await tx`create schema postern`;
  const [table] = await tx`select to_regclass('postern.meta') is not null as exists`;
  if (table?.['exists'] !== true) {
    await tx`create table postern.meta (version integer not null, key_mark integer not null)`;
    await tx`insert into postern.meta values (0, ${keyMark})`;
  }
  const [meta] = await tx<Meta[]>`select version, key_mark from postern.meta`;
  return meta ?? { version: 0, key_mark: keyMark };
};
