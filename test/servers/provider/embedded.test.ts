import { describe, expect, it } from 'vitest';
import { KATZENPOST_GEOMETRY } from '../../../src/sphinx/geometry.js';
import { memoryIo, seededRandom } from '../../../src/io/memory.js';
import { memoryStores, type MemoryStores } from '../../../src/store/memory.js';
import type { ProviderData, SpoolItem } from '../../../servers/provider/contracts.js';
import { openStoredData } from '../../../servers/provider/embedded.js';
import { spoolLimitOf } from '../../../servers/provider/limits.js';
import { sweepSpool } from '../../../servers/provider/sweep.js';
import { testProviderData } from '../../../testkit/provider-data.js';
import { repeated } from '../../support/bytes.js';

const random = seededRandom('provider data');
const HOUR_MS = 3_600_000;

const openAt = async (stores: MemoryStores, limit: number): Promise<ProviderData> => {
  const store = (await stores.open('/provider', new Uint8Array(32)))._unsafeUnwrap();
  return (await openStoredData({ store, random, limit }))._unsafeUnwrap();
};

testProviderData(
  'a provider’s data in its own store',
  () => {
    const stores = memoryStores();
    const crash = (): Promise<void> => {
      stores.crash();
      return Promise.resolve();
    };
    return Promise.resolve({
      open: (limit: number) => openAt(stores, limit),
      crash,
      dispose: crash,
    });
  },
  { test: it, expect },
);

describe('the spool in the node’s store', () => {
  const item: SpoolItem = { kind: 'message', payload: repeated(1, 100) };

  it('does not lose the head when it cannot be removed', async () => {
    const stores = memoryStores();
    const { users, spool } = await openAt(stores, 5);
    const user = { linkKey: repeated(1, 32), identityKey: undefined };
    (await users.add('alice', user))._unsafeUnwrap();
    (await spool.append('alice', item))._unsafeUnwrap();
    const mailbox = (await spool.open('alice'))._unsafeUnwrap();
    (await mailbox.head())._unsafeUnwrap();
    stores.failCommits({ kind: 'store-full' });
    expect((await mailbox.dropHead()).isErr()).toBe(true);
    expect((await spool.append('alice', item)).isErr()).toBe(true);
    expect((await mailbox.head())._unsafeUnwrap()).toEqual({ item, behind: 0 });
    expect(spool.counts).toEqual({ items: 1, messages: 1 });
  });
});

describe('the sweep', () => {
  it('removes once an hour what is too old, and nothing where no age is set', async () => {
    const { users, spool } = await openAt(memoryStores(), 5);
    const user = { linkKey: repeated(1, 32), identityKey: undefined };
    (await users.add('alice', user))._unsafeUnwrap();
    const item: SpoolItem = { kind: 'message', payload: repeated(1, 100) };
    const io = memoryIo({ seed: 1, startMs: 1_700_000_000_000 });
    const stop = new AbortController();
    const counts = new Map<string, number>();
    const count = (event: string, by = 1): void => {
      counts.set(event, (counts.get(event) ?? 0) + by);
    };
    const deps = { io, count, signal: stop.signal, spool };
    await sweepSpool(deps, {});
    (await spool.append('alice', item))._unsafeUnwrap();
    const sweeping = sweepSpool(deps, { spoolMaxAgeMs: 2 * HOUR_MS });
    await io.clock.advance(HOUR_MS);
    (await spool.append('alice', item))._unsafeUnwrap();
    expect(spool.counts.items).toBe(2);
    await io.clock.advance(HOUR_MS);
    expect(spool.counts.items).toBe(1);
    expect(counts.get('spool.expired')).toBe(1);
    stop.abort();
    await sweeping;
  });
});

describe('how much may wait for a user', () => {
  it('is what the smaller of two quotas says, and at least one item', () => {
    const limit = (spoolQuota: number, spoolQuotaBytes: number): number =>
      spoolLimitOf(KATZENPOST_GEOMETRY, { spoolQuota, spoolQuotaBytes });
    expect(spoolLimitOf(KATZENPOST_GEOMETRY, {})).toBe(975);
    expect(limit(7, 50_000_000)).toBe(7);
    expect(limit(100, 102_464)).toBe(2);
    expect(limit(100, 1)).toBe(1);
  });
});
