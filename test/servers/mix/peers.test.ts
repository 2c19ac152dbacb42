import { describe, expect, it } from 'vitest';
import { begin, SHORT, type Journey } from './journey.js';
import { during, GEOMETRY } from './provider.js';

describe('peers that do not behave', () => {
  const dial = async ({ network, mixes }: Journey) => {
    const host = network.io.network.from('10.9.9.9');
    const dialled = host.dial(mixes[0]?.address ?? '', new AbortController().signal);
    return (await during(network.io, dialled))._unsafeUnwrap();
  };

  it('are closed and counted in the handshake', async () => {
    const journey = await begin('handshakes');
    const { network, counters, close } = journey;
    const { clock } = network.io;
    const garbage = await dial(journey);
    await garbage.write(new Uint8Array(1601).fill(0x7f));
    await clock.advance(100);
    expect(counters(0)['link.handshake.garbage']).toBe(1);
    const halfOpen = await dial(journey);
    halfOpen.end();
    await clock.advance(100);
    expect(counters(0)['link.handshake.half-open']).toBe(1);
    const slow = await dial(journey);
    await slow.write(Uint8Array.of(1));
    await clock.advance(29_000);
    expect(counters(0)['link.handshake.slow']).toBeUndefined();
    await clock.advance(2000);
    expect(counters(0)['link.handshake.slow']).toBe(1);
    expect(await during(network.io, slow.read())).toBeUndefined();
    // The last mix is nobody from whom the first one takes packets.
    const stranger = network.providers[0].connect(journey.mixes[1]?.address ?? '');
    await expect(stranger).rejects.toBeDefined();
    expect(counters(1)['link.handshake.unknown-peer']).toBeGreaterThan(0);
    await close();
  });

  it('are closed for a packet of another size', async () => {
    const { network, session, send, counters, close } = await begin('size');
    await send(new Uint8Array(GEOMETRY.packetLength + 1));
    expect(counters(0)['link.packet-size']).toBe(1);
    expect((await during(network.io, session.receive())).isErr()).toBe(true);
    await close();
  });

  it('are closed for a command that nodes do not give', async () => {
    const { network, session, counters, close } = await begin('command');
    const question = { kind: 'get-consensus', epoch: network.now() } as const;
    (await during(network.io, session.send(question)))._unsafeUnwrap();
    expect((await during(network.io, session.receive())).isErr()).toBe(true);
    expect(counters(0)['link.unexpected-command']).toBe(1);
    await close();
  });

  it('have as many connections as a node may have processes, and send over each', async () => {
    const { network, mixes, session, counters, close } = await begin('twice');
    const { clock } = network.io;
    const connect = () => network.providers[0].connect(mixes[0]?.address ?? '');
    const sessions = [session, await connect(), await connect(), await connect()];
    for (const each of sessions) {
      const packet = network.packet(mixes, SHORT);
      (await during(network.io, each.send({ kind: 'send-packet', packet })))._unsafeUnwrap();
    }
    await clock.advance(100);
    expect(counters(0)['packets.sent']).toBe(4);
    expect(mixes[0]?.status().connections.nodes).toBe(4);
    const fifth = await connect();
    expect((await during(network.io, fifth.receive())).isErr()).toBe(true);
    expect(counters(0)['link.duplicate']).toBe(1);
    for (const each of sessions) each.close();
    await clock.advance(100);
    expect(mixes[0]?.status().connections.nodes).toBe(0);
    await close();
  });

  it('lose the connection that has long been silent when there is one too many', async () => {
    const tuning = { retryStepMs: 1000, maxLinksPerNode: 2 };
    const { network, mixes, session, send, counters, close } = await begin('stale', [{ tuning }]);
    const { clock } = network.io;
    const connect = () => network.providers[0].connect(mixes[0]?.address ?? '');
    const silent = await connect();
    await clock.advance(179_000);
    await send(network.packet(mixes, SHORT));
    const early = await connect();
    expect((await during(network.io, early.receive())).isErr()).toBe(true);
    await clock.advance(2000);
    const next = await connect();
    expect((await during(network.io, silent.receive())).isErr()).toBe(true);
    expect(counters(0)).toMatchObject({ 'link.duplicate': 1, 'link.stale': 1 });
    // Both that are left have been heard of: one more is one too many.
    const late = await connect();
    expect((await during(network.io, late.receive())).isErr()).toBe(true);
    const before = counters(0)['packets.sent'] ?? 0;
    for (const each of [session, next]) {
      const packet = network.packet(mixes, SHORT);
      (await during(network.io, each.send({ kind: 'send-packet', packet })))._unsafeUnwrap();
    }
    await clock.advance(100);
    expect(counters(0)['packets.sent']).toBe(before + 2);
    await close();
  });

  it('are closed at once where a node may have one connection, as at the reference', async () => {
    const tuning = { retryStepMs: 1000, maxLinksPerNode: 1 };
    const { network, mixes, send, counters, close } = await begin('one', [{ tuning }]);
    const second = await network.providers[0].connect(mixes[0]?.address ?? '');
    expect((await during(network.io, second.receive())).isErr()).toBe(true);
    expect(counters(0)['link.duplicate']).toBe(1);
    await send(network.packet(mixes, SHORT));
    expect(counters(0)['packets.sent']).toBe(1);
    await close();
  });
});
