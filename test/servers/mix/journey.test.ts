import { describe, expect, it } from 'vitest';
import { elapsedMs, remainingMs } from '../../../src/pki/epoch.js';
import type { Session } from '../../../src/wire/contracts.js';
import type { RunningNode } from '../../../servers/node/node.js';
import type { NodeOptions } from '../../../servers/node/options.js';
import { seededRandom } from '../../../src/io/memory.js';
import { faultStage } from '../../../testkit/faults.js';
import { config, during, GEOMETRY, playNetwork, type PlayedNetwork } from './network.js';

interface Journey {
  readonly network: PlayedNetwork;
  readonly mixes: RunningNode[];
  /** The played entry's link to the first mix. */
  session: Session;
  send(packet: Uint8Array): Promise<void>;
  /** Starts mix `index` again on what it has stored. */
  restart(index: number): Promise<void>;
  counters(index: number): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

const begin = async (
  seed: string,
  options: readonly Partial<NodeOptions>[] = [],
): Promise<Journey> => {
  const network = await playNetwork(seed);
  const mixes: RunningNode[] = [];
  for (const index of [0, 1, 2]) mixes.push(await network.start(index, options[index]));
  await network.settle(mixes);
  const connect = () => network.providers[0].connect(mixes[0]?.address ?? '');
  const journey: Journey = {
    network,
    mixes,
    session: await connect(),
    send: async (packet) => {
      await during(network.io, journey.session.send({ kind: 'send-packet', packet }));
      await network.io.clock.advance(10);
    },
    restart: async (index) => {
      await during(network.io, mixes[index]?.close() ?? Promise.resolve());
      mixes[index] = await network.start(index, options[index]);
      await network.settle(mixes);
      if (index === 0) journey.session = await connect();
    },
    counters: (index) => mixes[index]?.status().counters ?? {},
    close: async () => {
      for (const mix of mixes) await during(network.io, mix.close());
    },
  };
  return journey;
};

const PAYLOAD = new Uint8Array(GEOMETRY.payloadLength).fill(0x5a);
const SHORT = [1, 1, 1];

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
    await during(network.io, session.send({ kind: 'get-consensus', epoch: network.now() }));
    await during(network.io, session.receive());
    expect(counters(0)['link.unexpected-command']).toBe(1);
    await close();
  });

  it('keep only their first connection', async () => {
    const { network, mixes, session, send, counters, close } = await begin('twice');
    const second = await network.providers[0].connect(mixes[0]?.address ?? '');
    expect((await during(network.io, second.receive())).isErr()).toBe(true);
    expect(counters(0)['link.duplicate']).toBe(1);
    await send(network.packet(mixes, SHORT));
    expect(counters(0)['packets.sent']).toBe(1);
    session.close();
    await network.io.clock.advance(100);
    expect(mixes[0]?.status().connections.nodes).toBe(0);
    await close();
  });
});

describe('epochs', () => {
  const toNextEpoch = async ({ network }: Journey, afterMs: number): Promise<void> => {
    const { clock } = network.io;
    await clock.advance(remainingMs(config.epochTime, clock.now()) + afterMs);
  };

  it('rotate keys, with two minutes of grace on both sides, over a restart too', async () => {
    const journey = await begin('grace');
    const { network, mixes, send, restart, counters, close } = journey;
    const { clock } = network.io;
    const [, exit] = network.providers;
    const [old, older] = [network.packet(mixes, SHORT), network.packet(mixes, SHORT)];
    await toNextEpoch(journey, 30_000);
    await restart(0);
    await send(old);
    await clock.advance(1000);
    expect(exit.received).toHaveLength(1);
    await clock.advance(125_000 - elapsedMs(config.epochTime, clock.now()));
    await send(older);
    expect(counters(0)['drop.bad-mac']).toBe(1);

    await clock.advance(remainingMs(config.epochTime, clock.now()) - 125_000);
    const next = network.now() + 1;
    await send(network.packet(mixes, SHORT, next));
    expect(counters(0)['drop.bad-mac']).toBe(2);
    await clock.advance(10_000);
    await send(network.packet(mixes, SHORT, next));
    await clock.advance(1000);
    expect(exit.received).toHaveLength(2);
    await close();
  });

  it('destroy a key with its replay tags once its grace is over', async () => {
    const journey = await begin('destroy');
    const { network, mixes, send, close } = journey;
    const first = network.now();
    await send(network.packet(mixes, SHORT));
    expect(mixes[0]?.status().replayTags).toBe(1);
    await toNextEpoch(journey, 1000);
    expect(mixes[0]?.status()).toMatchObject({ replayTags: 1 });
    expect(mixes[0]?.status().mixKeys).toContain(first);
    await toNextEpoch(journey, 1000);
    expect(mixes[0]?.status()).toMatchObject({ replayTags: 0 });
    expect(mixes[0]?.status().mixKeys).not.toContain(first);
    await close();
  });

  it('keep links up over many of them', async () => {
    const journey = await begin('many');
    const { network, mixes, send, close } = journey;
    for (let epoch = 0; epoch < 5; epoch++) {
      await toNextEpoch(journey, 5000);
      await send(network.packet(mixes, SHORT));
      await network.io.clock.advance(1000);
    }
    expect(network.providers[1].received).toHaveLength(5);
    expect(network.providers[1].sessions).toBe(1);
    await close();
  });
});

describe('publication', () => {
  it('posts the same bytes after a restart, until they are accepted', async () => {
    const network = await playNetwork('publish');
    const { clock } = network.io;
    const key = `${network.now()} m0`;
    network.authorityDown = true;
    const first = await network.start(0);
    await clock.advance(20_000);
    expect(first.status().counters['publish.failed']).toBeGreaterThan(1);
    await during(network.io, first.close());
    network.authorityDown = false;
    const second = await network.start(0);
    await clock.advance(20_000);
    expect(network.posts.get(key)).toHaveLength(1);
    second.republish();
    await clock.advance(1000);
    const [a, b] = network.posts.get(key) ?? [];
    expect(b).toEqual(a);
    await during(network.io, second.close());
  });

  it('is early for the next epoch, and says when it is too late', async () => {
    const network = await playNetwork('late');
    const { clock } = network.io;
    const mixes = [await network.start(0), await network.start(1), await network.start(2)];
    await clock.advance(10_000);
    const now = network.now();
    expect(network.posts.get(`${now + 1} m0`)).toHaveLength(1);
    await during(network.io, mixes[0]?.close() ?? Promise.resolve());
    await clock.advance(remainingMs(config.epochTime, clock.now()) + 1000);
    await clock.advance(config.epochTime.periodMs * 0.6);
    const again = await network.start(0);
    await clock.advance(10_000);
    expect(network.posts.get(`${now + 2} m0`)).toBeUndefined();
    expect(again.status().counters['publish.deadline-missed']).toBe(1);
    for (const mix of [again, ...mixes.slice(1)]) await during(network.io, mix.close());
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

  it('decoys of others end here unseen', async () => {
    const { network, mixes, send, counters, close } = await begin('foreign');
    const hops = mixes.slice(0, 1);
    await send(network.surbReply(hops));
    expect(counters(0)['drop.unknown-reply']).toBe(1);
    await close();
  });
});
