/** Deadlines that are too long to be waited for, on a clock turned by hand. */
import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { fetchDocument } from '../../src/pki/directory.js';
import { epochAt } from '../../src/pki/epoch.js';
import type { Duplex } from '../../src/io/contracts.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import { openTestWorld, type TestWorld } from '../../testkit/world.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import { openLink } from '../../src/wire/link.js';
import type { LinkDeps, Session } from '../../src/wire/contracts.js';
import { hex, repeated } from '../support/bytes.js';
import { first } from '../support/handshake.js';
import { anyone } from '../support/link.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const READY_MS = 10 * 60_000;
const genuine = hex(first);

let world: TestWorld;
afterEach(() => world.close());

const open = async (): Promise<void> => {
  // Nothing here is about mail: little traffic, small packets.
  world = await openTestWorld({
    users: [ALICE, BOB],
    seed: 'patience',
    clock: 'standing',
    means: { mu: 100, lambdaP: 5000, lambdaL: 20_000, lambdaD: 20_000, lambdaM: 20_000 },
    geometry: smallGeometry(500),
  });
  expect(await world.until(() => world.isReady(), READY_MS)).toBe(true);
};

const dial = async (address: string): Promise<Duplex> =>
  (await world.io.network.dial(address, new AbortController().signal))._unsafeUnwrap();

/** Whether the other side has closed. */
const watchEnd = (duplex: Duplex): { ended: boolean } => {
  const state = { ended: false };
  void (async () => {
    while ((await duplex.read()) !== undefined);
    state.ended = true;
  })();
  return state;
};

const authorityAddress = (): string => world.network.config.authority.addresses[0] ?? '';

const linkDeps = (): LinkDeps => {
  const { geometry, link: profile } = world.network.config;
  const { clock, random } = world.io;
  return { geometry, profile, primitives: selectPrimitives(), clock, random };
};

const addressesOfAll = (): readonly string[] => [
  authorityAddress(),
  ...world.network.nodes.map(({ address }) => address),
];

describe('a connection to any node', () => {
  it('that says nothing, half a message or one and no more is closed within a minute', async () => {
    await open();
    const ends: { ended: boolean }[] = [];
    for (const address of addressesOfAll()) {
      for (const bytes of [genuine.slice(0, 0), genuine.slice(0, 800), genuine.slice()]) {
        const duplex = await dial(address);
        void duplex.write(bytes);
        ends.push(watchEnd(duplex));
      }
    }
    expect(await world.until(() => ends.every(({ ended }) => ended), 60_000)).toBe(true);
    expect(world.network.authority.status().counters['link.handshake.deadline']).toBe(3);
    for (const node of world.network.nodes) {
      expect(node.status().counters['link.handshake.slow']).toBe(3);
      expect(node.status().connections.handshakes).toBe(0);
    }
  });

  it('that drips is closed as early', async () => {
    await open();
    const duplexes = await Promise.all(addressesOfAll().map(dial));
    const ends = duplexes.map(watchEnd);
    for (let at = 0; at < 60; at++) {
      for (const duplex of duplexes) void duplex.write(genuine.slice(at, at + 1));
      await world.io.clock.advance(1000);
    }
    expect(ends.every(({ ended }) => ended)).toBe(true);
  });
});

/** A stranger's session with the authority. */
const visit = async (): Promise<Session> => {
  const duplex = await dial(authorityAddress());
  const identity = { ad: new Uint8Array(0), secretKey: repeated(7, 32) };
  const opened = openLink(linkDeps(), duplex, {
    identity,
    authenticate: anyone,
    deadlineMs: 30_000,
  });
  let session: Session | undefined;
  void opened.map((made) => (session = made));
  await world.until(() => session !== undefined, 30_000);
  if (session === undefined) throw new Error('no session');
  return session;
};

describe('a visitor of the authority', () => {
  const closes = async (session: Session): Promise<boolean> => {
    let over = false;
    void session.closed.then(() => (over = true));
    void session.receive();
    return world.until(() => over, 120_000);
  };

  it('who asks nothing is sent away', async () => {
    await open();
    expect(await closes(await visit())).toBe(true);
    expect(world.network.authority.status().counters['link.link-ended']).toBe(1);
  });

  it('who asks what is none of their business gets no answer', async () => {
    await open();
    for (const command of [
      { kind: 'send-packet', packet: repeated(1, 100) },
      { kind: 'post-descriptor', epoch: 1, descriptor: repeated(1, 100) },
      { kind: 'vote', epoch: 1, publicKey: repeated(1, 32), payload: repeated(2, 9) },
      { kind: 'retrieve-message', sequence: 0 },
    ] as const) {
      const session = await visit();
      await session.send(command);
      expect(await closes(session)).toBe(true);
    }
    const { counters } = world.network.authority.status();
    expect(counters['unanswered.send-packet']).toBe(1);
    expect(counters['unanswered.post-descriptor']).toBe(1);
  });

  it('who is honest is answered afterwards', async () => {
    await open();
    for (let i = 0; i < 600; i++) {
      const duplex = await dial(authorityAddress());
      void duplex.write(concat(genuine, utf8('garbage')));
    }
    const { io, network } = world;
    const { clock } = io;
    const epoch = epochAt(network.config.epochTime, clock.now());
    const deps = {
      network: io.network,
      link: linkDeps(),
      authority: network.config.authority,
      clock,
    };
    let length = 0;
    void fetchDocument(deps, epoch, new AbortController().signal).map(
      (raw) => (length = raw.length),
    );
    expect(await world.until(() => length > 0, 30_000)).toBe(true);
    expect(network.authority.status().counters['link.evicted']).toBeGreaterThan(0);
  });
});
