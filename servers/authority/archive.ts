/**
 * The archive: the descriptors and documents of the epochs that matter, on disk before anybody
 * hears of them.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { toHex } from '../../src/bytes/text.js';
import { concat, Writer } from '../../src/bytes/writer.js';
import type { FilesError } from '../../src/io/contracts.js';
import type { Epoch } from '../../src/pki/epoch.js';
import type { Change, Store, StoredRecord, StoreError } from '../../src/store/store.js';
import { NO_WITNESS, type Witness } from './witness.js';

export type ArchiveError = StoreError | FilesError;

const DESCRIPTORS = 'authority/descriptors';
const DOCUMENTS = 'authority/documents';
/** Epochs whose document was refused for good; none may be made afterwards. */
const GONE = 'authority/gone';

const EPOCH_LENGTH = 8;
/** Epochs before the current one that are kept. */
const EPOCHS_KEPT = 3;

const epochKey = (epoch: Epoch): Uint8Array => new Writer(EPOCH_LENGTH).u64(epoch).done();

const epochOf = (key: Uint8Array): Epoch =>
  Number(new DataView(key.buffer, key.byteOffset, EPOCH_LENGTH).getBigUint64(0));

interface SignedDescriptor {
  readonly identityKey: Uint8Array;
  readonly raw: Uint8Array;
}

export class Archive {
  readonly #store: Store;
  readonly #witness: Witness;
  readonly #descriptors = new Map<Epoch, Map<string, SignedDescriptor>>();
  readonly #documents = new Map<Epoch, Uint8Array>();
  readonly #gone = new Set<Epoch>();

  constructor(store: Store, witness: Witness = NO_WITNESS) {
    this.#store = store;
    this.#witness = witness;
  }

  /** Reads what a store holds; to be called once, first. */
  load(): ResultAsync<void, StoreError> {
    return ResultAsync.combine([
      this.#store.list(DESCRIPTORS),
      this.#store.list(DOCUMENTS),
      this.#store.list(GONE),
    ]).andThen(([descriptors, documents, gone]): Result<void, StoreError> => {
      const all = [...descriptors, ...documents, ...gone];
      if (all.some(({ key }) => key.length < EPOCH_LENGTH)) {
        return err({ kind: 'store-corrupt', collection: DESCRIPTORS });
      }
      for (const { key, value } of descriptors) this.#keep(epochOf(key), keyOf(key), value);
      for (const { key, value } of documents) this.#documents.set(epochOf(key), value);
      for (const { key } of gone) this.#gone.add(epochOf(key));
      return ok(undefined);
    });
  }

  document(epoch: Epoch): Uint8Array | undefined {
    return this.#documents.get(epoch);
  }

  isGone(epoch: Epoch): boolean {
    return this.#gone.has(epoch);
  }

  descriptor(epoch: Epoch, identityKey: Uint8Array): Uint8Array | undefined {
    return this.#descriptors.get(epoch)?.get(toHex(identityKey))?.raw;
  }

  /** Every signed descriptor of an epoch. */
  descriptors(epoch: Epoch): readonly SignedDescriptor[] {
    return [...(this.#descriptors.get(epoch)?.values() ?? [])];
  }

  /** @param beside - what goes to disk in the same step */
  addDescriptor(
    epoch: Epoch,
    { identityKey, raw }: SignedDescriptor,
    beside: readonly Change[] = [],
  ): ResultAsync<void, StoreError> {
    const key = concat(epochKey(epoch), identityKey);
    return this.#store
      .commit([{ kind: 'put', collection: DESCRIPTORS, key, value: raw }, ...beside])
      .map(() => this.#keep(epoch, identityKey, raw));
  }

  /** Nobody gets the document before it is on disk, and before the witness knows of it. */
  addDocument(epoch: Epoch, raw: Uint8Array): ResultAsync<void, ArchiveError> {
    return this.#store
      .commit([{ kind: 'put', collection: DOCUMENTS, key: epochKey(epoch), value: raw }])
      .andThen(() => this.#witness.note(epoch))
      .map(() => void this.#documents.set(epoch, raw));
  }

  /**
   * Gives up the epochs from `now` on whose documents were made and are not here any more.
   *
   * @returns how many there are
   */
  giveUpLost(now: Epoch): ResultAsync<number, ArchiveError> {
    return this.#witness.last().andThen((last) => {
      const lost = [now, now + 1].filter((epoch) => epoch <= (last ?? -1) && !this.document(epoch));
      return ResultAsync.combine(lost.map((epoch) => this.markGone(epoch))).map(() => lost.length);
    });
  }

  markGone(epoch: Epoch): ResultAsync<void, StoreError> {
    const value = new Uint8Array(0);
    return this.#store
      .commit([{ kind: 'put', collection: GONE, key: epochKey(epoch), value }])
      .map(() => void this.#gone.add(epoch));
  }

  /** Forgets what nobody may ask for any more. */
  prune(now: Epoch): ResultAsync<void, StoreError> {
    const isOld = (epoch: Epoch): boolean => epoch < now - EPOCHS_KEPT;
    const changes: Change[] = [];
    for (const [epoch, nodes] of [...this.#descriptors].filter(([old]) => isOld(old))) {
      for (const { identityKey } of nodes.values()) {
        const key = concat(epochKey(epoch), identityKey);
        changes.push({ kind: 'delete', collection: DESCRIPTORS, key });
      }
      this.#descriptors.delete(epoch);
    }
    for (const epoch of [...this.#documents.keys()].filter(isOld)) {
      changes.push({ kind: 'delete', collection: DOCUMENTS, key: epochKey(epoch) });
      this.#documents.delete(epoch);
    }
    for (const epoch of [...this.#gone].filter(isOld)) {
      changes.push({ kind: 'delete', collection: GONE, key: epochKey(epoch) });
      this.#gone.delete(epoch);
    }
    return this.#store.commit(changes);
  }

  #keep(epoch: Epoch, identityKey: Uint8Array, raw: Uint8Array): void {
    const nodes = this.#descriptors.get(epoch) ?? new Map<string, SignedDescriptor>();
    nodes.set(toHex(identityKey), { identityKey, raw });
    this.#descriptors.set(epoch, nodes);
  }
}

const keyOf = (key: StoredRecord['key']): Uint8Array => key.slice(EPOCH_LENGTH);
