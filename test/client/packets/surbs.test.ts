import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeSurbRecord,
  encodeSurbRecord,
  type SurbUse,
} from '../../../src/client/packets/surb-record.js';
import { SurbTable } from '../../../src/client/packets/surbs.js';
import { manualClock } from '../../../src/io/memory.js';
import { memoryStores } from '../../../src/store/memory.js';

const KEY = new Uint8Array(32);
const MESSAGE = '000102030405060708090a0b0c0d0e0f';
const DECOY: SurbUse = { kind: 'decoy', provider: 'p1' };
const MAIL: SurbUse = { kind: 'mail' };
const ACKNOWLEDGEMENT: SurbUse = { kind: 'acknowledgement', messageId: MESSAGE, block: 7 };

const recordOf = (name: number, use: SurbUse, sentAt = 0) => ({
  id: new Uint8Array(16).fill(name),
  keys: new Uint8Array(64 * 5).fill(name),
  use,
  sentAt,
  rttMs: 4000,
});

const open = async (stores = memoryStores(), clock = manualClock()) => {
  stores.crash();
  const store = (await stores.open('surbs', KEY))._unsafeUnwrap();
  const expired: number[] = [];
  const onExpired = ({ id }: { readonly id: Uint8Array }): void => void expired.push(id[0] ?? 0);
  const table = (await SurbTable.open({ store, clock, onExpired }, 1000))._unsafeUnwrap();
  const stop = new AbortController();
  const running = table.runExpiry(stop.signal, () => undefined);
  const close = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  return { stores, clock, store, table, expired, close };
};

describe('records of reply blocks', () => {
  it('come back as they were, and never throw', () => {
    for (const use of [DECOY, ACKNOWLEDGEMENT, { kind: 'service' } as const, MAIL]) {
      const record = recordOf(3, use, 123_456);
      expect(decodeSurbRecord(record.id, encodeSurbRecord(record))._unsafeUnwrap()).toEqual(record);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        decodeSurbRecord(new Uint8Array(16), bytes);
      }),
    );
  });
});

describe('the table of reply blocks', () => {
  it('finds what was added, also after a crash', async () => {
    const before = await open();
    const record = recordOf(1, ACKNOWLEDGEMENT, before.clock.now());
    (await before.table.add(record, 5000))._unsafeUnwrap();
    await before.close();
    const { table, close } = await open(before.stores, before.clock);
    expect(table.find(record.id)).toEqual(record);
    expect(table.ofMessage(MESSAGE)).toEqual([record]);
    expect(table.outstanding).toBe(1);
    await close();
  });

  it('lets decoys and requests expire, and keeps acknowledgements', async () => {
    const { clock, store, table, expired, close } = await open();
    await table.add(recordOf(1, DECOY), 5000);
    await table.add(recordOf(2, { kind: 'service' }), 90_000);
    await table.add(recordOf(3, ACKNOWLEDGEMENT), 5000);
    expect(table.outstanding).toBe(3);
    await clock.advance(7000);
    expect([table.size, table.outstanding]).toEqual([2, 1]);
    await clock.advance(100_000);
    expect([table.size, table.outstanding]).toEqual([1, 0]);
    expect(expired).toEqual([1, 2]);
    expect((await store.list('surb'))._unsafeUnwrap()).toHaveLength(1);
    expect(table.strays(() => false)).toHaveLength(1);
    await close();
  });

  it('lets what an earlier run left expire, whatever the clocks say', async () => {
    const before = await open();
    await before.table.add(recordOf(1, DECOY, before.clock.now() + 1e9), 5000);
    await before.table.add(recordOf(2, DECOY, before.clock.now() - 1e9), 5000);
    await before.close();
    const { clock, table, close } = await open(before.stores, before.clock);
    await clock.advance(2000);
    expect(table.size).toBe(1);
    await clock.advance(3_700_000);
    expect(table.size).toBe(0);
    await close();
  });

  it('tries again when expired records cannot be deleted', async () => {
    const { clock, stores, table, close } = await open();
    await table.add(recordOf(1, DECOY), 5000);
    stores.failCommits({ kind: 'store-full' });
    await clock.advance(10_000);
    expect(table.size).toBe(1);
    stores.failCommits(undefined);
    await clock.advance(100_000);
    expect(table.size).toBe(0);
    await close();
  });
});

describe('a reply block that was given to somebody', () => {
  it('is no reply on its way, and goes when its time is over, after a restart too', async () => {
    const { stores, clock, table, close } = await open();
    const days = 14 * 86_400_000;
    const record = { ...recordOf(1, MAIL, clock.now()), rttMs: days };
    (await table.add(record, days))._unsafeUnwrap();
    expect([table.size, table.outstanding]).toEqual([1, 0]);
    await clock.advance(days / 2);
    await close();
    const after = await open(stores, clock);
    await clock.advance(days / 2 - 1);
    expect(after.table.find(record.id)).toEqual(record);
    await clock.advance(60_000);
    expect(after.table.find(record.id)).toBeUndefined();
    expect(await after.store.list('surb')).toMatchObject({ value: [] });
    await after.close();
  });
});
