/**
 * Trust: what vouches for the keys of recipients, where it is not a person who has put them there.
 *
 * A record speaks of one key. When a file has another key, somebody has put it there by hand, and
 * the record says nothing any more. So a key is never trusted by mistake, whatever a crash has left
 * of two writes: it is looked up again, or given.
 * @module
 */
import { okAsync, Result, type ResultAsync } from 'neverthrow';
import { equal } from '../../bytes/compare.js';
import { parse, type ParseError, type Reader } from '../../bytes/reader.js';
import { fromUtf8, utf8 } from '../../bytes/text.js';
import { concat } from '../../bytes/writer.js';
import type { Store, StoreError } from '../../store/store.js';
import type { Recipient, Trust } from '../recipient-types.js';
import type { Address } from '../types.js';

/** address → {@link TrustRecord} */
const COLLECTION = 'trust';
const KEY_LENGTH = 32;
const VERSION = 0;

const DISCOVERED = 0;
const VERIFIED = 1;
const CHANGED = 2;

/** Trust that has to be remembered. */
export type KeptTrust = Exclude<Trust, { readonly kind: 'given' }>;

export interface TrustRecord {
  /** The key that it is about. */
  readonly key: Uint8Array;
  readonly trust: KeptTrust;
}

/** Whether mail may leave at once, or the provider is asked first or has to be asked about. */
export const isSettled = ({ trust }: Pick<Recipient, 'trust'>, mayAsk: boolean): boolean =>
  trust.kind === 'given' || trust.kind === 'verified' || (trust.kind === 'discovered' && !mayAsk);

export const encodeTrust = ({ key, trust }: TrustRecord): Uint8Array => {
  const head = (kind: number): Uint8Array => concat(Uint8Array.of(VERSION, kind), key);
  switch (trust.kind) {
    case 'discovered':
      return head(DISCOVERED);
    case 'verified':
      return head(VERIFIED);
    case 'changed':
      return concat(head(CHANGED), trust.seen);
  }
};

/** @errors any, where the record was not written by {@link encodeTrust} */
export const decodeTrust = (bytes: Uint8Array): Result<TrustRecord, ParseError> =>
  parse(bytes, (from) => {
    from.require(from.u8('version') === VERSION, 'version', 'known');
    const kind = from.u8('trust');
    from.require(kind <= CHANGED, 'trust', 'a known kind');
    const key = from.take(KEY_LENGTH, 'key').slice();
    return { key, trust: takeTrust(from, kind) };
  });

const takeTrust = (from: Reader, kind: number): KeptTrust => {
  if (kind === DISCOVERED) return { kind: 'discovered' };
  if (kind === VERIFIED) return { kind: 'verified' };
  return { kind: 'changed', seen: from.take(KEY_LENGTH, 'seen').slice() };
};

export class TrustTable {
  readonly #store: Store;
  readonly #records = new Map<Address, TrustRecord>();

  private constructor(store: Store) {
    this.#store = store;
  }

  /** @errors `store-corrupt`: a record cannot be read */
  static open(store: Store): ResultAsync<TrustTable, StoreError> {
    return store.list(COLLECTION).andThen((stored) => {
      const table = new TrustTable(store);
      const read = stored.map(({ key, value }) =>
        decodeTrust(value).map((record) => void table.#records.set(fromUtf8(key), record)),
      );
      return Result.combine(read)
        .map(() => table)
        .mapErr((): StoreError => ({ kind: 'store-corrupt', collection: COLLECTION }));
    });
  }

  /** What vouches for this very key of an address. */
  of(address: Address, key: Uint8Array): Trust {
    const record = this.#records.get(address);
    return record !== undefined && equal(record.key, key) ? record.trust : { kind: 'given' };
  }

  /** Durable when ok. */
  keep(address: Address, record: TrustRecord): ResultAsync<void, StoreError> {
    const value = encodeTrust(record);
    return this.#store
      .commit([{ kind: 'put', collection: COLLECTION, key: utf8(address), value }])
      .map(() => void this.#records.set(address, record));
  }

  /** Durable when ok. */
  forget(address: Address): ResultAsync<void, StoreError> {
    if (!this.#records.has(address)) return okAsync(undefined);
    return this.#store
      .commit([{ kind: 'delete', collection: COLLECTION, key: utf8(address) }])
      .map(() => void this.#records.delete(address));
  }

  /** Closes its store. */
  close(): Promise<void> {
    return this.#store.close();
  }
}
