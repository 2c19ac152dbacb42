import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/io/memory.js';
import { memoryStores } from '../../../src/store/memory.js';
import { Spool, type SpoolItem } from '../../../servers/provider/spool.js';
import { repeated } from '../../support/bytes.js';

const KEY = new Uint8Array(32);

const openSpool = async (stores = memoryStores(), quota = 10): Promise<Spool> => {
  const store = (await stores.open('/spool', KEY))._unsafeUnwrap();
  const spool = new Spool({ store, random: seededRandom(quota), quota });
  (await spool.load())._unsafeUnwrap();
  return spool;
};

const message = (n: number): SpoolItem => ({ kind: 'message', payload: repeated(n, 100) });
const reply = (n: number): SpoolItem => ({
  kind: 'reply',
  surbId: repeated(n, 16),
  payload: repeated(n, 120),
});

const drain = async (spool: Spool, user: string): Promise<SpoolItem[]> => {
  const items: SpoolItem[] = [];
  for (;;) {
    const head = (await spool.head(user))._unsafeUnwrap();
    if (!head) return items;
    items.push(head);
    (await spool.dropHead(user))._unsafeUnwrap();
  }
};

describe('the spool', () => {
  it('gives back what it took, oldest first, each user their own', async () => {
    const spool = await openSpool();
    for (const item of [message(1), reply(2), message(3)])
      (await spool.append('alice', item))._unsafeUnwrap();
    (await spool.append('bob', message(9)))._unsafeUnwrap();
    expect(spool.size).toBe(4);
    expect(await drain(spool, 'alice')).toEqual([message(1), reply(2), message(3)]);
    expect(await drain(spool, 'bob')).toEqual([message(9)]);
    expect(spool.size).toBe(0);
  });

  it('keeps order and content over a crash', async () => {
    const stores = memoryStores();
    const before = await openSpool(stores);
    for (const item of [message(1), reply(2), message(3)])
      (await before.append('alice', item))._unsafeUnwrap();
    (await before.dropHead('alice'))._unsafeUnwrap();
    stores.crash();
    const after = await openSpool(stores);
    (await after.append('alice', message(4)))._unsafeUnwrap();
    expect(await drain(after, 'alice')).toEqual([reply(2), message(3), message(4)]);
  });

  it('does not lose the head when it cannot be removed', async () => {
    const stores = memoryStores();
    const spool = await openSpool(stores);
    (await spool.append('alice', message(1)))._unsafeUnwrap();
    stores.failCommits({ kind: 'store-full' });
    expect((await spool.dropHead('alice')).isErr()).toBe(true);
    expect((await spool.append('alice', message(2))).isErr()).toBe(true);
    expect((await spool.head('alice'))._unsafeUnwrap()).toEqual(message(1));
    expect(spool.waiting('alice')).toBe(1);
  });

  it('has a quota for each user, and forgets a user whole', async () => {
    const spool = await openSpool(memoryStores(), 2);
    for (const n of [1, 2]) (await spool.append('alice', message(n)))._unsafeUnwrap();
    expect(spool.isFull('alice')).toBe(true);
    expect(spool.isFull('bob')).toBe(false);
    (await spool.remove('alice'))._unsafeUnwrap();
    expect(spool.size).toBe(0);
    expect((await spool.head('alice'))._unsafeUnwrap()).toBeUndefined();
  });
});
