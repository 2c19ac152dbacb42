import { describe, expect, it, test } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { memoryStores } from '../../src/store/memory.js';
import { testStore } from '../../testkit/store.js';

const KEY = new Uint8Array(32);
const RECORD = { collection: 'c', key: utf8('a'), value: utf8('1') };

testStore(
  'the store in memory',
  () => {
    const { open } = memoryStores();
    return Promise.resolve({ open, path: '/store', dispose: () => Promise.resolve() });
  },
  { test, expect },
);

describe('a crash in memory', () => {
  it('keeps what was committed and nothing else', async () => {
    const stores = memoryStores();
    const store = (await stores.open('/store', KEY))._unsafeUnwrap();
    (await store.commit([{ kind: 'put', ...RECORD }]))._unsafeUnwrap();
    const lost = store.commit([{ kind: 'put', ...RECORD, key: utf8('b') }]);
    stores.crash();
    expect((await lost)._unsafeUnwrapErr()).toEqual({ kind: 'store-closed' });
    expect((await store.list('c'))._unsafeUnwrapErr()).toEqual({ kind: 'store-closed' });
    const again = (await stores.open('/store', KEY))._unsafeUnwrap();
    expect((await again.list('c'))._unsafeUnwrap()).toEqual([
      { key: RECORD.key, value: RECORD.value },
    ]);
  });

  it('fails commits on demand', async () => {
    const stores = memoryStores();
    const store = (await stores.open('/store', KEY))._unsafeUnwrap();
    stores.failCommits({ kind: 'store-full' });
    expect((await store.commit([{ kind: 'put', ...RECORD }]))._unsafeUnwrapErr().kind).toBe(
      'store-full',
    );
    stores.failCommits(undefined);
    expect((await store.list('c'))._unsafeUnwrap()).toEqual([]);
    expect((await store.commit([{ kind: 'put', ...RECORD }])).isOk()).toBe(true);
  });

  it('counts what is stored', async () => {
    const stores = memoryStores();
    const store = (await stores.open('/store', KEY))._unsafeUnwrap();
    await store.commit([
      { kind: 'put', ...RECORD },
      { kind: 'put', ...RECORD, key: utf8('b') },
      { kind: 'put', ...RECORD, collection: 'd' },
    ]);
    expect(stores.counts()).toEqual(new Map([['/store', { c: 2, d: 1 }]]));
    await store.commit([{ kind: 'delete', collection: 'd', key: RECORD.key }]);
    expect(stores.counts()).toEqual(new Map([['/store', { c: 2 }]]));
  });
});
