/**
 * The contract of {@link Store}, as a suite for whoever writes another one.
 * @module
 */
import type { Result } from 'neverthrow';
import { fromUtf8, toHex, utf8 } from '../src/bytes/text.js';
import { seededRandom } from '../src/io/seeded-random.js';
import type { Change, OpenStore, Store, StoredRecord } from '../src/store/store.js';
import { declareSuite, type SuiteTools } from './suite.js';

/** A place for stores to be tested in. */
export interface StoreSite {
  readonly open: OpenStore;
  /** Of a store that does not exist yet. */
  readonly path: string;
  /** Clears up. */
  dispose(): Promise<void>;
}

type StoreTest = (site: StoreSite, tools: SuiteTools) => Promise<void>;

const KEY = new Uint8Array(32).fill(1);
const OTHER_KEY = new Uint8Array(32).fill(2);
const MODEL_STEPS = 400;

const must = <T>(result: Result<T, { readonly kind: string }>): T => {
  if (result.isErr()) throw new Error(`the store gave ${JSON.stringify(result.error)}`);
  return result.value;
};

const openAt = async (site: StoreSite): Promise<Store> => must(await site.open(site.path, KEY));

const put = (collection: string, key: string, value: string): Change => ({
  kind: 'put',
  collection,
  key: utf8(key),
  value: utf8(value),
});

const del = (collection: string, key: string): Change => ({
  kind: 'delete',
  collection,
  key: utf8(key),
});

const commit = async (store: Store, ...changes: readonly Change[]): Promise<void> =>
  must(await store.commit(changes));

const get = async (store: Store, collection: string, key: string): Promise<string | undefined> => {
  const value = must(await store.get(collection, utf8(key)));
  return value === undefined ? undefined : fromUtf8(value);
};

/** `key=value` of a collection, sorted. */
const list = async (store: Store, collection: string): Promise<readonly string[]> => {
  const show = ({ key, value }: StoredRecord): string => `${fromUtf8(key)}=${fromUtf8(value)}`;
  return must(await store.list(collection))
    .map(show)
    .sort();
};

const errorOf = <T>(result: Result<T, unknown>): unknown =>
  result.isErr() ? result.error : undefined;

const putsAndDeletes: StoreTest = async (site, { expect }) => {
  const store = await openAt(site);
  expect(await get(store, 'mail', 'a')).toEqual(undefined);
  await commit(store, put('mail', 'a', 'one'));
  expect(await get(store, 'mail', 'a')).toEqual('one');
  await commit(store, put('mail', 'a', 'two'));
  expect(await get(store, 'mail', 'a')).toEqual('two');
  await commit(store, del('mail', 'a'), del('mail', 'never there'));
  expect(await get(store, 'mail', 'a')).toEqual(undefined);
  await store.close();
};

const keepsCollectionsApart: StoreTest = async (site, { expect }) => {
  const store = await openAt(site);
  await commit(store, put('ab', 'c', '1'), put('a', 'bc', '2'), put('', '', '3'), put('a', '', ''));
  expect(await list(store, 'ab')).toEqual(['c=1']);
  expect(await list(store, 'a')).toEqual(['=', 'bc=2']);
  expect(await list(store, '')).toEqual(['=3']);
  expect(await list(store, 'abc')).toEqual([]);
  await commit(store, del('a', ''));
  expect(await get(store, '', '')).toEqual('3');
  await store.close();
};

const appliesABatchInOrder: StoreTest = async (site, { expect }) => {
  const store = await openAt(site);
  await commit(store, put('c', 'a', '1'), del('c', 'a'), put('c', 'b', '1'), put('c', 'b', '2'));
  await commit(store);
  expect(await list(store, 'c')).toEqual(['b=2']);
  await store.close();
};

const appliesBatchesInOrder: StoreTest = async (site, { expect }) => {
  const store = await openAt(site);
  const results = await Promise.all([
    store.commit([put('c', 'a', '1'), put('c', 'b', '1')]),
    store.commit([put('c', 'a', '2'), del('c', 'b')]),
    store.commit([put('c', 'a', '3')]),
  ]);
  expect(results.map((result) => result.isOk())).toEqual([true, true, true]);
  expect(await list(store, 'c')).toEqual(['a=3']);
  await store.close();
};

const readsWhatWasHandedIn: StoreTest = async (site, { expect }) => {
  const store = await openAt(site);
  const pending = store.commit([put('c', 'a', '1')]);
  expect(await get(store, 'c', 'a')).toEqual('1');
  expect((await pending).isOk()).toEqual(true);
  await store.close();
};

const survivesReopening: StoreTest = async (site, { expect }) => {
  const first = await openAt(site);
  await commit(first, put('c', 'a', '1'), put('c', 'b', '2'));
  await commit(first, del('c', 'a'));
  const pending = first.commit([put('c', 'd', '4')]);
  await first.close();
  expect((await pending).isOk()).toEqual(true);
  const second = await openAt(site);
  expect(await list(second, 'c')).toEqual(['b=2', 'd=4']);
  await second.close();
};

const refusesAnotherKey: StoreTest = async (site, { expect }) => {
  const first = await openAt(site);
  await commit(first, put('c', 'a', '1'));
  await first.close();
  expect(errorOf(await site.open(site.path, OTHER_KEY))).toEqual({ kind: 'store-key' });
  const second = await openAt(site);
  expect(await list(second, 'c')).toEqual(['a=1']);
  await second.close();
};

const hasOneOwner: StoreTest = async (site, { expect }) => {
  const first = await openAt(site);
  await commit(first, put('c', 'a', '1'));
  expect(errorOf(await site.open(site.path, KEY))).toEqual({ kind: 'store-io', reason: 'locked' });
  await commit(first, put('c', 'b', '2'));
  await first.close();
  const second = await openAt(site);
  expect(await list(second, 'c')).toEqual(['a=1', 'b=2']);
  await second.close();
};

const isClosedForGood: StoreTest = async (site, { expect }) => {
  const store = await openAt(site);
  await store.close();
  await store.close();
  const closed = { kind: 'store-closed' };
  expect(errorOf(await store.get('c', utf8('a')))).toEqual(closed);
  expect(errorOf(await store.list('c'))).toEqual(closed);
  expect(errorOf(await store.commit([put('c', 'a', '1')]))).toEqual(closed);
};

const givesMemoryOfItsOwn: StoreTest = async (site, { expect }) => {
  const store = await openAt(site);
  await commit(store, put('c', 'a', 'whole'));
  must(await store.get('c', utf8('a')))?.fill(0);
  must(await store.list('c'))[0]?.value.fill(0);
  expect(await get(store, 'c', 'a')).toEqual('whole');
  const value = must(await store.get('c', utf8('a')));
  expect(value?.buffer.byteLength).toEqual(value?.length);
  await store.close();
};

const keepsValuesOfAnySize: StoreTest = async (site, { expect }) => {
  const random = seededRandom('values');
  const sizes = [0, 1, 200, 228, 229, 1000, 4096, 16_384, 51_200, 300_000];
  const values = sizes.map((size) => random(size));
  const store = await openAt(site);
  const changes = values.map((value, index): Change => {
    return { kind: 'put', collection: 'sizes', key: Uint8Array.of(index), value };
  });
  await commit(store, ...changes);
  for (const [index, value] of values.entries()) {
    const read = must(await store.get('sizes', Uint8Array.of(index)));
    expect(read === undefined ? undefined : toHex(read)).toEqual(toHex(value));
  }
  await store.close();
};

/** Random changes against a map, with a reopening now and then. */
const followsAModel: StoreTest = async (site, { expect }) => {
  const random = seededRandom('model');
  const model = new Map<string, string>();
  let store = await openAt(site);
  for (let step = 0; step < MODEL_STEPS; step++) {
    const [kind = 0, name = 0, value = 0] = random(3);
    const key = `key ${name % 32}`;
    if (kind < 100) {
      await commit(store, del('c', key));
      model.delete(key);
    } else {
      await commit(store, put('c', key, `value ${value}`));
      model.set(key, `value ${value}`);
    }
    if (kind % 64 !== 0) continue;
    await store.close();
    store = await openAt(site);
    expect(await list(store, 'c')).toEqual([...model].map(([k, v]) => `${k}=${v}`).sort());
  }
  await store.close();
};

const TESTS: Readonly<Record<string, StoreTest>> = {
  'puts, replaces and deletes': putsAndDeletes,
  'keeps collections apart': keepsCollectionsApart,
  'applies a batch in order': appliesABatchInOrder,
  'applies batches in order': appliesBatchesInOrder,
  'reads what was handed in': readsWhatWasHandedIn,
  'survives reopening': survivesReopening,
  'refuses another key and changes nothing': refusesAnotherKey,
  'has one owner at a time': hasOneOwner,
  'is closed for good': isClosedForGood,
  'gives memory of its own': givesMemoryOfItsOwn,
  'keeps values of any size': keepsValuesOfAnySize,
  'follows a model': followsAModel,
};

/**
 * Declares the tests of the contract.
 *
 * @param name - of the implementation, in front of each test's name
 * @param makeSite - a fresh place for each test
 */
export const testStore = (
  name: string,
  makeSite: () => Promise<StoreSite>,
  tools: SuiteTools,
): void => declareSuite(TESTS, { name, makeSite }, tools);
