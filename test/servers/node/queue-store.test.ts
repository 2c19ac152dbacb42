import { readFile } from 'node:fs/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import * as fc from 'fast-check';
import { errAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { memoryLog, seededRandom } from '../../../src/io/memory.js';
import { memoryStores } from '../../../src/store/memory.js';
import { openSqliteStore } from '../../../src/store/sqlite.js';
import type { Change, Store } from '../../../src/store/store.js';
import {
  decodeQueued,
  encodeQueued,
  type QueuedPacket,
} from '../../../servers/node/queue-record.js';
import { openQueueStore } from '../../../servers/node/queue-store.js';
import { repeated } from '../../support/bytes.js';
import { openDirectory } from '../../support/directory.js';

const LENGTH = 100;

const queued = (id: number, changes: Partial<QueuedPacket> = {}): QueuedPacket => ({
  stage: 'outgoing',
  nextNodeId: repeated(id, 32),
  packet: repeated(id, LENGTH),
  dueMs: 1000 + id,
  leftMs: id,
  expiresMs: 2000 + id,
  ...changes,
});

const openStore = async (stores: ReturnType<typeof memoryStores>): Promise<Store> =>
  (await stores.open('/node.db', repeated(1, 32)))._unsafeUnwrap();

const openQueue = async (store: Store, maxBytes = 10 * LENGTH) => {
  const events: string[] = [];
  const count = (event: string) => void events.push(event);
  const deps = { store, packetLength: LENGTH, maxBytes, count, log: memoryLog() };
  return { queue: (await openQueueStore(deps))._unsafeUnwrap(), events };
};

/** Everything that is in the queue, read. */
const readAll = async ({ queue }: Awaited<ReturnType<typeof openQueue>>) => {
  const read = await Promise.all(queue.entries.map((entry) => queue.read(entry)));
  return read.flatMap((each) => each._unsafeUnwrap() ?? []);
};

const record = (collection: string, number: number, value: Uint8Array): Change => {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, BigInt(number));
  return { kind: 'put', collection, key, value };
};

describe('a record of the queue', () => {
  it('is read as it was written, and in no other length', () => {
    const time = fc.nat(2 ** 40);
    fc.assert(
      fc.property(
        fc.constantFrom('mix' as const, 'outgoing' as const),
        fc.tuple(time, time, time),
        (stage, [dueMs, leftMs, expiresMs]) => {
          const packet = queued(7, { stage, dueMs, leftMs, expiresMs });
          const bytes = encodeQueued(packet);
          expect(decodeQueued(bytes, LENGTH)._unsafeUnwrap()).toEqual(packet);
          expect(decodeQueued(bytes.subarray(1), LENGTH).isErr()).toBe(true);
          expect(decodeQueued(bytes, LENGTH - 1).isErr()).toBe(true);
          expect(decodeQueued(Uint8Array.of(9, ...bytes.subarray(1)), LENGTH).isErr()).toBe(true);
        },
      ),
    );
  });
});

describe('the queue on disk', () => {
  it('has over a restart what it had, and nothing that was removed', async () => {
    const store = await openStore(memoryStores());
    const first = await openQueue(store);
    (await first.queue.put([1, 2, 3].map((id) => queued(id))))._unsafeUnwrap();
    (await first.queue.put([queued(4, { stage: 'mix' })]))._unsafeUnwrap();
    (await first.queue.remove(first.queue.entries.slice(0, 2)))._unsafeUnwrap();
    const second = await openQueue(store);
    expect(second.queue.entries).toEqual(first.queue.entries);
    expect(await readAll(second)).toEqual([queued(3), queued(4, { stage: 'mix' })]);
    (await second.queue.put([queued(5)]))._unsafeUnwrap();
    expect(new Set(second.queue.entries.map(({ number }) => number)).size).toBe(3);
    expect(await readAll(await openQueue(store))).toHaveLength(3);
  });

  it('takes what there is room for, whole batches only', async () => {
    const { queue } = await openQueue(await openStore(memoryStores()), 3 * LENGTH);
    (await queue.put([queued(1), queued(2)]))._unsafeUnwrap();
    const refused = await queue.put([queued(3), queued(4)]);
    expect(refused._unsafeUnwrapErr()).toEqual({ kind: 'queue-full' });
    expect(queue.room).toBe(1);
    expect((await queue.put([queued(3)])).isOk()).toBe(true);
  });

  it('has its room back when a write fails', async () => {
    const stores = memoryStores();
    const { queue } = await openQueue(await openStore(stores));
    stores.failCommits({ kind: 'store-full' });
    expect((await queue.put([queued(1)]))._unsafeUnwrapErr()).toEqual({ kind: 'store-full' });
    expect(queue.room).toBe(10);
    expect(queue.entries).toEqual([]);
  });

  it('sets aside what is malformed: counted once, kept, the others live', async () => {
    const store = await openStore(memoryStores());
    const first = await openQueue(store);
    (await first.queue.put([1, 2, 3].map((id) => queued(id))))._unsafeUnwrap();
    (await store.commit([record('queue', 1, repeated(9, 20))]))._unsafeUnwrap();
    const second = await openQueue(store);
    expect(second.events).toEqual(['queue.set-aside']);
    expect(await readAll(second)).toEqual([queued(1), queued(3)]);
    const aside = (await store.list('queue-set-aside'))._unsafeUnwrap();
    expect(aside).toEqual([{ key: record('', 1, repeated(0, 0)).key, value: repeated(9, 20) }]);
    expect((await openQueue(store)).events).toEqual([]);
  });

  it('sets aside what cannot even be unsealed, at the start and later', async () => {
    const store = await openStore(memoryStores());
    const healthy = await openQueue(store);
    (await healthy.queue.put([1, 2, 3].map((id) => queued(id))))._unsafeUnwrap();
    const broken = new Set([2]);
    const damaged: Store = {
      ...{
        list: (c) => store.list(c),
        commit: (c, d) => store.commit(c, d),
        close: () => store.close(),
      },
      get: (collection, key) =>
        collection === 'queue' && broken.has(key.at(-1) ?? -1)
          ? errAsync({ kind: 'store-corrupt', collection })
          : store.get(collection, key),
    };
    const opened = await openQueue(damaged);
    expect(opened.events).toEqual(['queue.set-aside']);
    broken.add(0);
    expect(await readAll(opened)).toEqual([queued(2)]);
    expect(opened.events).toEqual(['queue.set-aside', 'queue.set-aside']);
    expect(opened.queue.entries).toHaveLength(1);
    expect((await openQueue(damaged)).events).toEqual([]);
  });

  it('finds its packets without the record of their numbers', async () => {
    const store = await openStore(memoryStores());
    const first = await openQueue(store);
    (await first.queue.put([1, 2, 3].map((id) => queued(id))))._unsafeUnwrap();
    const lost: Change = {
      kind: 'put',
      collection: 'queue-range',
      key: new Uint8Array(0),
      value: repeated(1, 3),
    };
    (await store.commit([lost]))._unsafeUnwrap();
    const second = await openQueue(store);
    expect(second.events).toEqual(['queue.range-lost']);
    expect(await readAll(second)).toHaveLength(3);
  });
});

describe('the queue in a file', () => {
  const LARGE = 5000;
  const KEY = repeated(3, 32);
  const random = seededRandom('queue in a file');
  const packets = [1, 2, 3, 4, 5].map((id) => queued(id, { packet: random(LARGE) }));

  /** A queue of large packets in the file of a closed store, where each is a row that is told by its size. */
  const fileWith = async (path: string): Promise<void> => {
    const store = (await openSqliteStore(path, KEY))._unsafeUnwrap();
    const { queue } = await openLarge(store);
    (await queue.put(packets))._unsafeUnwrap();
    await store.close();
  };

  const openLarge = async (store: Store) => {
    const events: string[] = [];
    const count = (event: string) => void events.push(event);
    const maxBytes = 100 * LARGE;
    const deps = { store, packetLength: LARGE, maxBytes, count, log: memoryLog() };
    return { queue: (await openQueueStore(deps))._unsafeUnwrap(), events };
  };

  it('shows no packet and no node to who reads the disk', async () => {
    const directory = await openDirectory();
    const path = `${directory.path}/node.db`;
    await fileWith(path);
    const bytes = await readFile(path);
    for (const { packet, nextNodeId } of packets) {
      expect(bytes.includes(Buffer.from(packet.subarray(0, 16)))).toBe(false);
      expect(bytes.includes(Buffer.from(nextNodeId))).toBe(false);
    }
    await directory.dispose();
  });

  it('loses one packet by one flipped bit, names it by its number, and opens', async () => {
    const directory = await openDirectory();
    const path = `${directory.path}/node.db`;
    await fileWith(path);
    const raw = new DatabaseSync(path);
    const row = raw
      .prepare(`SELECT id, sealed FROM record WHERE length(sealed) > ${LARGE} LIMIT 1`)
      .get() as { readonly id: Uint8Array; readonly sealed: Uint8Array };
    row.sealed[99] = (row.sealed[99] ?? 0) ^ 1;
    raw.prepare('UPDATE record SET sealed = ? WHERE id = ?').run(row.sealed, row.id);
    raw.close();
    const store = (await openSqliteStore(path, KEY))._unsafeUnwrap();
    const { queue, events } = await openLarge(store);
    expect(events).toEqual(['queue.set-aside']);
    expect(queue.entries).toHaveLength(4);
    const read = await Promise.all(queue.entries.map((entry) => queue.read(entry)));
    const left = read.map((each) => each._unsafeUnwrap());
    expect(packets.filter((packet) => left.some((each) => each?.leftMs === packet.leftMs))).toEqual(
      left,
    );
    await store.close();
    await directory.dispose();
  });
});
