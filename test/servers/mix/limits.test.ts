import { describe, expect, it } from 'vitest';
import type { Duplex } from '../../../src/io/contracts.js';
import { addressGroup } from '../../../servers/node/handshakes.js';
import { usedBytes } from '../../hostile/memory.js';
import { begin, SHORT, type Journey } from './journey.js';
import { during } from './provider.js';

const MIB = 2 ** 20;
const TRIES = 1000;

const dialFrom = async ({ network, mixes }: Journey, host: string): Promise<Duplex> => {
  const address = mixes[0]?.address ?? '';
  const dialled = network.io.network.from(host).dial(address, new AbortController().signal);
  return (await during(network.io, dialled))._unsafeUnwrap();
};

describe('an address', () => {
  it('is one by IPv4, and by the first half of IPv6', () => {
    expect(addressGroup('192.0.2.1:5')).toBe(addressGroup('192.0.2.1:6'));
    expect(addressGroup('192.0.2.1:5')).not.toBe(addressGroup('192.0.2.2:5'));
    expect(addressGroup('[2001:db8::1]:5')).toBe(addressGroup('[2001:db8:0:0:ffff::2]:6'));
    expect(addressGroup('[2001:db8::1]:5')).not.toBe(addressGroup('[2001:db8:0:1::1]:5'));
  });
});

describe('peers that cost more than they give', () => {
  it('shut out only themselves when they open connections and say nothing', async () => {
    const tuning = { retryStepMs: 1000, maxHandshakes: 20, maxHandshakesPerAddress: 8 };
    const journey = await begin('silent', [{ tuning }]);
    const { network, mixes, counters, close } = journey;
    const other = await dialFrom(journey, '10.8.8.8');
    for (let i = 0; i < 50; i++) await dialFrom(journey, '10.9.9.9');
    expect(counters(0)['link.evicted-address']).toBe(42);
    expect(counters(0)['link.evicted']).toBeUndefined();
    expect(mixes[0]?.status().connections.handshakes).toBe(9);
    for (let i = 0; i < 50; i++) await dialFrom(journey, `10.7.7.${i}`);
    expect(counters(0)['link.evicted']).toBe(39);
    expect(mixes[0]?.status().connections.handshakes).toBe(20);
    // The first of all has had to go, since its turn had come.
    expect(await during(network.io, other.read())).toBeUndefined();
    journey.session.close();
    await network.io.clock.advance(100);
    journey.session = await network.providers[0].connect(mixes[0]?.address ?? '');
    await journey.send(network.packet(mixes, SHORT));
    await network.io.clock.advance(100);
    expect(counters(0)['packets.sent']).toBe(1);
    await network.io.clock.advance(31_000);
    expect(mixes[0]?.status().connections.handshakes).toBe(0);
    await close();
  });

  it('are refused above the number of connections', async () => {
    const tuning = { retryStepMs: 1000, maxConnections: 4 };
    const journey = await begin('many', [{ tuning }]);
    const { mixes, counters, close } = journey;
    for (let i = 0; i < 10; i++) await dialFrom(journey, `10.9.9.${i}`);
    expect(counters(0)['link.refused-busy']).toBe(7);
    const { handshakes, nodes } = mixes[0]?.status().connections ?? {};
    expect([handshakes, nodes]).toEqual([3, 1]);
    await close();
  });

  const badPeers: Readonly<
    Record<string, { readonly counter: string; readonly act: (duplex: Duplex) => unknown }>
  > = {
    'send nothing but a byte': {
      counter: 'link.handshake.slow',
      act: (duplex) => duplex.write(Uint8Array.of(3)),
    },
    'send garbage': {
      counter: 'link.handshake.garbage',
      act: (duplex) => duplex.write(new Uint8Array(5000).fill(0x7f)),
    },
    'hang up': { counter: 'link.handshake.half-open', act: (duplex) => duplex.end() },
  };

  it.each(Object.entries(badPeers))(
    'are closed, counted and forgotten a thousand times when they %s',
    async (_, { counter, act }) => {
      const journey = await begin(counter);
      const { network, mixes, counters, close } = journey;
      const attack = async (tries: number): Promise<void> => {
        for (let i = 0; i < tries; i++) {
          await act(await dialFrom(journey, '10.9.9.9'));
          if (i % 50 === 49) await network.io.clock.advance(31_000);
        }
      };
      await attack(200);
      const before = await usedBytes();
      await attack(TRIES);
      expect((await usedBytes()) - before).toBeLessThan(MIB);
      expect(counters(0)[counter]).toBe(TRIES + 200);
      expect(mixes[0]?.status().connections).toMatchObject({ handshakes: 0, nodes: 1 });
      await close();
    },
  );

  it('are closed and counted for a frame that is none', async () => {
    const journey = await begin('frames');
    const { network, mixes, counters, close } = journey;
    const attack = async (tries: number): Promise<void> => {
      for (let i = 0; i < tries; i++) {
        journey.session.close();
        await network.io.clock.advance(10);
        const address = mixes[0]?.address ?? '';
        const session = await network.providers[0].connect(address, (duplex) => {
          void duplex.write(new Uint8Array(20).fill(i));
        });
        expect((await during(network.io, session.receive())).isErr()).toBe(true);
        journey.session = session;
      }
      // What lingers on either side has gone by then.
      await network.io.clock.advance(130_000);
    };
    await attack(100);
    const before = await usedBytes();
    await attack(300);
    // Not a thousand, since each needs a whole handshake; and the collector leaves half a MiB of
    // ended sessions for later.
    expect((await usedBytes()) - before).toBeLessThan(MIB);
    expect(counters(0)['link.bad-frame']).toBe(400);
    await close();
  });

  it('are read no faster than the node’s bandwidth', async () => {
    const bandwidth = { bytesPerSecond: 100_000, spikeBytes: 10_000 };
    const journey = await begin('greedy', [{ tuning: { retryStepMs: 1000, bandwidth } }]);
    const { network, mixes, counters, session, close } = journey;
    const packets = Array.from({ length: 60 }, () => network.packet(mixes, SHORT));
    const bytes = packets.reduce((sum, packet) => sum + packet.length, 0);
    const startMs = network.io.clock.monotonic();
    for (const packet of packets) void session.send({ kind: 'send-packet', packet });
    const arrived = () => network.providers[1].received.length === packets.length;
    expect(await network.io.clock.runUntil(arrived, 60_000)).toBe(true);
    const tookMs = network.io.clock.monotonic() - startMs;
    // Each byte passes twice, in and out.
    const leastMs = ((2 * bytes - bandwidth.spikeBytes) * 1000) / bandwidth.bytesPerSecond;
    expect(tookMs).toBeGreaterThan(0.95 * leastMs);
    expect(tookMs).toBeLessThan(1.3 * leastMs + 1000);
    expect(counters(0)['packets.sent']).toBe(60);
    await close();
  });
});
