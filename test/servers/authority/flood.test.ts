/** Too many who want something of the authority at once: honest readers are served all the same. */
import { describe, expect, it } from 'vitest';
import type { Duplex } from '../../../src/io/contracts.js';
import { Crowd } from '../../../servers/authority/crowd.js';
import { hostOf } from '../../../servers/authority/hosts.js';
import { duplexPair } from '../../../src/io/memory.js';
import { all, nodeOf, worldOf, type World } from './world.js';

const FLOOD = 2000;
const LIMIT = 512;
const DEADLINE_MS = 31_000;

const withDocument = async (): Promise<World> => {
  const world = await worldOf();
  for (const node of all) await world.post(node, world.now());
  await world.io.clock.advance(10);
  return world;
};

const dialFrom = async ({ io, authority }: World, host: string): Promise<Duplex> => {
  const dialled = await io.network.from(host).dial(authority.address, new AbortController().signal);
  return dialled._unsafeUnwrap();
};

const countOf = ({ authority }: World, name: string): number =>
  authority.status().counters[name] ?? 0;

describe('a flood', () => {
  it('of connections that say nothing keeps few open, and readers are served', async () => {
    const world = await withDocument();
    const before = world.io.network.counters().open;
    for (let i = 0; i < FLOOD; i++) await dialFrom(world, 'greedy');
    await world.io.clock.advance(10);
    expect(world.io.network.counters().open - before).toBeLessThanOrEqual(LIMIT);
    expect(countOf(world, 'link.evicted')).toBe(FLOOD - LIMIT);
    expect(await world.fetch(world.now())).toBe('genesis 0 layers 1,1,1');
    await world.io.clock.advance(DEADLINE_MS);
    expect(world.io.network.counters().open).toBe(0);
    expect(world.authority.status().idle).toBe(true);
    await world.authority.close();
  });

  it('of rubbish is cut and counted', async () => {
    const world = await withDocument();
    for (let i = 0; i < LIMIT; i++) {
      const duplex = await dialFrom(world, `host${i}`);
      await duplex.write(new Uint8Array(1601).fill(0xff));
    }
    expect(await world.fetch(world.now())).toBe('genesis 0 layers 1,1,1');
    expect(countOf(world, 'link.handshake.handshake')).toBe(LIMIT);
    await world.authority.close();
  });

  it('of readers is answered, every one', async () => {
    const world = await withDocument();
    const readers = Array.from({ length: 40 }, () => world.fetch(world.now()));
    const answers = new Set(await Promise.all(readers));
    expect(answers).toEqual(new Set(['genesis 0 layers 1,1,1']));
    expect(countOf(world, 'answered.get-consensus')).toBe(40);
    await world.authority.close();
  });

  it('of descriptors of one stranger costs a look each and a place', async () => {
    const world = await withDocument();
    const stranger = nodeOf(77, 0);
    for (let i = 0; i < 40; i++) await world.postFrom('greedy', stranger, world.now());
    expect(world.authority.status().nodes).toEqual({ listed: 4, missing: 0, waiting: 1 });
    expect(await world.fetch(world.now())).toBe('genesis 0 layers 1,1,1');
    await world.authority.close();
  });
});

describe('the crowd', () => {
  const ends = Array.from({ length: 6 }, () => duplexPair()[0]);

  it('lets go the oldest of the greediest host, and nobody while there is room', () => {
    const crowd = new Crowd(4);
    const [a, b, c, d, e, f] = ends as [Duplex, Duplex, Duplex, Duplex, Duplex, Duplex];
    const places = [
      ['x', a],
      ['y', b],
      ['y', c],
      ['z', d],
    ] as const;
    for (const [host, end] of places) expect(crowd.add(host, end)).toBeUndefined();
    expect(crowd.add('z', e)).toBe(b);
    expect(crowd.add('z', f)).toBe(d);
    crowd.remove('z', d);
    expect(crowd.size).toBe(4);
    crowd.remove('x', a);
    expect(crowd.size).toBe(3);
  });
});

describe('hosts', () => {
  it('are IPv4 addresses and IPv6 networks', () => {
    expect(hostOf('192.0.2.1:80')).toBe(hostOf('192.0.2.1:81'));
    expect(hostOf('[::ffff:192.0.2.1]:80')).toBe(hostOf('192.0.2.1:80'));
    expect(hostOf('[::ffff:192.0.2.1]:80')).not.toBe(hostOf('[::ffff:192.0.2.2]:80'));
    expect(hostOf('[2001:db8:1:2:3::1]:80')).toBe(hostOf('[2001:db8:1:2:4::1]:80'));
    expect(hostOf('[2001:db8:1:2::1]:80')).not.toBe(hostOf('[2001:db8:1:3::1]:80'));
    expect(hostOf('unix:/run/it')).toBe('unix:/run/it');
  });
});
