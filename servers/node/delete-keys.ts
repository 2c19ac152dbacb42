/**
 * Deleting mix keys before their time, with the node down: after a theft, or when a store cannot be
 * trusted. Packets that were made for them are lost.
 * @module
 */
import { ok, ResultAsync, safeTry } from 'neverthrow';
import type { Epoch } from '../../src/pki/epoch.js';
import type { Change, Store, StoreError } from '../../src/store/store.js';
import { epochKey, epochOfKey, isEpochKey, MIX_KEYS, PUBLISHED_KEYS } from './mix-keys.js';
import { PUBLICATIONS } from './publish.js';
import { replayTagsOf } from './replay.js';

/**
 * Destroys mix keys with their replay tags, and the signed descriptors that name them: what is
 * signed anew names only keys that are there.
 *
 * @param wanted - one epoch, or all
 * @returns the epochs whose keys are gone; none where there was no such key
 */
export const deleteMixKeys = (
  store: Store,
  wanted: Epoch | 'all',
): ResultAsync<readonly Epoch[], StoreError> =>
  safeTry(async function* () {
    const held = yield* epochsIn(store, MIX_KEYS);
    const dead = held.filter((epoch) => wanted === 'all' || epoch === wanted);
    const tags = yield* ResultAsync.combine(dead.map((epoch) => allOf(store, replayTagsOf(epoch))));
    const signed = (yield* epochsIn(store, PUBLICATIONS)).filter((first) =>
      dead.some((epoch) => epoch >= first && epoch < first + PUBLISHED_KEYS),
    );
    const changes = [
      ...dead.map((epoch) => removal(MIX_KEYS, epoch)),
      ...tags.flat(),
      ...signed.map((epoch) => removal(PUBLICATIONS, epoch)),
    ];
    if (changes.length > 0) yield* store.commit(changes);
    return ok(dead);
  });

const removal = (collection: string, epoch: Epoch): Change => ({
  kind: 'delete',
  collection,
  key: epochKey(epoch),
});

const epochsIn = (store: Store, collection: string): ResultAsync<readonly Epoch[], StoreError> =>
  store.list(collection).map((records) =>
    records
      .filter(({ key }) => isEpochKey(key))
      .map(({ key }) => epochOfKey(key))
      .sort((a, b) => a - b),
  );

/** Whatever is in it: a damaged page must go too. */
const allOf = (store: Store, collection: string): ResultAsync<readonly Change[], StoreError> =>
  store
    .list(collection)
    .map((records) => records.map(({ key }): Change => ({ kind: 'delete', collection, key })));
