/**
 * A child process for `sqlite-kill.test.ts`: commits pairs of records and reports each commit that
 * was acknowledged, until it is killed.
 *
 * Arguments: path of the store, number of the first pair.
 * @module
 */
import { writeSync } from 'node:fs';
import { utf8 } from '../../src/bytes/text.js';
import { openSqliteStore } from '../../src/store/sqlite.js';

const STANDARD_OUTPUT = 1;
const [path = '', first = '0'] = process.argv.slice(2);

const store = (await openSqliteStore(path, new Uint8Array(32)))._unsafeUnwrap();
for (let pair = Number(first); ; pair++) {
  const changes = (['left', 'right'] as const).map(
    (collection) =>
      ({ kind: 'put', collection, key: utf8(`${pair}`), value: new Uint8Array(20_000) }) as const,
  );
  (await store.commit(changes))._unsafeUnwrap();
  writeSync(STANDARD_OUTPUT, `${pair}\n`);
}
