import { okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/bytes/text.js';
import { inlineWorkers, manualClock, memoryLog } from '../../../src/io/memory.js';
import { epochAt } from '../../../src/pki/epoch.js';
import { memoryStores } from '../../../src/store/memory.js';
import { Admission } from '../../../servers/node/admit.js';
import type { DropReason } from '../../../servers/node/drops.js';
import { openReplayLog, type ReplayLog } from '../../../servers/node/replay.js';
import type { Hop } from '../../../servers/node/role.js';
import { openUnwrapPool, type UnwrapPool } from '../../../servers/node/unwrap-pool.js';
import { repeated } from '../../support/bytes.js';
import {
  epochTime,
  forwardPacket,
  openKeys,
  publicKeyAt,
  slowStore,
  suite,
  terminalPacket,
} from './support.js';

interface World {
  readonly slow?: boolean;
  readonly unwrapQueue?: number;
  readonly pool?: UnwrapPool;
  readonly replay?: ReplayLog;
}

/** A log of several processes, of which another one was first to open the first packet. */
const firstSeenElsewhere = (): ReplayLog => {
  const tags: string[] = [];
  return {
    size: 0,
    add: (_, tag) => tags.push(toHex(tag)) > 0,
    flush: () => okAsync(new Set(tags.slice(0, 1))),
    forget: () => [],
  };
};

const setUp = async ({ slow = false, unwrapQueue = 100, pool: given, replay: log }: World = {}) => {
  const clock = manualClock();
  const stores = memoryStores();
  const fast = (await stores.open('/node.db', repeated(1, 32)))._unsafeUnwrap();
  const keys = await openKeys(fast, clock.now());
  const waiting = slowStore(fast);
  const replay = log ?? (await openReplayLog(slow ? waiting.store : fast, []))._unsafeUnwrap();
  const inPlace = { workers: inlineWorkers, suite, log: memoryLog(), onRoom: () => undefined };
  const pool = given ?? (await openUnwrapPool(inPlace));
  pool.setKeys(keys.all);
  const drops: DropReason[] = [];
  const batches: (readonly Hop[])[] = [];
  const admission = new Admission({
    clock,
    pool,
    mixKeys: keys,
    replay,
    role: 'mix',
    tuning: { unwrapBudgetMs: 500, unwrapQueue },
    drop: (reason) => void drops.push(reason),
    signal: new AbortController().signal,
    handOn: (hops) => void batches.push(hops),
  });
  const epoch = epochAt(epochTime, clock.now());
  const key = publicKeyAt(keys, epoch);
  return { clock, stores, waiting, drops, batches, admission, keys, key, epoch };
};

describe('admission', () => {
  it('hands a packet on only when its tag is durable', async () => {
    const { clock, waiting, batches, admission, key } = await setUp({ slow: true });
    admission.admit(forwardPacket(key), 'node');
    await clock.settled();
    expect(waiting.waiting()).toBe(1);
    expect(batches).toEqual([]);
    expect(admission.pending).toBe(1);
    waiting.release();
    await clock.settled();
    expect(batches).toHaveLength(1);
    expect(admission.pending).toBe(0);
  });

  it('gathers what comes during one write for the next one', async () => {
    const { clock, waiting, batches, admission, key } = await setUp({ slow: true });
    for (let i = 0; i < 10; i++) {
      admission.admit(forwardPacket(key), 'node');
      await clock.advance(10);
    }
    expect(waiting.waiting()).toBe(1);
    waiting.release();
    await clock.advance(10);
    expect(waiting.waiting()).toBe(1);
    waiting.release();
    await clock.advance(10);
    expect(batches.map((batch) => batch.length)).toEqual([1, 9]);
  });

  it('refuses a replay within one batch, and after a write that failed', async () => {
    const { clock, stores, drops, batches, admission, key } = await setUp();
    const packet = forwardPacket(key);
    admission.admit(packet.slice(), 'node');
    admission.admit(packet.slice(), 'node');
    await clock.advance(10);
    expect(drops).toEqual(['replayed']);
    stores.failCommits({ kind: 'store-full' });
    const other = forwardPacket(key);
    admission.admit(other.slice(), 'node');
    await clock.advance(10);
    stores.failCommits(undefined);
    admission.admit(other.slice(), 'node');
    await clock.advance(10);
    expect(drops).toEqual(['replayed', 'tag-not-stored', 'replayed']);
    expect(batches.flat()).toHaveLength(1);
  });

  it('refuses what another process with the same key was first to open', async () => {
    const { clock, drops, batches, admission, key } = await setUp({ replay: firstSeenElsewhere() });
    for (let i = 0; i < 3; i++) admission.admit(forwardPacket(key), 'node');
    await clock.advance(50);
    expect(drops).toEqual(['replayed']);
    expect(batches.flat()).toHaveLength(2);
  });

  it('remembers no packet whose commands are none, and takes no terminal one', async () => {
    const { clock, drops, admission, key } = await setUp();
    const twice = { kind: 'node-delay', delayMs: 5 } as const;
    const doubled = forwardPacket(key, [twice, twice]);
    for (let i = 0; i < 2; i++) admission.admit(doubled.slice(), 'node');
    admission.admit(terminalPacket(key), 'node');
    await clock.settled();
    expect(drops).toEqual(['bad-command-set', 'bad-command-set', 'not-for-a-mix']);
  });

  it('counts what is damaged by its kind', async () => {
    const { clock, drops, admission, key, epoch, keys } = await setUp();
    const damaged = (at: number, packet = forwardPacket(key)): Uint8Array => {
      packet[at] = (packet[at] ?? 0) ^ 1;
      return packet;
    };
    admission.admit(damaged(0), 'node');
    admission.admit(damaged(100), 'node');
    admission.admit(damaged(suite.geometry.packetLength - 1, terminalPacket(key)), 'node');
    admission.admit(forwardPacket(key).fill(0, 2, 34), 'node');
    admission.admit(forwardPacket(publicKeyAt(keys, epoch + 2)), 'node');
    await clock.advance(30 * epochTime.periodMs);
    admission.admit(forwardPacket(key), 'node');
    await clock.settled();
    expect(drops).toEqual([
      'bad-header',
      'bad-mac',
      'bad-payload-tag',
      'low-order-point',
      'bad-mac',
      'no-mix-key',
    ]);
  });

  it('keeps to its queue and its budget', async () => {
    const full: UnwrapPool = {
      room: () => 0,
      unwrap: () => undefined,
      setKeys: () => undefined,
      close: async () => undefined,
    };
    const { clock, drops, admission, key } = await setUp({ unwrapQueue: 20, pool: full });
    const packet = forwardPacket(key);
    for (let i = 0; i < 25; i++) admission.admit(packet, 'node');
    expect(drops).toEqual(Array(5).fill('queue-full'));
    await clock.advance(501);
    full.room = () => 1;
    admission.pump();
    // At most sixteen in one turn.
    expect(drops.filter((reason) => reason === 'unwrap-late')).toHaveLength(16);
    await clock.settled();
    expect(drops.filter((reason) => reason === 'unwrap-late')).toHaveLength(20);
    expect(admission.pending).toBe(0);
  });
});
