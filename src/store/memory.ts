/**
 * Stores in memory that behave like files: they outlive a close and a crash, and have one owner.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { equal } from '../bytes/compare.js';
import { toHex } from '../bytes/text.js';
import { openBatches, type Batches } from './batches.js';
import { STORE_KEY_LENGTH } from './sealed.js';
import type { Change, OpenStore, Store, StoredRecord, StoreError } from './store.js';

export interface MemoryStores {
  readonly open: OpenStore;
  /**
   * As when the process dies: what was not committed is lost, and all stores are closed, or those
   * whose path begins so.
   */
  crash(prefix?: string): void;
  /**
   * From now on, or after so many more, commits fail so and change nothing; `undefined` ends that.
   */
  failCommits(error: StoreError | undefined, after?: number): void;
  /** Records of each collection that has any, by the store's path. */
  counts(): ReadonlyMap<string, Readonly<Record<string, number>>>;
}

type Collection = Map<string, StoredRecord>;

/** What a file would be. */
interface Shelf {
  readonly key: Uint8Array;
  readonly collections: Map<string, Collection>;
  owner: ShelfStore | undefined;
}

const settled = <T>(result: Result<T, StoreError>): ResultAsync<T, StoreError> =>
  new ResultAsync(Promise.resolve(result));

const copyOf = ({ key, value }: StoredRecord): StoredRecord => ({
  key: key.slice(),
  value: value.slice(),
});

/** By the keys' last digits first: a list has no order, so nothing may come to rely on that of the puts. */
const shuffled = (collection: Collection): readonly StoredRecord[] =>
  [...collection]
    .map(([name, record]) => ({ name: Array.from(name).reverse().join(''), record }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ record }) => copyOf(record));

const applyChange = (collections: Shelf['collections'], change: Change): void => {
  const collection = collections.get(change.collection) ?? new Map<string, StoredRecord>();
  collections.set(change.collection, collection);
  if (change.kind === 'delete') collection.delete(toHex(change.key));
  else collection.set(toHex(change.key), copyOf(change));
};

const countsOf = ({ collections }: Shelf): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...collections].flatMap(([name, { size }]) => (size === 0 ? [] : [[name, size]])),
  );

const NOTHING: Collection = new Map();

class ShelfStore implements Store {
  readonly #shelf: Shelf;
  readonly #batches: Batches;
  #closed = false;

  constructor(shelf: Shelf, failure: () => StoreError | undefined) {
    this.#shelf = shelf;
    this.#batches = openBatches(
      (batches) => {
        const error = failure();
        if (error !== undefined) return err(error);
        for (const change of batches.flat()) applyChange(shelf.collections, change);
        return ok(undefined);
      },
      () => Promise.resolve(),
    );
  }

  get(collection: string, key: Uint8Array): ResultAsync<Uint8Array | undefined, StoreError> {
    return this.#read(() =>
      this.#shelf.collections.get(collection)?.get(toHex(key))?.value.slice(),
    );
  }

  list(collection: string): ResultAsync<readonly StoredRecord[], StoreError> {
    return this.#read(() => shuffled(this.#shelf.collections.get(collection) ?? NOTHING));
  }

  commit(changes: readonly Change[]): ResultAsync<void, StoreError> {
    return this.#batches.add(changes);
  }

  close(): Promise<void> {
    if (!this.#closed) this.#batches.flush();
    this.drop();
    return Promise.resolve();
  }

  /** Closes without writing what waits. */
  drop(): void {
    this.#closed = true;
    this.#batches.stop({ kind: 'store-closed' });
    if (this.#shelf.owner === this) this.#shelf.owner = undefined;
  }

  /** What was handed in before is seen. */
  #read<T>(work: () => T): ResultAsync<T, StoreError> {
    if (this.#closed) return settled(err({ kind: 'store-closed' }));
    this.#batches.flush();
    return settled(ok(work()));
  }
}

/** A disk of its own; two of them share nothing. */
export const memoryStores = (): MemoryStores => {
  const shelves = new Map<string, Shelf>();
  let failure: StoreError | undefined;
  let left = 0;
  const openShelf = (path: string, key: Uint8Array): Result<Store, StoreError> => {
    const shelf = shelves.get(path) ?? {
      key: key.slice(),
      collections: new Map(),
      owner: undefined,
    };
    if (!equal(shelf.key, key)) return err({ kind: 'store-key' });
    if (shelf.owner !== undefined) return err({ kind: 'store-io', reason: 'locked' });
    shelves.set(path, shelf);
    shelf.owner = new ShelfStore(shelf, () => (left-- > 0 ? undefined : failure));
    return ok(shelf.owner);
  };
  return {
    open: (path, key) => {
      if (key.length !== STORE_KEY_LENGTH) throw new RangeError('a store key has 32 bytes');
      return settled(openShelf(path, key));
    },
    crash: (prefix = '') => {
      for (const [path, { owner }] of shelves) if (path.startsWith(prefix)) owner?.drop();
    },
    failCommits: (error, after = 0) => {
      failure = error;
      left = after;
    },
    counts: () => new Map([...shelves].map(([path, shelf]) => [path, countsOf(shelf)])),
  };
};
