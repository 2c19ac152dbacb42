import { expect, it } from 'vitest';
import { epochAt } from '../../../src/pki/epoch.js';
import { memoryStores } from '../../../src/store/memory.js';
import { deleteMixKeys } from '../../../servers/node/delete-keys.js';
import { epochKey } from '../../../servers/node/mix-keys.js';
import { PUBLICATIONS } from '../../../servers/node/publish.js';
import { openReplayLog, replayTagsOf } from '../../../servers/node/replay.js';
import { repeated } from '../../support/bytes.js';
import { epochTime, openKeys } from './support.js';

const NOW_MS = 1_700_000_000_000;
const NOW = epochAt(epochTime, NOW_MS);

const setUp = async () => {
  const store = (await memoryStores().open('/node.db', repeated(1, 32)))._unsafeUnwrap();
  await openKeys(store, NOW_MS);
  const replay = (await openReplayLog(store, [NOW, NOW + 1]))._unsafeUnwrap();
  for (const epoch of [NOW, NOW + 1]) replay.add(epoch, repeated(epoch % 200, 32));
  (await replay.flush())._unsafeUnwrap();
  const value = repeated(3, 9);
  const put = (epoch: number) =>
    ({ kind: 'put', collection: PUBLICATIONS, key: epochKey(epoch), value }) as const;
  (await store.commit([put(NOW - 3), put(NOW), put(NOW + 1)]))._unsafeUnwrap();
  const count = async (collection: string): Promise<number> =>
    (await store.list(collection))._unsafeUnwrap().length;
  const left = async () => ({
    keys: await count('mix-keys'),
    tags: [await count(replayTagsOf(NOW)), await count(replayTagsOf(NOW + 1))],
    signed: await count(PUBLICATIONS),
  });
  return { store, left };
};

it('destroys the key of one epoch, its tags, and what was signed with it', async () => {
  const { store, left } = await setUp();
  expect(await left()).toEqual({ keys: 3, tags: [1, 1], signed: 3 });
  expect((await deleteMixKeys(store, NOW))._unsafeUnwrap()).toEqual([NOW]);
  expect(await left()).toEqual({ keys: 2, tags: [0, 1], signed: 2 });
});

it('destroys all of them', async () => {
  const { store, left } = await setUp();
  const gone = (await deleteMixKeys(store, 'all'))._unsafeUnwrap();
  expect(gone).toEqual([NOW, NOW + 1, NOW + 2]);
  expect(await left()).toEqual({ keys: 0, tags: [0, 0], signed: 1 });
});

it('says so where there is no such key', async () => {
  const { store, left } = await setUp();
  expect((await deleteMixKeys(store, NOW + 9))._unsafeUnwrap()).toEqual([]);
  expect(await left()).toEqual({ keys: 3, tags: [1, 1], signed: 3 });
});
