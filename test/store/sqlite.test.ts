import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { portablePrimitives } from '../../src/crypto/portable.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import { manualClock, seededRandom } from '../../src/io/memory.js';
import { makeSqliteStore, openSqliteStore, type SqliteStoreDeps } from '../../src/store/sqlite.js';
import type { Change, Store } from '../../src/store/store.js';
import { testStore } from '../../testkit/store.js';
import { openDirectory, type OpenDirectory } from '../support/directory.js';

const KEY = new Uint8Array(32).fill(7);
const MINUTE_MS = 60_000;
const CANARY = 'canary-4711';

let directory: OpenDirectory;
let path: string;

beforeEach(async () => {
  directory = await openDirectory();
  path = `${directory.path}/store.db`;
});
afterEach(() => directory.dispose());

const memoryDeps = (over: Partial<SqliteStoreDeps> = {}): SqliteStoreDeps => ({
  clock: manualClock(),
  random: seededRandom('sqlite'),
  primitives: portablePrimitives,
  ...over,
});

const open = async (deps: SqliteStoreDeps): Promise<Store> =>
  (await makeSqliteStore(deps)(path, KEY))._unsafeUnwrap();

const put = (key: string, value: Uint8Array | string, collection = 'mail'): Change => ({
  kind: 'put',
  collection,
  key: utf8(key),
  value: typeof value === 'string' ? utf8(value) : value,
});

const commit = async (store: Store, ...changes: readonly Change[]): Promise<void> =>
  (await store.commit(changes))._unsafeUnwrap();

const keysOf = async (store: Store): Promise<readonly string[]> =>
  (await store.list('mail'))
    ._unsafeUnwrap()
    .map(({ key }) => Buffer.from(key).toString())
    .sort();

/** The bytes of all files of the store. */
const filesText = async (): Promise<string> => {
  const names = await readdir(directory.path);
  const texts = names.map((name) => readFile(`${directory.path}/${name}`, 'latin1'));
  return (await Promise.all(texts)).join('');
};

/** Sealing that hides nothing, to see what the file keeps. */
const transparent: Primitives = {
  ...portablePrimitives,
  aead: {
    ...portablePrimitives.aead,
    seal: (_key, _nonce, _ad, plaintext) => concat(plaintext, new Uint8Array(16)),
    open: (_key, _nonce, _ad, sealed) => sealed.slice(0, -16),
  },
};

testStore(
  'the store in SQLite',
  async () => {
    const site = await openDirectory();
    return { open: openSqliteStore, path: `${site.path}/contract.db`, dispose: site.dispose };
  },
  { test, expect },
);

describe('the file', () => {
  it('is private, and so is what lies beside it', async () => {
    const store = await open(memoryDeps());
    await commit(store, put('a', '1'));
    const names = await readdir(directory.path);
    expect(names).toContain('store.db-wal');
    for (const name of names) {
      expect((await stat(`${directory.path}/${name}`)).mode & 0o777).toBe(0o600);
    }
    await store.close();
    expect(await readdir(directory.path)).toEqual(['store.db']);
  });

  it('shows no name, key or value', async () => {
    const store = await open(memoryDeps());
    await commit(store, put(CANARY, CANARY.repeat(9000), `${CANARY}-collection`));
    expect(await filesText()).not.toContain(CANARY);
    await store.close();
    expect(await filesText()).not.toContain(CANARY);
    expect(await filesText()).toContain('CREATE TABLE record');
  });

  it('shows sizes as steps only', async () => {
    const store = await open(memoryDeps());
    for (let size = 0; size < 40_000; size += 977) {
      await commit(store, put(`${size}`, new Uint8Array(size)));
    }
    await store.close();
    const raw = new DatabaseSync(path);
    const rows: readonly unknown[] = raw
      .prepare('SELECT DISTINCT length(sealed) AS n, length(id) AS i, typeof(id) AS t FROM record')
      .all();
    raw.close();
    const steps = [256, 1024, 4096, 16_384, 32_768, 49_152];
    expect(rows.map((row) => JSON.stringify(row)).sort()).toEqual(
      steps.map((n) => JSON.stringify({ n, i: 16, t: 'blob' })).sort(),
    );
  });

  it('is not changed by a wrong key', async () => {
    const store = await open(memoryDeps());
    await commit(store, put('a', '1'));
    await store.close();
    const before = await readFile(path);
    const refused = await makeSqliteStore(memoryDeps())(path, new Uint8Array(32));
    expect(refused._unsafeUnwrapErr()).toEqual({ kind: 'store-key' });
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  it('that is none is refused and left alone', async () => {
    const text = 'not a database at all. '.repeat(500);
    await writeFile(path, text);
    const refused = await makeSqliteStore(memoryDeps())(path, KEY);
    expect(refused._unsafeUnwrapErr()).toEqual({ kind: 'store-corrupt', collection: '' });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('cannot be made in a directory that is missing', async () => {
    const refused = await makeSqliteStore(memoryDeps())(`${directory.path}/no/store.db`, KEY);
    expect(refused._unsafeUnwrapErr()).toEqual({ kind: 'store-io', reason: 'ENOENT' });
  });
});

describe('a corrupt record', () => {
  const damage = (sql: string): void => {
    const raw = new DatabaseSync(path);
    raw.exec(sql);
    raw.close();
  };

  it('is reported, and the others can be read', async () => {
    const first = await open(memoryDeps());
    await commit(first, put('a', 'x'.repeat(500)), put('b', '2'));
    await first.close();
    damage('UPDATE record SET sealed = zeroblob(1024) WHERE length(sealed) = 1024');
    const second = await open(memoryDeps());
    const read = await second.get('mail', utf8('a'));
    expect(read._unsafeUnwrapErr()).toEqual({ kind: 'store-corrupt', collection: 'mail' });
    expect((await second.get('mail', utf8('b')))._unsafeUnwrap()).toEqual(utf8('2'));
    await second.close();
  });

  it('is not mistaken for another one that was put in its place', async () => {
    const first = await open(memoryDeps());
    await commit(first, put('a', 'x'.repeat(500)), put('b', 'y'.repeat(500)), put('c', '3', 'c'));
    await first.close();
    const swapped = '(SELECT sealed FROM record WHERE length(sealed) = 1024 ORDER BY id LIMIT 1)';
    damage(`UPDATE record SET sealed = ${swapped} WHERE length(sealed) = 1024`);
    const second = await open(memoryDeps());
    const corrupt = { kind: 'store-corrupt', collection: 'mail' };
    const reads = [await second.get('mail', utf8('a')), await second.get('mail', utf8('b'))];
    expect(reads.filter((read) => read.isOk())).toHaveLength(1);
    expect(reads.filter((read) => read.isErr() && read.error.kind === corrupt.kind)).toHaveLength(
      1,
    );
    expect((await second.list('mail'))._unsafeUnwrapErr()).toEqual(corrupt);
    expect((await second.list('c'))._unsafeUnwrap()).toHaveLength(1);
    await second.close();
  });
});

it('refuses a record that would lie where another lies, and keeps that one', async () => {
  // Hashes that differ in their first byte alone, which is left out of what is a record's own.
  const hmacSha256: Primitives['hmacSha256'] = (...given) =>
    portablePrimitives.hmacSha256(...given).fill(0, 1, 8);
  const store = await open(memoryDeps({ primitives: { ...portablePrimitives, hmacSha256 } }));
  await commit(store, put('a', '1'));
  const refused = await store.commit([put('b', '2')]);
  expect(refused._unsafeUnwrapErr()).toEqual({ kind: 'store-io', reason: 'sqlite 19' });
  await commit(store, { kind: 'delete', collection: 'mail', key: utf8('b') });
  expect((await store.get('mail', utf8('b')))._unsafeUnwrap()).toBeUndefined();
  expect((await store.get('mail', utf8('a')))._unsafeUnwrap()).toEqual(utf8('1'));
  await commit(store, put('a', '3'));
  expect((await store.list('mail'))._unsafeUnwrap().map(({ value }) => value)).toEqual([utf8('3')]);
  await store.close();
});

describe('deleting', () => {
  it('leaves nothing of a record in any file', async () => {
    const store = await open(memoryDeps({ primitives: transparent }));
    await commit(store, put('a', CANARY.repeat(5000)), put('b', 'stays'));
    expect(await filesText()).toContain(CANARY);
    await commit(store, { kind: 'delete', collection: 'mail', key: utf8('a') });
    await store.close();
    expect(await filesText()).not.toContain(CANARY);
    expect(await filesText()).toContain('stays');
  });

  it('empties the write-ahead log within a minute', async () => {
    const clock = manualClock();
    const store = await open(memoryDeps({ clock, primitives: transparent }));
    await commit(store, put('a', CANARY.repeat(5000)));
    await clock.advance(MINUTE_MS);
    expect((await stat(`${path}-wal`)).size).toBe(0);
    await commit(store, { kind: 'delete', collection: 'mail', key: utf8('a') });
    expect(await filesText()).toContain(CANARY);
    await clock.advance(MINUTE_MS);
    expect(await filesText()).not.toContain(CANARY);
    await store.close();
  });

  it('leaves the clock alone when there is nothing to do', async () => {
    const clock = manualClock();
    let sleeps = 0;
    const counting = { ...clock, now: () => clock.now(), monotonic: () => clock.monotonic() };
    const store = await open(
      memoryDeps({
        clock: {
          ...counting,
          sleep: (ms, signal) => {
            sleeps++;
            return clock.sleep(ms, signal);
          },
        },
      }),
    );
    await clock.advance(10 * MINUTE_MS);
    expect(sleeps).toBe(0);
    for (let i = 0; i < 50; i++) await commit(store, put('a', `${i}`));
    await clock.advance(10 * MINUTE_MS);
    expect(sleeps).toBe(1);
    await store.close();
  });
});

describe('a full disk', () => {
  const MAX_BYTES = 40 * 16_384;

  it('refuses a batch whole and goes on', async () => {
    const store = await open(memoryDeps({ maxBytes: MAX_BYTES }));
    await commit(store, put('a', '1'));
    const refused = await store.commit([put('b', '2'), put('c', new Uint8Array(2 * MAX_BYTES))]);
    expect(refused._unsafeUnwrapErr()).toEqual({ kind: 'store-full' });
    expect(await keysOf(store)).toEqual(['a']);
    await commit(store, put('b', '2'));
    await store.close();
    const again = await open(memoryDeps());
    expect(await keysOf(again)).toEqual(['a', 'b']);
    await again.close();
  });

  it('costs only the batch that does not fit, in a group', async () => {
    const store = await open(memoryDeps({ maxBytes: MAX_BYTES }));
    const outcomes = await Promise.all([
      store.commit([put('a', '1')]),
      store.commit([put('b', new Uint8Array(2 * MAX_BYTES))]),
      store.commit([put('c', '3')]),
    ]);
    expect(outcomes.map((outcome) => outcome.isOk())).toEqual([true, false, true]);
    expect(await keysOf(store)).toEqual(['a', 'c']);
    await store.close();
  });

  it('has room again after a deletion', async () => {
    const store = await open(memoryDeps({ maxBytes: MAX_BYTES }));
    const half = new Uint8Array(MAX_BYTES / 2);
    await commit(store, put('a', half));
    expect((await store.commit([put('b', half)])).isErr()).toBe(true);
    await commit(store, { kind: 'delete', collection: 'mail', key: utf8('a') });
    await commit(store, put('b', half));
    expect(await keysOf(store)).toEqual(['b']);
    await store.close();
  });
});

describe('batches', () => {
  it('of one turn share a disk write', async () => {
    let gathered = 0;
    const gather = (): Promise<void> => {
      gathered++;
      return Promise.resolve();
    };
    const store = await open(memoryDeps({ gather }));
    const names = Array.from({ length: 200 }, (_, index) => `${index}`);
    await Promise.all(names.map((name) => commit(store, put(name, name))));
    expect(gathered).toBe(1);
    expect(await keysOf(store)).toHaveLength(200);
    await store.close();
  });
});
