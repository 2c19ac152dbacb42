/**
 * Mix keys: one X25519 key per epoch, made ahead of its time and destroyed with its replay tags.
 *
 * Source: server mixkeys of v0.0.17. Unlike the reference, the key of the epoch before survives a
 * restart, so that its grace period does too.
 * @module
 */
import { err, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { Writer } from '../../src/bytes/writer.js';
import type { Primitives, Scalar } from '../../src/crypto/primitives.js';
import type { Random } from '../../src/io/contracts.js';
import { Turns } from '../../src/io/turns.js';
import {
  elapsedMs,
  epochAt,
  remainingMs,
  type Epoch,
  type EpochTime,
} from '../../src/pki/epoch.js';
import type { Change, Store, StoredRecord, StoreError } from '../../src/store/store.js';

/** How long around an epoch's ends the neighbour's key is taken too; the same for every period. */
export const KEY_GRACE_MS = 120_000;
/** Keys in a descriptor: its own epoch and two more. */
export const PUBLISHED_KEYS = 3;

/** Where the secrets are kept, by their epochs. */
export const MIX_KEYS = 'mix-keys';
const KEY_LENGTH = 32;
const EPOCH_LENGTH = 8;

export interface MixKey {
  readonly epoch: Epoch;
  readonly secret: Uint8Array;
  readonly scalar: Scalar;
  readonly publicKey: Uint8Array;
}

export type BadRecord = { readonly kind: 'bad-record'; readonly collection: string };

export interface MixKeyDeps {
  readonly store: Store;
  readonly random: Random;
  readonly primitives: Primitives;
  readonly epochTime: EpochTime;
}

/** An epoch as a record's key, so that all collections name it alike. */
export const epochKey = (epoch: Epoch): Uint8Array => new Writer(EPOCH_LENGTH).u64(epoch).done();

export const isEpochKey = (key: Uint8Array): boolean => key.length === EPOCH_LENGTH;

/** The epoch of a record's key for which {@link isEpochKey} holds. */
export const epochOfKey = (key: Uint8Array): Epoch =>
  Number(new DataView(key.buffer, key.byteOffset, key.length).getBigUint64(0));

/**
 * Until when the next node may have the key for a packet that is due now: to the end of the epoch
 * that its maker has counted on, and the grace after it. Wall time, ms.
 */
export const openableUntilMs = (time: EpochTime, dueMs: number): number =>
  dueMs + remainingMs(time, dueMs) + KEY_GRACE_MS;

export class MixKeys {
  readonly #deps: MixKeyDeps;
  readonly #keys: Map<Epoch, MixKey>;
  /** One at a time: two must not make the same epoch's key. */
  readonly #turns = new Turns();

  /** Only {@link openMixKeys} makes one. */
  constructor(deps: MixKeyDeps, keys: readonly MixKey[]) {
    this.#deps = deps;
    this.#keys = new Map(keys.map((key) => [key.epoch, key]));
  }

  /** The living keys, oldest first. */
  get all(): readonly MixKey[] {
    return [...this.#keys.values()].sort((a, b) => a.epoch - b.epoch);
  }

  get(epoch: Epoch): MixKey | undefined {
    return this.#keys.get(epoch);
  }

  /** Makes the missing keys of `first` and the epochs after it; durable when ok. */
  ensure(first: Epoch): ResultAsync<void, StoreError> {
    return this.#turns.take(() => this.#makeMissing(first));
  }

  async #makeMissing(first: Epoch): Promise<Result<void, StoreError>> {
    const made: MixKey[] = [];
    for (let epoch = first; epoch < first + PUBLISHED_KEYS; epoch++) {
      if (this.#keys.has(epoch)) continue;
      made.push(makeKey(this.#deps, epoch, this.#deps.random(KEY_LENGTH)));
    }
    if (made.length === 0) return ok(undefined);
    const { store } = this.#deps;
    const kept = await store
      .commit(made.map(putKey))
      .andThen(() => ResultAsync.combine(made.map((key) => this.#kept(key))));
    return kept.map((keys) => {
      for (const key of keys) this.#keys.set(key.epoch, key);
    });
  }

  /** In a store that processes share, the key that another one was first to make. */
  #kept(made: MixKey): ResultAsync<MixKey, StoreError> {
    return this.#deps.store.get(MIX_KEYS, epochKey(made.epoch)).map((secret) => {
      if (secret === undefined) return made;
      const isOurs = equal(secret, made.secret);
      (isOurs ? secret : made.secret).fill(0);
      return isOurs ? made : makeKey(this.#deps, made.epoch, secret);
    });
  }

  /** Public keys for a descriptor of epoch `first`; {@link MixKeys.ensure} must have made them. */
  published(first: Epoch): ReadonlyMap<Epoch, Uint8Array> {
    const wanted = this.all.filter(({ epoch }) => epoch >= first && epoch < first + PUBLISHED_KEYS);
    if (wanted.length !== PUBLISHED_KEYS) throw new Error('mix keys were not ensured');
    return new Map(wanted.map(({ epoch, publicKey }) => [epoch, publicKey]));
  }

  /**
   * Which epochs' keys may open a packet at this moment, the likeliest first; none when there is no
   * key for the current epoch.
   */
  candidates(nowMs: number): readonly Epoch[] {
    const time = this.#deps.epochTime;
    const now = epochAt(time, nowMs);
    if (!this.#keys.has(now)) return [];
    const candidates = [now];
    if (elapsedMs(time, nowMs) < KEY_GRACE_MS && this.#keys.has(now - 1)) candidates.push(now - 1);
    if (remainingMs(time, nowMs) < KEY_GRACE_MS && this.#keys.has(now + 1))
      candidates.push(now + 1);
    return candidates;
  }

  /**
   * Destroys the keys of epochs before `now - 1`.
   *
   * @param alongside - further changes for a destroyed epoch, in the same batch
   * @returns the destroyed epochs
   */
  prune(
    now: Epoch,
    alongside: (epoch: Epoch) => readonly Change[],
  ): ResultAsync<readonly Epoch[], StoreError> {
    const dead = this.all.map(({ epoch }) => epoch).filter((epoch) => epoch < now - 1);
    if (dead.length === 0) return okAsync([]);
    const changes = dead.flatMap((epoch): readonly Change[] => [
      { kind: 'delete', collection: MIX_KEYS, key: epochKey(epoch) },
      ...alongside(epoch),
    ]);
    for (const epoch of dead) this.#forget(epoch);
    return this.#deps.store.commit(changes).map(() => dead);
  }

  #forget(epoch: Epoch): void {
    this.#keys.get(epoch)?.secret.fill(0);
    this.#keys.delete(epoch);
  }
}

/** Loads the keys that are in the store; makes none. */
export const openMixKeys = (deps: MixKeyDeps): ResultAsync<MixKeys, StoreError | BadRecord> =>
  deps.store.list(MIX_KEYS).andThen((records): Result<MixKeys, StoreError | BadRecord> =>
    records.every(isKeyRecord)
      ? ok(
          new MixKeys(
            deps,
            records.map((record) => readKey(deps, record)),
          ),
        )
      : err({ kind: 'bad-record', collection: MIX_KEYS }),
  );

const isKeyRecord = ({ key, value }: StoredRecord): boolean =>
  isEpochKey(key) && value.length === KEY_LENGTH;

const readKey = (deps: MixKeyDeps, { key, value }: StoredRecord): MixKey =>
  makeKey(deps, epochOfKey(key), value);

const makeKey = ({ primitives }: MixKeyDeps, epoch: Epoch, secret: Uint8Array): MixKey => {
  const scalar = primitives.x25519.scalar(secret);
  return { epoch, secret, scalar, publicKey: primitives.x25519.publicKey(scalar) };
};

const putKey = ({ epoch, secret }: MixKey): Change => ({
  kind: 'put',
  collection: MIX_KEYS,
  key: epochKey(epoch),
  value: secret,
});
