import { rm, writeFile } from 'node:fs/promises';
import { err, ok } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { inlineWorkers, manualClock, memoryLog } from '../../../src/io/memory.js';
import { nodeWorkers } from '../../../src/io/node.js';
import type { Workers, WorkerThread } from '../../../src/io/contracts.js';
import { epochAt } from '../../../src/pki/epoch.js';
import { memoryStores } from '../../../src/store/memory.js';
import { openUnwrapPool, type UnwrapPool } from '../../../servers/node/unwrap-pool.js';
import {
  movable,
  type ToUnwrapThread,
  type UnwrapOutcome,
} from '../../../servers/node/unwrap-job.js';
import { makeUnwrapService } from '../../../servers/node/unwrap-service.js';
import { repeated } from '../../support/bytes.js';
import { withDirectory } from '../../support/directory.js';
import {
  epochTime,
  forwardPacket,
  openKeys,
  publicKeyAt,
  suite,
  terminalPacket,
} from './support.js';

/** Threads that run here, but whose messages are cloned and moved as between real ones. */
const fakeWorkers = (count: number) => {
  const alive: { die: () => void; busy: number }[] = [];
  let paused = false;
  const start = (): WorkerThread => {
    let receive: (message: unknown) => void = () => undefined;
    const waiting: ToUnwrapThread[] = [];
    const service = makeUnwrapService(suite.primitives, (message, transfer) => {
      receive(structuredClone(message, { transfer: [...transfer] }));
    });
    const self = {
      busy: 0,
      die: () => {
        waiting.length = 0;
        alive.splice(alive.indexOf(self), 1);
        receive(undefined);
      },
    };
    alive.push(self);
    return {
      post: (message, transfer) => {
        waiting.push(structuredClone(message as ToUnwrapThread, { transfer: [...transfer] }));
        setImmediate(() => {
          if (!paused) for (const each of waiting.splice(0)) service(each);
        });
      },
      onMessage: (given) => {
        receive = given;
      },
      close: async () => self.die(),
    };
  };
  const workers: Workers = { count, start: () => ok(start()) };
  const pause = (on: boolean): void => {
    paused = on;
  };
  return { workers, alive, pause };
};

const setUp = async (workers: Workers) => {
  const nowMs = manualClock().now();
  const store = (await memoryStores().open('/node.db', repeated(1, 32)))._unsafeUnwrap();
  const keys = await openKeys(store, nowMs);
  const epoch = epochAt(epochTime, nowMs);
  let rooms = 0;
  const pool = await openUnwrapPool({
    workers,
    suite,
    log: memoryLog(),
    onRoom: () => {
      rooms++;
    },
  });
  pool.setKeys(keys.all);
  return { pool, keys, epoch, key: publicKeyAt(keys, epoch), rooms: () => rooms };
};

const open = (pool: UnwrapPool, packet: Uint8Array, epochs: readonly number[]) =>
  new Promise<UnwrapOutcome>((resolve) => pool.unwrap(packet, epochs, resolve));

const check = async ({ pool, keys, epoch, key }: Awaited<ReturnType<typeof setUp>>) => {
  const forward = await open(pool, forwardPacket(key), [epoch]);
  expect(forward).toMatchObject({ kind: 'unwrapped', epoch, opened: { kind: 'forward' } });
  const next = publicKeyAt(keys, epoch + 1);
  const late = await open(pool, forwardPacket(next), [epoch, epoch + 1]);
  expect(late).toMatchObject({ kind: 'unwrapped', epoch: epoch + 1 });
  const ended = await open(pool, terminalPacket(key), [epoch]);
  expect(ended).toMatchObject({ kind: 'unwrapped', opened: { kind: 'terminal' } });
  if (ended.kind !== 'unwrapped' || ended.opened.kind !== 'terminal') throw new Error('no');
  expect(ended.opened.payload).toEqual(repeated(0x44, suite.geometry.payloadLength));
  expect(await open(pool, forwardPacket(next), [epoch])).toEqual({
    kind: 'refused',
    reason: 'bad-mac',
  });
  expect(await open(pool, forwardPacket(key), [])).toEqual({
    kind: 'refused',
    reason: 'no-mix-key',
  });
};

describe('the unwrap pool', () => {
  it('works in place without threads', async () => {
    const set = await setUp(inlineWorkers);
    await check(set);
    await set.pool.close();
  });

  it('works on threads, moving what it is given', async () => {
    const set = await setUp(fakeWorkers(2).workers);
    await check(set);
    const packet = forwardPacket(set.key);
    const outcome = open(set.pool, packet, [set.epoch]);
    expect(packet.length).toBe(0);
    expect((await outcome).kind).toBe('unwrapped');
    await set.pool.close();
  });

  it('has at least eight packets in flight per thread, and says when it is full', async () => {
    const { workers, pause } = fakeWorkers(2);
    const set = await setUp(workers);
    pause(true);
    const room = set.pool.room();
    expect(room).toBeGreaterThanOrEqual(16);
    const outcomes: UnwrapOutcome[] = [];
    for (let i = 0; i < room; i++) {
      set.pool.unwrap(forwardPacket(set.key), [set.epoch], (each) => void outcomes.push(each));
    }
    expect(set.pool.room()).toBe(0);
    pause(false);
    while (outcomes.length < room - 1 && set.pool.room() === 0) {
      // Any message makes the paused threads look again.
      set.pool.setKeys(set.keys.all);
      await new Promise(setImmediate);
    }
    expect(outcomes.every(({ kind }) => kind === 'unwrapped')).toBe(true);
    await set.pool.close();
  });

  it('replaces a thread that dies, and counts what died with it', async () => {
    const { workers, alive, pause } = fakeWorkers(1);
    const set = await setUp(workers);
    pause(true);
    const lost = open(set.pool, forwardPacket(set.key), [set.epoch]);
    alive[0]?.die();
    expect(await lost).toEqual({ kind: 'refused', reason: 'worker-lost' });
    expect(set.pool.room()).toBe(0);
    pause(false);
    const before = set.rooms();
    set.pool.setKeys(set.keys.all);
    while (set.rooms() === before) await new Promise(setImmediate);
    await check(set);
    await set.pool.close();
  });

  it('works in place when no thread can be started', async () => {
    const set = await setUp({ count: 2, start: (entry) => err({ kind: 'no-worker', entry }) });
    await check(set);
    await set.pool.close();
  });

  it('works on real threads', async () => {
    await withDirectory(async (base) => {
      const here = new URL('.', import.meta.url);
      const hooks = new URL('../../support/typescript-hooks.mjs', here);
      const entry = new URL('../../../servers/node/unwrap-worker.ts', here);
      const script = `require('node:module').register('${hooks.href}'); void import('${entry.href}');`;
      await writeFile(`${base}/unwrap-worker.js`, script);
      const set = await setUp(nodeWorkers({ count: 1, base }));
      await check(set);
      await set.pool.close();
      await rm(`${base}/unwrap-worker.js`);
    });
  });
});

describe('moving bytes', () => {
  it('copies what lies in something larger', () => {
    const whole = repeated(1, 5000);
    expect(movable(whole).buffer).toBe(whole.buffer);
    const part = whole.subarray(0, 100);
    const moved = movable(part);
    expect(moved.buffer).not.toBe(whole.buffer);
    expect(moved.bytes).toEqual(part);
  });
});
