/**
 * The store: small collections of sealed records, changed in atomic and durable batches.
 *
 * What lies on disk shows no name, size or time of a record. Order is not the store's business: who
 * needs one keeps it in small records of its own and reads them at open.
 * @module
 */
import type { ResultAsync } from 'neverthrow';

export type StoreError =
  | { readonly kind: 'store-full' }
  | { readonly kind: 'store-io'; readonly reason: string }
  /** `collection` is empty when the file as a whole is broken. */
  | { readonly kind: 'store-corrupt'; readonly collection: string }
  | { readonly kind: 'store-key' }
  /** The file is of another version; an older one (`format` below `wanted`) can be upgraded. */
  | { readonly kind: 'store-format'; readonly format: number; readonly wanted: number }
  | { readonly kind: 'store-closed' };

export type Change =
  | {
      readonly kind: 'put';
      readonly collection: string;
      readonly key: Uint8Array;
      readonly value: Uint8Array;
    }
  | { readonly kind: 'delete'; readonly collection: string; readonly key: Uint8Array };

export interface StoredRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * What a commit survives. `power-loss`: it is on the disk. `crash`: it is with the system, so the
 * death of the process costs nothing and the disk is not waited for.
 */
export type Durability = 'power-loss' | 'crash';

export interface Store {
  get(collection: string, key: Uint8Array): ResultAsync<Uint8Array | undefined, StoreError>;
  /** All records of a collection, in no order. */
  list(collection: string): ResultAsync<readonly StoredRecord[], StoreError>;
  /**
   * All changes or none; as durable as was asked for (default `power-loss`) when ok. Batches handed in without waiting are applied in the order
   * of the calls and may share one disk write.
   */
  commit(changes: readonly Change[], durability?: Durability): ResultAsync<void, StoreError>;
  /** Waits for what was committed, then closes; later calls give `store-closed`. */
  close(): Promise<void>;
}

/** Opens the store of this name, making it when there is none (one file per account or node). */
export type OpenStore = (path: string, key: Uint8Array) => ResultAsync<Store, StoreError>;
