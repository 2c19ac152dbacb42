import { describe, expect, it } from 'vitest';
import { elapsedMs, remainingMs } from '../../../src/pki/epoch.js';
import { begin, SHORT, type Journey } from './journey.js';
import { playNetwork } from './network.js';
import { config, during } from './provider.js';

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

  it('posts once more what an operator asks for, whatever documents there are', async () => {
    const network = await playNetwork('again');
    const { clock } = network.io;
    const mixes = [await network.start(0), await network.start(1), await network.start(2)];
    await network.settle(mixes);
    const now = network.now();
    const posted = () => network.posts.get(`${now} m0`)?.length;
    expect(posted()).toBe(1);
    expect(mixes[0]?.republish()).toEqual([now, now + 1]);
    await clock.advance(1000);
    expect(posted()).toBe(2);
    await clock.advance(60_000);
    expect(posted()).toBe(2);
    for (const mix of mixes) await during(network.io, mix.close());
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
