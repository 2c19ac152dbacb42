/**
 * What SQLite and the system under it report, as errors of the store.
 *
 * Codes: sqlite.org/rescode.html.
 * @module
 */
import type { StoreError } from './store.js';

/** Collection of an error that concerns the file as a whole. */
const WHOLE_FILE = '';

const SQLITE_ERRORS: Readonly<Record<number, StoreError>> = {
  5: { kind: 'store-io', reason: 'locked' },
  6: { kind: 'store-io', reason: 'locked' },
  11: { kind: 'store-corrupt', collection: WHOLE_FILE },
  13: { kind: 'store-full' },
  26: { kind: 'store-corrupt', collection: WHOLE_FILE },
};

const SYSTEM_ERRORS: Readonly<Record<string, StoreError>> = {
  ENOSPC: { kind: 'store-full' },
  EDQUOT: { kind: 'store-full' },
};

/** What a thrown failure means; SQLite's extended codes have the plain one in the low byte. */
export const storeError = (thrown: unknown): StoreError => {
  if (!(thrown instanceof Error)) return { kind: 'store-io', reason: 'unknown' };
  if ('sqliteCode' in thrown && typeof thrown.sqliteCode === 'number') {
    const code = thrown.sqliteCode & 0xff;
    return SQLITE_ERRORS[code] ?? { kind: 'store-io', reason: `sqlite ${code}` };
  }
  const code = 'code' in thrown ? String(thrown.code) : 'unknown';
  return SYSTEM_ERRORS[code] ?? { kind: 'store-io', reason: code };
};
