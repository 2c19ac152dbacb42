import { err, ok } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/io/memory.js';
import { faultStage } from '../../../testkit/faults.js';
import { begin, SHORT } from './journey.js';
import { during, GEOMETRY } from './provider.js';

const PAYLOAD = new Uint8Array(GEOMETRY.payloadLength).fill(0x5a);

describe('three mixes in a row', () => {
  it('carry a packet and hold it at every hop for as long as it asks', async () => {
    const { network, mixes, send, close } = await begin('carry');
    const { clock } = network.io;
    const [, exit] = network.providers;
    const sentMs = clock.now();
    await send(network.packet(mixes, [1000, 2000, 500]));
    await clock.advance(3480);
    expect(exit.received).toHaveLength(0);
    await clock.advance(200);
    expect(exit.received).toHaveLength(1);
    const [arrival] = exit.received;
    expect((arrival?.atMs ?? 0) - sentMs).toBeGreaterThanOrEqual(3500);
    const opened = exit.open(arrival?.packet ?? new Uint8Array(0));
    expect(opened.kind === 'terminal' && opened.payload).toEqual(PAYLOAD);
    expect(mixes.every((mix) => mix.status().idle)).toBe(true);
    await close();
  });

  it('refuse a replay: at once, later, and after a restart', async () => {
    const { network, mixes, send, restart, counters, close } = await begin('replay');
    const { clock } = network.io;
    const [, exit] = network.providers;
    const packet = network.packet(mixes, SHORT);
    await send(packet.slice());
    await send(packet.slice());
    expect(counters(0)['drop.replayed']).toBe(1);
    await clock.advance(60_000);
    await send(packet.slice());
    expect(counters(0)['drop.replayed']).toBe(2);
    await restart(0);
    await send(packet.slice());
    expect(counters(0)['drop.replayed']).toBe(1);
    await clock.advance(1000);
    expect(exit.received).toHaveLength(1);
    await close();
  });

  it('drop what asks for too long a delay, and what has nowhere to go', async () => {
    const { network, mixes, send, counters, close } = await begin('rules');
    await send(network.packet(mixes, [10_001, 1, 1]));
    expect(counters(0)['drop.delay-too-long']).toBe(1);
    const elsewhere = [mixes[0], mixes[2], mixes[2]].flatMap((mix) => mix ?? []);
    await send(network.packet(elsewhere, SHORT));
    await network.io.clock.advance(100);
    expect(counters(0)['drop.unknown-next-node']).toBe(1);
    const forged = network.packet(mixes, SHORT);
    forged[40] = (forged[40] ?? 0) ^ 1;
    await send(forged);
    expect(counters(0)['drop.bad-mac']).toBe(1);
    const lowOrder = network.packet(mixes, SHORT);
    lowOrder.fill(0, 2, 34);
    await send(lowOrder);
    expect(counters(0)['drop.low-order-point']).toBe(1);
    await close();
  });
});

describe('a mix with a strategy of its own', () => {
  it('sends in rounds, whatever delays the packets ask for', async () => {
    const mixing = { kind: 'timed', intervalMs: 30_000 } as const;
    const { network, mixes, send, counters, close } = await begin('rounds', [{}, { mixing }]);
    const [, exit] = network.providers;
    for (const delayMs of [1, 9_000, 50_000]) await send(network.packet(mixes, [1, delayMs, 1]));
    await network.io.clock.advance(31_000);
    expect(exit.received).toHaveLength(3);
    const times = exit.received.map(({ atMs }) => atMs);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(100);
    expect(counters(1)['drop.delay-too-long']).toBeUndefined();
    await close();
  });
});

describe('faults and decoys', () => {
  it('lose, repeat and reorder packets as they were told, and count them', async () => {
    const captured: Uint8Array[] = [];
    const faults = faultStage({
      random: seededRandom('faults'),
      loss: 0.3,
      duplicate: 0.3,
      reorderMs: 200,
      capture: (packet) => captured.push(packet.slice()),
    });
    const { network, mixes, send, counters, close } = await begin('faults', [{}, { faults }]);
    for (let i = 0; i < 40; i++) await send(network.packet(mixes, SHORT));
    await network.io.clock.advance(2000);
    expect(captured).toHaveLength(40);
    const lost = counters(1)['drop.fault-loss'] ?? 0;
    const replayed = counters(2)['drop.replayed'] ?? 0;
    expect(lost).toBeGreaterThan(3);
    expect(replayed).toBeGreaterThan(3);
    expect(network.providers[1].received).toHaveLength(40 - lost);
    expect(counters(1)['packets.sent']).toBe(40 - lost + replayed);
    expect(mixes.every((mix) => mix.status().idle)).toBe(true);
    await close();
  });

  it('decoys leave at the rate of the document, come back, and are missed if not', async () => {
    const tuning = { retryStepMs: 1000, sendDecoyTraffic: true };
    const { network, send, counters, close } = await begin('decoys', [{}, { tuning }]);
    const { clock } = network.io;
    const arrivals = () =>
      network.providers.flatMap((provider) =>
        provider.received.splice(0).map(({ packet }) => provider.reply(packet)),
      );
    await clock.advance(100_000);
    const answered = arrivals();
    // LambdaM is one in ten seconds.
    expect(answered.length).toBeGreaterThan(3);
    expect(answered.length).toBeLessThan(25);
    for (const { packet } of answered) await send(packet);
    const [first] = answered;
    await clock.advance(20_000);
    // Those of the first minute were answered too late.
    const { 'decoy.returned': returned = 0, 'decoy.lost': lost = 0 } = counters(1);
    expect(returned).toBeGreaterThan(0);
    expect(lost).toBeGreaterThan(0);
    expect(counters(1)['drop.unknown-reply'] ?? 0).toBe(answered.length - returned);
    await send(first?.packet ?? new Uint8Array(0));
    expect(counters(0)['drop.replayed']).toBe(1);
    await close();
  });

  it('loops say which node loses packets, and can be sent through one on purpose', async () => {
    const tuning = { retryStepMs: 1000, decoySlackMs: 2000 };
    const { network, mixes, send, counters, close } = await begin('ping', [{}, { tuning }]);
    const { clock } = network.io;
    const [, mix] = mixes;
    const [p101, p102] = network.providers;
    const ping = (...names: string[]) => mix?.ping(names) ?? Promise.reject(new Error('no mix'));
    expect(await ping('m1')).toEqual(
      err({ kind: 'not-crossed', nodes: ['m0', 'm2', 'p101.test', 'p102.test'] }),
    );
    expect((await ping('m0', 'nobody')).isErr()).toBe(true);
    expect((await ping('p101.test', 'p102.test')).isErr()).toBe(true);

    const lost = await during(network.io, ping('m2', 'p102.test'));
    expect(lost).toEqual(ok({ outcome: 'lost' }));
    expect([p101.received.length, p102.received.length]).toEqual([0, 1]);

    const returning = ping('p101.test');
    await clock.runUntil(() => p101.received.length > 0, 60_000);
    const [arrival] = p101.received;
    await send(p101.reply(arrival?.packet ?? new Uint8Array(0)).packet);
    expect(await during(network.io, returning)).toMatchObject(ok({ outcome: 'returned' }));
    expect(mix?.status().health).toEqual([
      { node: 'm0', sent: 2, returned: 1, lost: 1 },
      { node: 'm2', sent: 2, returned: 1, lost: 1 },
      { node: 'p101.test', sent: 1, returned: 1, lost: 0 },
      { node: 'p102.test', sent: 1, returned: 0, lost: 1 },
    ]);
    expect(counters(1)['decoy.lost']).toBe(1);
    await close();
  });

  it('decoys begin and end with a word of the operator', async () => {
    const { network, mixes, counters, close } = await begin('retune');
    const { clock } = network.io;
    await clock.advance(60_000);
    expect(counters(1)['decoy.sent']).toBeUndefined();
    mixes[1]?.retune({ sendDecoyTraffic: true });
    await clock.advance(100_000);
    const sent = counters(1)['decoy.sent'] ?? 0;
    expect(sent).toBeGreaterThan(3);
    mixes[1]?.retune({});
    await clock.advance(20_000);
    const before = counters(1)['decoy.sent'] ?? 0;
    await clock.advance(100_000);
    expect(counters(1)['decoy.sent']).toBe(before);
    await close();
  });

  it('decoys of others end here unseen', async () => {
    const { network, mixes, send, counters, close } = await begin('foreign');
    const hops = mixes.slice(0, 1);
    await send(network.surbReply(hops));
    expect(counters(0)['drop.unknown-reply']).toBe(1);
    await close();
  });
});
