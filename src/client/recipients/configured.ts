/**
 * What the configuration has last said of recipients.
 *
 * An entry counts when it says something new, and then no more: whatever people set, verify or remove
 * afterwards outlives each restart.
 * @module
 */
import { okAsync, Result, type ResultAsync } from 'neverthrow';
import { equal } from '../../bytes/compare.js';
import { parse, type ParseError } from '../../bytes/reader.js';
import { fromUtf8, utf8 } from '../../bytes/text.js';
import { concat } from '../../bytes/writer.js';
import type { Change, Store, StoreError } from '../../store/store.js';
import type { FoundKey } from '../recipient-types.js';
import type { Address } from '../types.js';

/** address → version (1 byte) ‖ key (32 bytes); under no address the version alone: it is kept. */
const COLLECTION = 'configured';
const KEY_LENGTH = 32;
const VERSION = 0;
const NO_ADDRESS: Address = '';

export class ConfiguredTable {
  readonly #store: Store;
  readonly #keys = new Map<Address, Uint8Array>();
  #isKept = false;

  private constructor(store: Store) {
    this.#store = store;
  }

  /** @errors `store-corrupt`: a record cannot be read */
  static open(store: Store): ResultAsync<ConfiguredTable, StoreError> {
    return store.list(COLLECTION).andThen((stored) => {
      const table = new ConfiguredTable(store);
      const read = stored.map(({ key, value }) => table.#take(fromUtf8(key), value));
      return Result.combine(read)
        .map(() => table)
        .mapErr((): StoreError => ({ kind: 'store-corrupt', collection: COLLECTION }));
    });
  }

  /** Whether it is known what the configuration said before; older programs did not write it down. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Whether this is what the configuration has said already. */
  hasSaid({ address, key }: FoundKey): boolean {
    const said = this.#keys.get(address);
    return said !== undefined && equal(said, key);
  }

  /** Durable when ok. */
  keep({ address, key }: FoundKey): ResultAsync<void, StoreError> {
    return this.#store
      .commit([put(address, concat(Uint8Array.of(VERSION), key))])
      .map(() => void this.#keys.set(address, key));
  }

  /** Forgets all others: an entry that comes again will be a new one. Durable when ok. */
  keepOnly(addresses: ReadonlySet<Address>): ResultAsync<void, StoreError> {
    const left = [...this.#keys.keys()].filter((address) => !addresses.has(address));
    const marks = this.#isKept ? [] : [put(NO_ADDRESS, Uint8Array.of(VERSION))];
    const changes = [...left.map(erase), ...marks];
    if (changes.length === 0) return okAsync(undefined);
    return this.#store.commit(changes).map(() => {
      for (const address of left) this.#keys.delete(address);
      this.#isKept = true;
    });
  }

  #take(address: Address, value: Uint8Array): Result<void, ParseError> {
    return parse(value, (from) => {
      from.require(from.u8('version') === VERSION, 'version', 'known');
      if (address === NO_ADDRESS) this.#isKept = true;
      else this.#keys.set(address, from.take(KEY_LENGTH, 'key').slice());
    });
  }
}

const put = (address: Address, value: Uint8Array): Change => ({
  kind: 'put',
  collection: COLLECTION,
  key: utf8(address),
  value,
});

const erase = (address: Address): Change => ({
  kind: 'delete',
  collection: COLLECTION,
  key: utf8(address),
});
