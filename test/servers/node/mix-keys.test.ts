import { describe, expect, it } from 'vitest';
import { portablePrimitives as primitives } from '../../../src/crypto/portable.js';
import { seededRandom } from '../../../src/io/memory.js';
import { epochStart, KATZENPOST_EPOCHS as epochTime } from '../../../src/pki/epoch.js';
import { memoryStores, type MemoryStores } from '../../../src/store/memory.js';
import { openMixKeys } from '../../../servers/node/mix-keys.js';
import { repeated } from '../../support/bytes.js';

const open = async (stores: MemoryStores, seed = 'keys') => {
  const store = (await stores.open('/node.db', repeated(1, 32)))._unsafeUnwrap();
  const deps = { store, random: seededRandom(seed), primitives, epochTime };
  return { store, keys: (await openMixKeys(deps))._unsafeUnwrap() };
};

const MINUTE = 60_000;
const none = () => [];

describe('mix keys', () => {
  it('exist for an epoch and the two after it, over restarts', async () => {
    const stores = memoryStores();
    const { store, keys } = await open(stores);
    (await keys.ensure(100))._unsafeUnwrap();
    expect(keys.all.map(({ epoch }) => epoch)).toEqual([100, 101, 102]);
    const published = keys.published(100);
    await store.close();
    const again = await open(stores, 'other');
    (await again.keys.ensure(101))._unsafeUnwrap();
    expect(again.keys.all.map(({ epoch }) => epoch)).toEqual([100, 101, 102, 103]);
    expect(again.keys.published(100)).toEqual(published);
  });

  it('are one per epoch, whoever asks at the same time', async () => {
    const stores = memoryStores();
    const { store, keys } = await open(stores);
    await Promise.all([keys.ensure(100), keys.ensure(101), keys.ensure(100)]);
    const publicKeys = keys.all.map(({ publicKey }) => publicKey);
    await store.close();
    const again = await open(stores);
    expect(again.keys.all.map(({ publicKey }) => publicKey)).toEqual(publicKeys);
  });

  it('are not there before they are durable', async () => {
    const stores = memoryStores();
    const { keys } = await open(stores);
    stores.failCommits({ kind: 'store-full' });
    expect((await keys.ensure(100))._unsafeUnwrapErr()).toEqual({ kind: 'store-full' });
    expect(keys.all).toEqual([]);
    stores.failCommits(undefined);
    expect((await keys.ensure(100)).isOk()).toBe(true);
  });

  it('are tried by the minute: two of grace at both ends of an epoch', async () => {
    const { keys } = await open(memoryStores());
    (await keys.ensure(99))._unsafeUnwrap();
    (await keys.ensure(101))._unsafeUnwrap();
    const start = epochStart(epochTime, 100);
    const at = (ms: number) => keys.candidates(start + ms);
    expect(at(0)).toEqual([100, 99]);
    expect(at(2 * MINUTE - 1)).toEqual([100, 99]);
    expect(at(2 * MINUTE)).toEqual([100]);
    expect(at(18 * MINUTE)).toEqual([100]);
    expect(at(18 * MINUTE + 1)).toEqual([100, 101]);
    expect(keys.candidates(epochStart(epochTime, 200))).toEqual([]);
  });

  it('die two epochs later with what belongs to them, and nothing else does', async () => {
    const stores = memoryStores();
    const { store, keys } = await open(stores);
    (await keys.ensure(98))._unsafeUnwrap();
    (await keys.ensure(101))._unsafeUnwrap();
    const value = repeated(7, 40);
    for (const epoch of [98, 99]) {
      const key = Uint8Array.of(epoch);
      (await store.commit([{ kind: 'put', collection: 'tags', key, value }]))._unsafeUnwrap();
    }
    const secret = keys.get(98)?.secret;
    const dead = await keys.prune(100, (epoch) => [
      { kind: 'delete', collection: 'tags', key: Uint8Array.of(epoch) },
    ]);
    expect(dead._unsafeUnwrap()).toEqual([98]);
    expect(secret).toEqual(repeated(0, 32));
    expect((await store.list('tags'))._unsafeUnwrap().map(({ key }) => key[0])).toEqual([99]);
    await store.close();
    const again = await open(stores);
    expect(again.keys.all.map(({ epoch }) => epoch)).toEqual([99, 100, 101, 102, 103]);
    expect((await again.keys.prune(100, none))._unsafeUnwrap()).toEqual([]);
  });

  it('refuse a damaged store', async () => {
    const stores = memoryStores();
    const store = (await stores.open('/node.db', repeated(1, 32)))._unsafeUnwrap();
    const key = repeated(0, 8);
    (
      await store.commit([{ kind: 'put', collection: 'mix-keys', key, value: repeated(1, 31) }])
    )._unsafeUnwrap();
    const opened = await openMixKeys({ store, random: seededRandom(1), primitives, epochTime });
    expect(opened._unsafeUnwrapErr()).toEqual({ kind: 'bad-record', collection: 'mix-keys' });
  });
});
