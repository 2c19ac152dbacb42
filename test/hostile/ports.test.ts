/**
 * Every listening port under attack, over real loopback sockets: bad connections are closed and
 * counted, nothing stays behind, and honest people are served at once.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { nodeRandom } from '../../src/io/node.js';
import { hex } from '../support/bytes.js';
import { first, third } from '../support/handshake.js';
import { askManagement, exchangeMail } from './people.js';
import { raw } from './raw.js';
import {
  eventually,
  expectClosed,
  many,
  pause,
  underAttack,
  type Counters,
  type Port,
} from './siege.js';
import { buildTown, HANDSHAKE_MS, type Town } from './town.js';

/** Most that any of the bridges holds at once. */
const MOST_SESSIONS = 64;
/** The authority holds fewer connections at once. */
const MORE_THAN_FIT = 600;

let town: Town;
beforeAll(async () => {
  town = await buildTown();
});
afterAll(() => town.close());

const linkCounters = (counters: Counters): Counters =>
  Object.fromEntries(Object.entries(counters).filter(([name]) => name.startsWith('link.')));

const nodePort = (name: string, index: number): Port => {
  const status = () => town.network.nodes[index]!.status();
  return {
    name,
    address: () => town.network.nodes[index]!.address,
    counters: () => linkCounters(status().counters),
    pending: () => status().connections.handshakes,
  };
};

/** The mixes are 0 to 2, the providers 3 and 4. */
const NODES: readonly Port[] = [nodePort('a mix', 1), nodePort('a provider', 3)];

const AUTHORITY: Port = {
  name: 'the authority',
  address: () => town.network.authority.address,
  counters: () => linkCounters(town.network.authority.status().counters),
  pending: () => 0,
};

const bridgePort = (name: 'smtp' | 'pop3' | 'management'): Port => ({
  name,
  address: () => town[name].address,
  counters: () => town[name].status().counters,
  pending: () => town[name].status().sessions,
});

const BRIDGES = [bridgePort('smtp'), bridgePort('pop3'), bridgePort('management')] as const;
const LINKS = [...NODES, AUTHORITY];

/** A first message that is genuine in form. */
const genuine = hex(first);

describe('an honest mail', () => {
  it('passes in peace', async () => {
    await exchangeMail(town, 'peace');
    await askManagement(town);
  });
});

describe.each(NODES)('$name', (port) => {
  it.each([
    ['random bytes', () => nodeRandom(4000)],
    ['the right first byte, then garbage', () => concat(Uint8Array.of(1), nodeRandom(4000))],
    ['a genuine first message, then garbage', () => concat(genuine, nodeRandom(400))],
    ['a replayed handshake', () => concat(genuine, hex(third))],
    ['a megabyte of zeros', () => new Uint8Array(1 << 20)],
    ['an HTTP request', () => utf8(`GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(400)}\r\n`)],
  ])('closes and counts %s', async (_, bytes) => {
    await underAttack(port, async () => {
      const peers = await many(10, () => raw(port.address()));
      await Promise.all(peers.map((peer) => peer.write(bytes())));
      await expectClosed(peers);
    });
  });

  it('closes and counts those who say nothing, and those who drip', async () => {
    await underAttack(port, async () => {
      const started = Date.now();
      const silent = await many(10, () => raw(port.address()));
      const dripping = await many(5, () => raw(port.address()));
      for (let at = 0; at < genuine.length; at++) {
        const byte = genuine.slice(at, at + 1);
        const alive = await Promise.all(dripping.map((peer) => peer.write(byte)));
        if (!alive.some(Boolean)) break;
        await pause(10);
      }
      await expectClosed([...silent, ...dripping]);
      expect(Date.now() - started).toBeGreaterThan(HANDSHAKE_MS / 2);
    });
  });

  it('closes and counts those who do not read', async () => {
    await underAttack(port, async () => {
      const peers = await many(5, () => raw(port.address(), 'deaf'));
      await Promise.all(peers.map((peer) => peer.write(genuine)));
      await pause(HANDSHAKE_MS + 500);
      // Who does not read does not see the end either.
      await eventually(() => expect(port.pending()).toBe(0));
      for (const peer of peers) peer.socket.destroy();
    });
  });

  it('survives five hundred connections at once that leave again', async () => {
    await underAttack(port, async () => {
      for (let round = 0; round < 5; round++) {
        for (const peer of await many(100, () => raw(port.address()))) peer.socket.destroy();
      }
    });
  });

  it('lets others in while three hundred say nothing', async () => {
    await underAttack(port, async () => {
      const silent = await many(300, () => raw(port.address()));
      const honest = await raw(port.address());
      await honest.write(genuine);
      await eventually(() => expect(honest.heard()).toBeGreaterThan(0));
      // All come from one address, whose oldest make room.
      expect(port.counters()['link.evicted-address']).toBeGreaterThan(0);
      honest.socket.destroy();
      await expectClosed(silent);
    });
  });
});

describe('the authority', () => {
  it.each([
    ['random bytes', () => nodeRandom(4000)],
    ['a genuine first message, then garbage', () => concat(genuine, nodeRandom(400))],
    ['a megabyte of zeros', () => new Uint8Array(1 << 20)],
  ])('closes and counts %s', async (_, bytes) => {
    await underAttack(AUTHORITY, async () => {
      const peers = await many(10, () => raw(AUTHORITY.address()));
      await Promise.all(peers.map((peer) => peer.write(bytes())));
      await expectClosed(peers);
    });
  });

  it('survives hundreds of connections that leave again, and lets others in meanwhile', async () => {
    await underAttack(AUTHORITY, async () => {
      const silent = await many(MORE_THAN_FIT, () => raw(AUTHORITY.address()));
      const honest = await raw(AUTHORITY.address());
      await honest.write(genuine);
      await eventually(() => expect(honest.heard()).toBeGreaterThan(0));
      expect(AUTHORITY.counters()['link.evicted']).toBeGreaterThan(0);
      honest.socket.destroy();
      for (const peer of silent) peer.socket.destroy();
      for (const peer of await many(MORE_THAN_FIT, () => raw(AUTHORITY.address()))) {
        peer.socket.destroy();
      }
    });
  });
});

describe.each(BRIDGES)('the $name port', (port) => {
  it('closes and counts garbage', async () => {
    await underAttack(port, async () => {
      const peers = await many(10, () => raw(port.address()));
      await pause(200);
      const garbage = concat(...Array.from({ length: 120 }, () => utf8('gar bage \u0000\n')));
      await Promise.all(peers.map((peer) => peer.write(garbage)));
      await expectClosed(peers);
    });
  });

  it('counts a line without an end, and holds nothing of it', async () => {
    await underAttack(port, async () => {
      const peer = await raw(port.address());
      await pause(200);
      const piece = new Uint8Array(1 << 16).fill(0x61);
      const before = process.memoryUsage().rss;
      for (let i = 0; i < 200 && (await peer.write(piece.slice())); i++);
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
      peer.socket.destroy();
    });
  });

  it('survives five hundred connections at once that leave again', async () => {
    await underAttack(port, async () => {
      for (let round = 0; round < 5; round++) {
        for (const peer of await many(100, () => raw(port.address()))) peer.socket.destroy();
        await pause(50);
        await town.patience.advance(5000);
      }
    });
  });

  it('has room for a few at once, and turns the others away', async () => {
    await underAttack(port, async () => {
      const refused = (): number => {
        const counters = port.counters();
        return (counters['refused-busy'] ?? 0) + (counters['reply.421'] ?? 0);
      };
      const before = refused();
      const peers = await many(100, () => raw(port.address()));
      await eventually(() =>
        expect(refused() - before).toBeGreaterThanOrEqual(100 - MOST_SESSIONS),
      );
      await town.patience.advance(5000);
      for (const peer of peers) peer.socket.destroy();
    });
  });
});

describe.each([BRIDGES[0], BRIDGES[1]])('the $name port', (port) => {
  const TICKS = 100;

  it('closes and counts those who say nothing, and those who drip', async () => {
    await underAttack(port, async () => {
      const silent = await many(5, () => raw(port.address()));
      const dripping = await many(5, () => raw(port.address()));
      await pause(300);
      for (let at = 0; at < TICKS; at++) {
        await Promise.all(dripping.map((peer) => peer.write(utf8(at % 10 === 9 ? '\n' : 'N'))));
        await town.patience.advance(1000);
      }
      await expectClosed([...silent, ...dripping]);
    });
  });

  it('closes and counts those who do not read', async () => {
    await underAttack(port, async () => {
      const peers = await many(3, () => raw(port.address(), 'deaf'));
      await pause(200);
      const commands = utf8('NOOP\r\nCAPA\r\n'.repeat(5000));
      for (const peer of peers) void peer.write(commands.slice());
      for (let at = 0; at < TICKS; at++) {
        await town.patience.advance(10_000);
        if (at % 10 === 0) await pause(20);
      }
      for (const peer of peers) peer.socket.destroy();
    });
  });
});

describe('an honest mail', () => {
  it('passes while every port is under attack', async () => {
    const attackers = await Promise.all(
      [...LINKS, ...BRIDGES].map((port) => many(5, () => raw(port.address()))),
    );
    for (const peer of attackers.flat()) void peer.write(concat(genuine, nodeRandom(1000)));
    await exchangeMail(town, 'war');
    for (const peer of attackers.flat()) peer.socket.destroy();
  });

  it('passes after all attacks', async () => {
    await exchangeMail(town, 'after');
    await askManagement(town);
    expect(town.network.isReady()).toBe(true);
  });
});
