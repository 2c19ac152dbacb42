import { describe, expect, it } from 'vitest';
import { selectPrimitives } from '../../../src/crypto/select.js';
import type { Duplex } from '../../../src/io/contracts.js';
import { memoryIo, type MemoryIo } from '../../../src/io/memory.js';
import { epochAt, KATZENPOST_EPOCHS as epochTime, type Epoch } from '../../../src/pki/epoch.js';
import type { LinkDeps, Session } from '../../../src/wire/contracts.js';
import { acceptLink } from '../../../src/wire/link.js';
import { LINK_PROFILE_01 } from '../../../src/wire/profile.js';
import { Dispatcher } from '../../../servers/node/dispatch.js';
import type { FaultStage } from '../../../servers/node/fault-stage.js';
import { makeCounters } from '../../../servers/node/drops.js';
import { DEFAULT_TUNING } from '../../../servers/node/options.js';
import { descriptorOf, readView } from '../../pki/support.js';
import { repeated } from '../../support/bytes.js';
import { suite } from './support.js';

/** Node 21 of the second layer is us; node 31 behind it is the peer, at its descriptor's address. */
const PEER_ADDRESS = '127.0.0.1:30031';
const PEER = descriptorOf(31, 0, 0).identityKey;

const setUp = (seed: string, faults?: FaultStage) => {
  const io = memoryIo({ seed });
  const link: LinkDeps = {
    ...suite,
    primitives: selectPrimitives(),
    profile: LINK_PROFILE_01,
    clock: io.clock,
    random: io.random,
  };
  const views = new Map([[epochAt(epochTime, io.clock.now()), undefined]]);
  const view = (epoch: Epoch) => (views.has(epoch) ? readView(epoch) : undefined);
  const stop = new AbortController();
  const counters = makeCounters(io.log);
  const dispatcher = new Dispatcher({
    clock: io.clock,
    network: io.network,
    link,
    identity: { ad: descriptorOf(21, 0, 0).identityKey, secretKey: repeated(21, 32) },
    tuning: DEFAULT_TUNING,
    drop: counters.drop,
    count: counters.count,
    topology: { epochTime, view, identityKey: descriptorOf(21, 0, 0).identityKey },
    faults,
    signal: stop.signal,
  });
  const close = async (): Promise<void> => {
    stop.abort();
    await dispatcher.close();
  };
  const send = (count = 1): void => {
    for (let i = 0; i < count; i++) {
      dispatcher.dispatch(new Uint8Array(suite.geometry.packetLength), PEER);
    }
  };
  return { io, link, dispatcher, counts: () => counters.snapshot(), close, send, views };
};

/** Listens as the peer. */
const listen = async (io: MemoryIo, link: LinkDeps) => {
  const sessions: Session[] = [];
  const packets: number[] = [];
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
      if (command.value.kind === 'send-packet') packets.push(io.clock.monotonic());
    }
  };
  const listener = (await io.network.listen(PEER_ADDRESS))._unsafeUnwrap();
  void (async () => {
    for await (const duplex of listener.connections) void serve(duplex);
  })();
  return { sessions, packets };
};

describe('an outgoing connection', () => {
  it('is tried at once, then at growing distances up to two minutes', async () => {
    const { io, dispatcher, counts, close, views } = setUp('backoff');
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
    const { io, link, dispatcher, counts, close, send } = setUp('bursts');
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

  it('drops the newest above 64, and what is overdue', async () => {
    const { io, link, dispatcher, counts, close, send } = setUp('stall');
    const { packets } = await listen(io, link);
    dispatcher.sweep();
    send(80);
    expect(counts()['drop.send-queue-full']).toBe(16);
    expect(dispatcher.pending).toBe(64);
    io.network.stall(PEER_ADDRESS);
    await io.clock.advance(501);
    expect(dispatcher.pending).toBe(0);
    io.network.heal();
    await io.clock.advance(5000);
    expect(counts()['drop.send-late']).toBe(64);
    expect(packets).toEqual([]);
    send();
    await io.clock.advance(100);
    expect(packets).toHaveLength(1);
    await close();
  });

  it('cuts off a peer that sends anything back, and calls it again', async () => {
    const { io, link, dispatcher, counts, close } = setUp('violation');
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
    const { io, link, dispatcher, close, send } = setUp('reset');
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
    const { io, link, dispatcher, counts, close, send, views } = setUp('gone');
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
    const { io, link, dispatcher, counts, close, send } = setUp('faults', faults);
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
