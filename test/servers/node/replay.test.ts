import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/bytes/text.js';
import { seededRandom } from '../../../src/io/memory.js';
import { memoryStores, type MemoryStores } from '../../../src/store/memory.js';
import { openReplayLog } from '../../../servers/node/replay.js';
import { PAGE_TAGS, TAG_LENGTH, TagSet } from '../../../servers/node/tag-set.js';
import { repeated } from '../../support/bytes.js';

const MIB = 2 ** 20;

describe('the tag set', () => {
  it('is a set', () => {
    const tag = fc.uint8Array({ minLength: TAG_LENGTH, maxLength: TAG_LENGTH });
    fc.assert(
      fc.property(fc.array(tag, { maxLength: 300 }), (tags) => {
        const set = new TagSet();
        const known = new Set<string>();
        for (const each of [...tags, ...tags]) {
          expect(set.add(each)).toBe(!known.has(toHex(each)));
          known.add(toHex(each));
        }
        expect(set.size).toBe(known.size);
        expect(tags.every((each) => set.has(each))).toBe(true);
      }),
    );
  });

  it('copes with tags that crowd one place', () => {
    const set = new TagSet();
    const crowded = Array.from({ length: 1000 }, (_, i) => {
      const tag = repeated(0xee, TAG_LENGTH);
      new DataView(tag.buffer).setUint32(28, i);
      return tag;
    });
    expect(crowded.every((tag) => set.add(tag))).toBe(true);
    expect(crowded.some((tag) => set.add(tag))).toBe(false);
  });

  it('keeps a million tags in well under 100 MB', () => {
    const random = seededRandom('tags');
    const before = process.memoryUsage().arrayBuffers;
    const set = new TagSet();
    for (let i = 0; i < 1000; i++) {
      const thousand = random(1000 * TAG_LENGTH);
      for (let at = 0; at < thousand.length; at += TAG_LENGTH) {
        set.add(thousand.subarray(at, at + TAG_LENGTH));
      }
    }
    expect(set.size).toBe(1_000_000);
    // What the loop above has thrown away counts as well until it is collected.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan((64 + 32) * MIB);
  });
});

const KEY = repeated(1, 32);

const open = async (stores: MemoryStores, epochs: readonly number[]) => {
  const store = (await stores.open('/node.db', KEY))._unsafeUnwrap();
  return { store, log: await openReplayLog(store, epochs) };
};

describe('the replay log', () => {
  it('remembers each key for itself, over restarts', async () => {
    const random = seededRandom('log');
    const tags = Array.from({ length: 3 * PAGE_TAGS + 5 }, () => random(TAG_LENGTH));
    const stores = memoryStores();
    const { store, log } = await open(stores, []);
    const first = log._unsafeUnwrap();
    for (const [index, tag] of tags.entries()) {
      expect(first.add(index % 2, tag)).toBe(true);
      // Batches of all sizes, across the edges of pages.
      if (index % 7 === 0) expect((await first.flush()).isOk()).toBe(true);
    }
    (await first.flush())._unsafeUnwrap();
    await store.close();
    const again = (await open(stores, [0, 1])).log._unsafeUnwrap();
    expect(again.size).toBe(tags.length);
    expect(tags.some((tag, index) => again.add(index % 2, tag))).toBe(false);
    expect(tags.every((tag, index) => again.add(1 - (index % 2), tag))).toBe(true);
  });

  it('forgets what a crash took only if it was never flushed', async () => {
    const stores = memoryStores();
    const { log } = await open(stores, []);
    const first = log._unsafeUnwrap();
    first.add(5, repeated(1, TAG_LENGTH));
    (await first.flush())._unsafeUnwrap();
    first.add(5, repeated(2, TAG_LENGTH));
    stores.crash();
    expect((await first.flush())._unsafeUnwrapErr().kind).toBe('store-closed');
    const again = (await open(stores, [5])).log._unsafeUnwrap();
    expect(again.add(5, repeated(1, TAG_LENGTH))).toBe(false);
    expect(again.add(5, repeated(2, TAG_LENGTH))).toBe(true);
  });

  it('writes after a failure what could not be written before', async () => {
    const stores = memoryStores();
    const { store, log } = await open(stores, []);
    const first = log._unsafeUnwrap();
    first.add(5, repeated(1, TAG_LENGTH));
    stores.failCommits({ kind: 'store-full' });
    expect((await first.flush()).isErr()).toBe(true);
    expect(first.add(5, repeated(1, TAG_LENGTH))).toBe(false);
    stores.failCommits(undefined);
    expect((await first.flush()).isOk()).toBe(true);
    await store.close();
    expect((await open(stores, [5])).log._unsafeUnwrap().size).toBe(1);
  });

  it('goes with its key', async () => {
    const stores = memoryStores();
    const { store, log } = await open(stores, []);
    const first = log._unsafeUnwrap();
    const random = seededRandom('forget');
    for (let i = 0; i < PAGE_TAGS + 1; i++) first.add(5, random(TAG_LENGTH));
    (await first.flush())._unsafeUnwrap();
    const deletions = first.forget(5);
    expect(deletions).toHaveLength(2);
    (await store.commit(deletions))._unsafeUnwrap();
    expect((await store.list('replay-tags-5'))._unsafeUnwrap()).toEqual([]);
    expect(first.size).toBe(0);
  });

  it('refuses pages that are not whole, since they would let replays in', async () => {
    const page = (index: number, value: Uint8Array) => ({
      kind: 'put' as const,
      collection: 'replay-tags-5',
      key: Uint8Array.of(0, 0, 0, index),
      value,
    });
    const bad = [
      [page(1, repeated(1, TAG_LENGTH))],
      [page(0, repeated(1, TAG_LENGTH - 1))],
      [page(0, repeated(1, 2 * TAG_LENGTH))],
      [page(0, repeated(1, TAG_LENGTH)), page(1, repeated(2, TAG_LENGTH))],
      [{ ...page(0, repeated(1, TAG_LENGTH)), key: Uint8Array.of(0) }],
    ];
    for (const changes of bad) {
      const stores = memoryStores();
      const store = (await stores.open('/node.db', KEY))._unsafeUnwrap();
      (await store.commit(changes))._unsafeUnwrap();
      const opened = await openReplayLog(store, [5]);
      expect(opened._unsafeUnwrapErr()).toEqual({
        kind: 'bad-record',
        collection: 'replay-tags-5',
      });
    }
  });
});
