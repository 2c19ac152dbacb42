import { describe, expect, it } from 'vitest';
import { selectPrimitives } from '../../../src/crypto/select.js';
import type { Duplex } from '../../../src/io/contracts.js';
import { memoryIo, type MemoryIo } from '../../../src/io/memory.js';
import {
  epochAt,
  KATZENPOST_EPOCHS as epochTime,
  type Epoch,
  type EpochTime,
} from '../../../src/pki/epoch.js';
import type { LinkDeps, Session } from '../../../src/wire/contracts.js';
import { acceptLink } from '../../../src/wire/link.js';
import { LINK_PROFILE_01 } from '../../../src/wire/profile.js';
import { memoryStores } from '../../../src/store/memory.js';
import { Backlog } from '../../../servers/node/backlog.js';
import { Dispatcher } from '../../../servers/node/dispatch.js';
import type { FaultStage } from '../../../servers/node/fault-stage.js';
import { makeCounters } from '../../../servers/node/drops.js';
import { openableUntilMs } from '../../../servers/node/mix-keys.js';
import { DEFAULT_TUNING, type NodeTuning } from '../../../servers/node/options.js';
import { openQueueStore } from '../../../servers/node/queue-store.js';
import { parseRetryPlan } from '../../../src/io/retry-plan.js';
import { descriptorOf, readView } from '../../pki/support.js';
import { repeated } from '../../support/bytes.js';
import { suite } from './support.js';

const HOUR_MS = 3_600_000;
/** Node 21 of the second layer is us; node 31 behind it is the peer, at its descriptor's address. */
const PEER_ADDRESS = '127.0.0.1:30031';
const PEER = descriptorOf(31, 0, 0).identityKey;

interface Setting {
  readonly faults?: FaultStage;
  readonly tuning?: Partial<NodeTuning>;
  readonly stores?: ReturnType<typeof memoryStores>;
  readonly epochs?: EpochTime;
}

const setUp = async (
  seed: string,
  { faults, tuning, stores = memoryStores(), epochs = epochTime }: Setting = {},
) => {
  const io = memoryIo({ seed });
  const link: LinkDeps = {
    ...suite,
    primitives: selectPrimitives(),
    profile: LINK_PROFILE_01,
    clock: io.clock,
    random: io.random,
  };
  const views = new Map([[epochAt(epochs, io.clock.now()), undefined]]);
  const view = (epoch: Epoch) => (views.has(epoch) ? readView(epoch) : undefined);
  const stop = new AbortController();
  const counters = makeCounters(io.log);
  const store = (await stores.open('/node.db', repeated(1, 32)))._unsafeUnwrap();
  const common = {
    clock: io.clock,
    tuning: { ...DEFAULT_TUNING, ...tuning },
    drop: counters.drop,
    count: counters.count,
    log: io.log,
    signal: stop.signal,
  };
  const { packetLength } = suite.geometry;
  const maxBytes = common.tuning.queueMaxBytes;
  const queue = (
    await openQueueStore({ ...common, store, packetLength, maxBytes })
  )._unsafeUnwrap();
  const dispatcher = new Dispatcher({
    ...common,
    network: io.network,
    link,
    identity: { ad: descriptorOf(21, 0, 0).identityKey, secretKey: repeated(21, 32) },
    backlog: new Backlog({ ...common, epochTime: epochs, queue }),
    topology: {
      epochTime: epochs,
      view,
      identityKey: descriptorOf(21, 0, 0).identityKey,
      onTrial: () => [],
    },
    faults,
  });
  const close = async (): Promise<void> => {
    stop.abort();
    await dispatcher.close();
    await store.close();
  };
  let sent = 0;
  const send = (count = 1): void => {
    for (let i = 0; i < count; i++) {
      dispatcher.dispatch(packetNumber(sent++), PEER);
    }
  };
  const counts = () => counters.snapshot();
  return { io, link, dispatcher, queue, counts, close, send, views };
};

/** A packet that can be told from others. */
const packetNumber = (number: number): Uint8Array => {
  const packet = new Uint8Array(suite.geometry.packetLength);
  new DataView(packet.buffer).setUint32(0, number);
  return packet;
};

/** Listens as the peer. */
const listen = async (io: MemoryIo, link: LinkDeps) => {
  const sessions: Session[] = [];
  const packets: number[] = [];
  const numbers: number[] = [];
  const serve = async (duplex: Duplex): Promise<void> => {
    const accepted = await acceptLink(link, duplex, {
      identity: { ad: PEER, secretKey: repeated(31, 32) },
      authenticate: () => true,
      deadlineMs: 30_000,
    });
    if (accepted.isErr()) return;
    sessions.push(accepted.value);
    for (;;) {
      const command = await accepted.value.receive();
      if (command.isErr()) return;
      if (command.value.kind !== 'send-packet') continue;
      const { packet } = command.value;
      packets.push(io.clock.monotonic());
      numbers.push(new DataView(packet.buffer, packet.byteOffset).getUint32(0));
    }
  };
  const listener = (await io.network.listen(PEER_ADDRESS))._unsafeUnwrap();
  void (async () => {
    for await (const duplex of listener.connections) void serve(duplex);
  })();
  return { sessions, packets, numbers };
};

describe('an outgoing connection', () => {
  it('is tried at once, then at growing distances up to two minutes', async () => {
    const { io, dispatcher, counts, close, views } = await setUp('backoff');
    for (let i = 0; i < 3; i++) views.set(epochAt(epochTime, io.clock.now()) + i, undefined);
    dispatcher.sweep();
    const attempts: number[] = [];
    for (let second = 0; second < 600; second++) {
      const before = counts()['connect.attempts'] ?? 0;
      await io.clock.advance(1000);
      if ((counts()['connect.attempts'] ?? 0) > before) attempts.push(second);
    }
    expect(attempts.slice(0, 5)).toEqual([0, 14, 44, 89, 149]);
    expect((attempts.at(-1) ?? 0) - (attempts.at(-2) ?? 0)).toBe(120);
    await close();
  });

  it('sends in bursts with a pause between them', async () => {
    const { io, link, dispatcher, counts, close, send } = await setUp('bursts');
    const { packets } = await listen(io, link);
    dispatcher.sweep();
    await io.clock.advance(100);
    expect(dispatcher.connections).toEqual({ planned: 1, up: 1 });
    send(60);
    await io.clock.advance(1000);
    expect(packets).toHaveLength(60);
    const turns = [...new Set(packets)].map((ms) => packets.filter((at) => at === ms).length);
    expect(Math.max(...turns)).toBeLessThanOrEqual(17);
    expect(counts()['packets.sent']).toBe(60);
    expect(dispatcher.pending).toBe(0);
    await close();
  });

  it('drops what is overdue for a peer that is there, and sends on to one that was not', async () => {
    const { io, link, dispatcher, counts, close, send } = await setUp('stall');
    const { packets } = await listen(io, link);
    dispatcher.sweep();
    send(80);
    expect(dispatcher.pending).toBe(80);
    io.network.stall(PEER_ADDRESS);
    await io.clock.advance(501);
    expect(dispatcher.pending).toBe(80);
    io.network.heal();
    await io.clock.advance(5000);
    expect(packets).toHaveLength(80);
    expect(dispatcher.pending).toBe(0);
    expect(counts()['drop.send-late']).toBeUndefined();
    await close();
  });

  it('cuts off a peer that sends anything back, and calls it again', async () => {
    const { io, link, dispatcher, counts, close } = await setUp('violation');
    const { sessions } = await listen(io, link);
    dispatcher.sweep();
    await io.clock.advance(100);
    (await sessions[0]?.send({ kind: 'no-op' }))?._unsafeUnwrap();
    await io.clock.advance(100);
    expect(counts()['connect.violations']).toBe(1);
    expect(dispatcher.connections.up).toBe(0);
    await io.clock.advance(15_000);
    expect(dispatcher.connections.up).toBe(1);
    await close();
  });

  it('is made again after a reset', async () => {
    const { io, link, dispatcher, close, send } = await setUp('reset');
    const { packets } = await listen(io, link);
    dispatcher.sweep();
    await io.clock.advance(20_000);
    io.network.reset(PEER_ADDRESS);
    await io.clock.advance(100);
    send();
    await io.clock.advance(100);
    expect(packets).toHaveLength(1);
    await close();
  });

  it('ends when the documents no longer want it', async () => {
    const { io, link, dispatcher, counts, close, send, views } = await setUp('gone');
    await listen(io, link);
    dispatcher.sweep();
    await io.clock.advance(100);
    expect(dispatcher.has(PEER)).toBe(true);
    views.clear();
    dispatcher.sweep();
    await io.clock.advance(100);
    expect(dispatcher.has(PEER)).toBe(false);
    send();
    expect(counts()['drop.unknown-next-node']).toBe(1);
    await close();
  });

  it('goes through the fault stage, which may lose and delay', async () => {
    let turn = 0;
    const faults: FaultStage = (packet) => {
      turn++;
      return turn === 1 ? [] : [{ packet, delayMs: turn === 2 ? 300 : 0 }];
    };
    const { io, link, dispatcher, counts, close, send } = await setUp('faults', { faults });
    const { packets } = await listen(io, link);
    dispatcher.sweep();
    await io.clock.advance(100);
    send(3);
    expect(dispatcher.pending).toBe(2);
    await io.clock.advance(1000);
    expect(counts()['drop.fault-loss']).toBe(1);
    expect((packets[1] ?? 0) - (packets[0] ?? 0)).toBeGreaterThanOrEqual(300);
    expect(dispatcher.pending).toBe(0);
    await close();
  });
});

describe('a destination that is down', () => {
  it('has packets wait in memory and on disk, and gets all of them in one connection', async () => {
    const { io, link, dispatcher, queue, counts, close, send } = await setUp('down', {
      tuning: { sendQueue: 8 },
    });
    dispatcher.sweep();
    // Minutes apart: nothing but the connection is tried, and never for one of them alone.
    for (let minute = 0; minute < 4; minute++) {
      send(10);
      await io.clock.advance(60_000);
    }
    expect(dispatcher.pending).toBe(40);
    expect(queue.entries).toHaveLength(32);
    const attempts = counts()['connect.attempts'] ?? 0;
    expect(attempts).toBe(6);
    const { sessions, numbers } = await listen(io, link);
    await io.clock.advance(90_000);
    expect(counts()['connect.attempts']).toBe(attempts + 1);
    expect(sessions).toHaveLength(1);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(dispatcher.pending).toBe(0);
    expect(queue.entries).toEqual([]);
    await close();
  });

  it('is tried by the plan that the operator has written', async () => {
    const retryPlan = parseRetryPlan('every 10 seconds for 30 seconds, 1 minute')._unsafeUnwrap();
    const { io, dispatcher, counts, close } = await setUp('plan', { tuning: { retryPlan } });
    dispatcher.sweep();
    const attempts: number[] = [];
    for (let second = 0; second < 220; second++) {
      const before = counts()['connect.attempts'] ?? 0;
      await io.clock.advance(1000);
      if ((counts()['connect.attempts'] ?? 0) > before) attempts.push(second + 1);
    }
    expect(attempts).toEqual([1, 10, 20, 30, 90, 150, 210]);
    await close();
  });

  it('for six hours gets all that was sent meanwhile, at the next attempt of the plan', async () => {
    const plan = 'every 10 minutes for 30 minutes, every 1 hour for 1 day';
    const { io, link, dispatcher, counts, close, send } = await setUp('six hours', {
      tuning: { retryPlan: parseRetryPlan(plan)._unsafeUnwrap() },
      epochs: { ...epochTime, periodMs: 48 * HOUR_MS },
    });
    dispatcher.sweep();
    const attempts: number[] = [];
    let minute = 0;
    const pass = async (minutes: number): Promise<void> => {
      for (const end = minute + minutes; minute < end; minute++) {
        const before = counts()['connect.attempts'] ?? 0;
        await io.clock.advance(60_000);
        if ((counts()['connect.attempts'] ?? 0) > before) attempts.push(minute);
      }
    };
    for (let hour = 0; hour < 6; hour++) {
      send(20);
      await pass(60);
    }
    const { sessions, numbers } = await listen(io, link);
    await pass(60);
    expect(attempts).toEqual([0, 9, 19, 29, 89, 149, 209, 269, 329, 389]);
    expect(sessions).toHaveLength(1);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, i) => i));
    await close();
  });

  it('costs no more than was given, and the newest packets are dropped', async () => {
    const queueMaxBytes = 5 * suite.geometry.packetLength + 1;
    const { io, dispatcher, queue, counts, close, send } = await setUp('bound', {
      tuning: { sendQueue: 3, queueMaxBytes },
    });
    dispatcher.sweep();
    send(20);
    await io.clock.settled();
    expect(queue.entries).toHaveLength(5);
    expect(dispatcher.pending).toBe(8);
    expect(counts()['drop.send-queue-full']).toBe(12);
    await close();
  });

  it('has what waits dropped once no key can open it', async () => {
    const { io, dispatcher, queue, counts, close, send, views } = await setUp('expiry', {
      tuning: { sendQueue: 3 },
    });
    for (let i = 0; i < 3; i++) views.set(epochAt(epochTime, io.clock.now()) + i, undefined);
    dispatcher.sweep();
    send(5);
    const leftMs = openableUntilMs(epochTime, io.clock.now()) - io.clock.now();
    await io.clock.advance(leftMs - 1);
    dispatcher.sweep();
    expect(dispatcher.pending).toBe(5);
    await io.clock.advance(1);
    dispatcher.sweep();
    expect(dispatcher.pending).toBe(0);
    expect(queue.entries).toEqual([]);
    expect(counts()['drop.next-key-gone']).toBe(5);
    await close();
  });

  it('waits for what was in flight when the connection broke', async () => {
    const { io, link, dispatcher, counts, close, send } = await setUp('broken');
    const { numbers } = await listen(io, link);
    dispatcher.sweep();
    await io.clock.advance(20_000);
    io.network.stall(PEER_ADDRESS);
    send(600);
    await io.clock.advance(100);
    const gone = counts()['packets.sent'] ?? 0;
    expect(gone).toBeLessThan(600);
    io.network.heal();
    io.network.reset(PEER_ADDRESS);
    await io.clock.advance(30_000);
    // Only what the connection had taken may be lost with it. A packet that had arrived without
    // our knowing comes once more, and the peer knows it by its tag.
    expect(new Set(numbers).size).toBeGreaterThanOrEqual(600 - gone);
    expect(numbers.length - new Set(numbers).size).toBeLessThanOrEqual(DEFAULT_TUNING.sendBurst);
    expect(dispatcher.pending).toBe(0);
    expect(Object.keys(counts()).filter((name) => name.startsWith('drop.'))).toEqual([]);
    await close();
  });

  it('finds after a restart what waited before it, in memory or on disk', async () => {
    const stores = memoryStores();
    const first = await setUp('restart', { stores, tuning: { sendQueue: 3 } });
    first.dispatcher.sweep();
    first.send(10);
    await first.io.clock.advance(1000);
    await first.close();
    const second = await setUp('restart', { stores });
    const { numbers } = await listen(second.io, second.link);
    expect(second.dispatcher.pending).toBe(10);
    second.dispatcher.sweep();
    await second.io.clock.advance(1000);
    expect(numbers.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(second.queue.entries).toEqual([]);
    await second.close();
  });
});
