import { describe, expect, it } from 'vitest';
import { equal } from '../../../src/bytes/compare.js';
import { toHex } from '../../../src/bytes/text.js';
import type { Clock } from '../../../src/io/contracts.js';
import { memoryLog, seededRandom } from '../../../src/io/memory.js';
import { elapsedMs, remainingMs } from '../../../src/pki/epoch.js';
import { memoryStores } from '../../../src/store/memory.js';
import type { Change, OpenStore, Store, StoreError } from '../../../src/store/store.js';
import { KEY_GRACE_MS } from '../../../servers/node/mix-keys.js';
import { TAG_LENGTH } from '../../../servers/node/tag-set.js';
import { usedBytes } from '../../hostile/memory.js';
import { begin, SHORT, type Journey } from './journey.js';
import { config, during } from './provider.js';

const TAGS = /^replay-tags-/;

/** What lies in the store of a node, seen from outside; commits take as long as they are told. */
const watched = (commitMs: () => number) => {
  const stores = memoryStores();
  const records = new Map<string, Uint8Array>();
  const keysMade: Uint8Array[] = [];
  let clock: Clock | undefined;
  const apply = (change: Change): void => {
    const place = `${change.collection} ${toHex(change.key)}`;
    if (change.kind === 'delete') records.delete(place);
    else records.set(place, change.value.slice());
    if (change.kind === 'put' && change.collection === 'mix-keys') {
      keysMade.push(change.value.slice());
    }
  };
  const watch = (store: Store): Store => ({
    get: (collection, key) => store.get(collection, key),
    list: (collection) => store.list(collection),
    close: () => store.close(),
    commit: (changes, durability) =>
      store
        .commit(changes, durability)
        .map(() => clock?.sleep(commitMs()))
        .map(() => changes.forEach(apply)),
  });
  const openStore: OpenStore = (path, key) => stores.open(path, key).map(watch);
  const durableTags = (): number =>
    [...records]
      .filter(([place]) => TAGS.test(place))
      .reduce((sum, [, page]) => sum + page.length / TAG_LENGTH, 0);
  return {
    openStore,
    records,
    keysMade,
    durableTags,
    slowDown: (its: Clock) => (clock = its),
    failCommits: (error: StoreError | undefined) => stores.failCommits(error),
  };
};

describe('a tag', () => {
  it('is durable before its packet leaves, however slow the store is', async () => {
    const random = seededRandom('slow store');
    const store = watched(() => random(1)[0] ?? 0);
    let left = 0;
    const ahead: boolean[] = [];
    const journey = await begin('order', [
      {
        openStore: store.openStore,
        faults: (packet) => {
          left++;
          ahead.push(store.durableTags() >= left);
          return [{ packet, delayMs: 0 }];
        },
      },
    ]);
    const { network, mixes, send, close } = journey;
    store.slowDown(network.io.clock);
    for (let i = 0; i < 60; i++) await send(network.packet(mixes, SHORT));
    await network.io.clock.advance(2000);
    expect(left).toBe(60);
    expect(ahead).not.toContain(false);
    expect(network.providers[1].received).toHaveLength(60);
    await close();
  });

  it('that cannot be stored keeps its packet in, and is remembered all the same', async () => {
    const store = watched(() => 0);
    const journey = await begin('fail point', [{ openStore: store.openStore }]);
    const { network, mixes, send, counters, close } = journey;
    const packet = network.packet(mixes, SHORT);
    store.failCommits({ kind: 'store-full' });
    await send(packet.slice());
    expect(counters(0)['drop.tag-not-stored']).toBe(1);
    store.failCommits(undefined);
    await send(packet.slice());
    expect(counters(0)['drop.replayed']).toBe(1);
    await network.io.clock.advance(1000);
    expect(network.providers[1].received).toEqual([]);
    await close();
  });
});

const toNextEpoch = async ({ network }: Journey, afterMs: number): Promise<void> => {
  const { clock } = network.io;
  await clock.advance(remainingMs(config.epochTime, clock.now()) + afterMs);
};

/** The first mix dies as by SIGKILL, and starts again. */
const kill = async (journey: Journey): Promise<void> => {
  const { network, mixes } = journey;
  network.stores.crash('/m0');
  await during(network.io, mixes[0]?.close() ?? Promise.resolve());
  mixes[0] = await network.start(0);
  await network.settle(mixes);
  journey.session = await network.providers[0].connect(mixes[0].address);
};

describe('a replay', () => {
  it('is dropped at once, after a kill, in the grace after rotation, and after that', async () => {
    const journey = await begin('everywhere');
    const { network, mixes, send, restart, counters, close } = journey;
    const { clock } = network.io;
    const packet = network.packet(mixes, SHORT);
    await send(packet.slice());
    await send(packet.slice());
    expect(counters(0)['drop.replayed']).toBe(1);
    // Nothing but the tag was waited for: the kill comes right behind it.
    const next = network.packet(mixes, SHORT);
    await send(next.slice());
    await kill(journey);
    for (const each of [packet, next]) await send(each.slice());
    expect(counters(0)['drop.replayed']).toBe(2);
    await restart(0);
    await toNextEpoch(journey, 60_000);
    await send(packet.slice());
    expect(counters(0)['drop.replayed']).toBe(1);
    await clock.advance(KEY_GRACE_MS);
    await send(packet.slice());
    expect(counters(0)).toMatchObject({ 'drop.replayed': 1, 'drop.bad-mac': 1 });
    await clock.advance(1000);
    expect(network.providers[1].received).toHaveLength(2);
    await close();
  });
});

describe('a key', () => {
  it('opens what was made for its last second until the grace is over, to the second', async () => {
    const journey = await begin('last second');
    const { network, mixes, send, counters, close } = journey;
    const { clock } = network.io;
    await clock.advance(remainingMs(config.epochTime, clock.now()) - 1000);
    const [inTime, late] = [network.packet(mixes, SHORT), network.packet(mixes, SHORT)];
    await toNextEpoch(journey, KEY_GRACE_MS - 1000);
    await send(inTime);
    await clock.advance(500);
    expect(network.providers[1].received).toHaveLength(1);
    await clock.advance(KEY_GRACE_MS + 1000 - elapsedMs(config.epochTime, clock.now()));
    await send(late);
    expect(counters(0)['drop.bad-mac']).toBe(1);
    await clock.advance(1000);
    expect(network.providers[1].received).toHaveLength(1);
    await close();
  });

  it('is nowhere in the store once it is destroyed, and neither are its tags', async () => {
    const store = watched(() => 0);
    const journey = await begin('destroyed', [{ openStore: store.openStore }]);
    const { network, mixes, send, close } = journey;
    await send(network.packet(mixes, SHORT));
    const [first] = store.keysMade;
    const isStored = () =>
      [...store.records.values()].some((value) => {
        const key = first ?? new Uint8Array(0);
        return Array.from({ length: value.length - key.length + 1 }, (_, at) =>
          value.subarray(at, at + key.length),
        ).some((part) => equal(part, key));
      });
    expect(isStored()).toBe(true);
    expect(store.durableTags()).toBe(1);
    await toNextEpoch(journey, 1000);
    expect(isStored()).toBe(true);
    await toNextEpoch(journey, 1000);
    expect(isStored()).toBe(false);
    expect(store.durableTags()).toBe(0);
    await close();
  });
});

describe('forged packets', () => {
  /** Of simulated time; in reality it takes as long as opening them. */
  const PER_SECOND = 3000;
  const SECONDS = 10;
  const TURN_MS = 10;
  const MIB = 2 ** 20;

  it('by the thousand each second take no memory, and honest mail passes between them', async () => {
    const journey = await begin('forged');
    const { network, mixes, counters, close } = journey;
    const { clock, random } = network.io;
    // A log that keeps a line for each drop would be all that grows.
    const log = memoryLog({ level: 'error' });
    const io = { ...network.io, network: network.io.network.from('10.0.0.1'), log };
    await during(network.io, mixes[0]?.close() ?? Promise.resolve());
    mixes[0] = await network.start(0, { io });
    await network.settle(mixes);
    const session = await network.providers[0].connect(mixes[0].address);
    const sample = network.packet(mixes, SHORT);
    /** A header with an element of its own, whose MAC is wrong. */
    const forged = (): Uint8Array => {
      const packet = sample.slice();
      packet.set(random(32), 2);
      return packet;
    };
    let honest = 0;
    const flood = async (seconds: number): Promise<void> => {
      for (let atMs = 0; atMs < seconds * 1000; atMs += TURN_MS) {
        for (let i = 0; i < (PER_SECOND * TURN_MS) / 1000; i++) {
          void session.send({ kind: 'send-packet', packet: forged() });
        }
        if (atMs % 100 === 0) {
          honest++;
          void session.send({ kind: 'send-packet', packet: network.packet(mixes, SHORT) });
        }
        await clock.advance(TURN_MS);
      }
    };
    await flood(1);
    const before = await usedBytes();
    await flood(SECONDS);
    // The memory network's own log of what arrived honestly is a part of it.
    expect((await usedBytes()) - before).toBeLessThan(4 * MIB);
    await clock.advance(1000);
    expect(network.providers[1].received).toHaveLength(honest);
    expect(honest).toBe(10 * (SECONDS + 1));
    expect(counters(0)['drop.bad-mac']).toBe(PER_SECOND * (SECONDS + 1));
    expect(mixes[0].status().replayTags).toBe(honest);
    await close();
  });
});
