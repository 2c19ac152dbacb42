/** A user, a node and a sender who are enemies, in a network that runs. */
import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { composeWithReply } from '../../src/client/packets/compose.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { MixClient } from '../../src/index.js';
import { memoryLog } from '../../src/io/memory.js';
import { verifyDocument } from '../../src/pki/document.js';
import { fetchDocument } from '../../src/pki/directory.js';
import { epochAt, KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import { nodeNamed, viewOf, type NetworkView } from '../../src/pki/view.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import { createPacket } from '../../src/sphinx/packet.js';
import { encodePlaintext } from '../../src/sphinx/plaintext.js';
import type { LinkDeps, Session } from '../../src/wire/contracts.js';
import { openLink } from '../../src/wire/link.js';
import { openTestWorld, type TestWorld } from '../../testkit/world.js';
import { repeated } from '../support/bytes.js';
import { anyone } from '../support/link.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const CAROL = 'carol@p1.test';
const LIMIT_MS = 10 * 60_000;
const geometry = smallGeometry(1500);
const suite = { geometry, primitives: selectPrimitives(memoryLog()) };

let world: TestWorld;
afterEach(() => world.close());

/** Everybody but Alice is at home; she is played by the test. */
const open = async (): Promise<void> => {
  world = await openTestWorld({
    users: [ALICE, BOB, CAROL],
    seed: 'attacks',
    clock: 'standing',
    openClients: false,
    geometry,
  });
  await world.open(BOB);
  await world.open(CAROL);
  expect(await world.until(() => world.isReady(), LIMIT_MS)).toBe(true);
};

/** The value, as soon as the world has made it. */
const made = async <T>(work: PromiseLike<T>): Promise<T> => {
  const box: T[] = [];
  void work.then((value) => box.push(value));
  await world.until(() => box.length > 0, LIMIT_MS);
  const [value] = box;
  if (value === undefined) throw new Error('it did not come');
  return value;
};

const linkDeps = (): LinkDeps => {
  const { geometry: wire, link: profile } = world.network.config;
  const { clock, random } = world.io;
  return { geometry: wire, profile, primitives: suite.primitives, clock, random };
};

const readView = async (): Promise<NetworkView> => {
  const { io, network } = world;
  const { clock } = io;
  const { authority, epochTime } = network.config;
  const epoch = epochAt(epochTime, clock.now());
  const deps = { network: io.network, link: linkDeps(), authority, clock };
  const fetched = await made(fetchDocument(deps, epoch, new AbortController().signal));
  const raw = fetched._unsafeUnwrap();
  const nowMs = clock.now();
  const document = verifyDocument(suite.primitives, raw, {
    authorityKey: authority.publicKey,
    epoch,
    nowMs,
  })._unsafeUnwrap();
  return viewOf(document, suite);
};

/** Alice's link to her provider, under the test's control. */
const aliceLink = async (): Promise<Session> => {
  const [account] = world.configOf(ALICE).accounts;
  const provider = world.network.provider('p1.test');
  const dialled = world.io.network.dial(provider.address, new AbortController().signal);
  const duplex = (await made(dialled))._unsafeUnwrap();
  const identity = { ad: utf8('alice'), secretKey: account?.linkKey ?? new Uint8Array(32) };
  const opened = openLink(linkDeps(), duplex, {
    identity,
    authenticate: anyone,
    deadlineMs: 60_000,
  });
  return (await made(opened))._unsafeUnwrap();
};

const countersOf = (name: string): Readonly<Record<string, number>> =>
  world.network.provider(name).status().counters;

const allDrops = (): Readonly<Record<string, number>> => {
  const sums: Record<string, number> = {};
  for (const node of world.network.nodes) {
    for (const [name, count] of Object.entries(node.status().counters)) {
      sums[name] = (sums[name] ?? 0) + count;
    }
  }
  return sums;
};

const nodesOf = (view: NetworkView) => {
  const [source, destination] = ['p1.test', 'p2.test'].map((name) => nodeNamed(view.exits, name));
  if (!source || !destination) throw new Error('no such provider');
  return { source, destination };
};

/** A packet of Alice's to a recipient at the other provider, with a reply block. */
const packetTo = (view: NetworkView, recipient: Uint8Array, body: Uint8Array): Uint8Array => {
  const { clock, random } = world.io;
  const { epochTime } = world.network.config;
  const deps = { suite, epochTime, clock, random, user: utf8('alice') };
  const parcel = { ...nodesOf(view), recipient, body };
  return composeWithReply(deps, view, parcel)._unsafeUnwrap().packet;
};

const expectHonestMail = async (): Promise<void> => {
  const carol: MixClient = world.client(CAROL);
  const mail = utf8('Subject: still here\r\n\r\nhello\r\n');
  (await made(carol.send({ account: CAROL, to: BOB, mail })))._unsafeUnwrap();
  const inbox = () => world.client(BOB).inbox.list(BOB, 'inbox')._unsafeUnwrap().length;
  expect(await world.until(() => inbox() > 0, LIMIT_MS)).toBe(true);
};

const settle = (): Promise<boolean> =>
  world.until(() => world.network.nodes.every((node) => node.status().idle), 60_000);

describe('a hostile user', () => {
  it('cannot hurt a provider by what they ask its key server', async () => {
    await open();
    const view = await readView();
    const session = await aliceLink();
    const questions = [
      '{"User":"bob","Version":{"toString":1,"valueOf":1}}',
      `{"User":"bob","Version":${'['.repeat(700)}${']'.repeat(700)}}`,
      `${'\u0000'.repeat(1400)}x`,
      '[]',
      '\ud800',
    ];
    for (const text of questions) {
      const packet = packetTo(view, utf8('+keyserver'), utf8(text).slice(0, 1500));
      expect((await made(session.send({ kind: 'send-packet', packet }))).isOk()).toBe(true);
    }
    const asked = () => countersOf('p2.test')['service.keyserver'] ?? 0;
    expect(await world.until(() => asked() === questions.length, LIMIT_MS)).toBe(true);
    await expectHonestMail();
  });

  it('gets nothing through that ends at their own provider, comes twice or is forged', async () => {
    await open();
    const view = await readView();
    const session = await aliceLink();
    const { source } = nodesOf(view);
    const epoch = epochAt(KATZENPOST_EPOCHS, world.io.clock.now());
    const mixKey = source.mixKeys.get(epoch) ?? new Uint8Array(32);
    const terminal = createPacket(suite, {
      path: [
        {
          nodeId: source.nodeId,
          mixKey,
          commands: [{ kind: 'recipient', recipient: repeated(0x61, 64) }],
        },
      ],
      payload: encodePlaintext(geometry, { kind: 'plain', body: utf8('x') }),
      random: world.io.random,
    })._unsafeUnwrap();
    const good = packetTo(view, utf8('+loop'), utf8('x'));
    const forged = good.slice().fill(7, 50, 60);
    const lowOrder = good.slice().fill(0, 2, 34);
    for (const packet of [terminal, good, good.slice(), forged, lowOrder]) {
      expect((await made(session.send({ kind: 'send-packet', packet }))).isOk()).toBe(true);
    }
    await settle();
    expect(countersOf('p1.test')).toMatchObject({
      'drop.must-forward': 1,
      'drop.replayed': 1,
      'drop.bad-mac': 1,
      'drop.low-order-point': 1,
    });
    await expectHonestMail();
  });

  it('has their link closed for a packet of another size', async () => {
    await open();
    const session = await aliceLink();
    await made(session.send({ kind: 'send-packet', packet: repeated(1, 10) }));
    await made(session.receive());
    expect(countersOf('p1.test')['link.packet-size']).toBe(1);
    await expectHonestMail();
  });

  it('has a reply block of low order die at the first mix', async () => {
    await open();
    const view = await readView();
    const session = await aliceLink();
    const { clock, random } = world.io;
    const { epochTime } = world.network.config;
    const deps = { suite, epochTime, clock, random, user: utf8('alice') };
    const surb = new Uint8Array(geometry.surbLength);
    surb.set(view.layers[0]?.[0]?.nodeId ?? new Uint8Array(0), geometry.headerLength);
    const parcel = { ...nodesOf(view), recipient: utf8('bob'), body: repeated(1, 10) };
    const packet = composeRaw(deps, view, parcel, surb);
    await made(session.send({ kind: 'send-packet', packet }));
    const dropped = () => allDrops()['drop.low-order-point'] ?? 0;
    expect(await world.until(() => dropped() > 0, LIMIT_MS)).toBe(true);
    await expectHonestMail();
  });

  it('may flood, and others are served', async () => {
    await open();
    const session = await aliceLink();
    for (let at = 0; at < 3000; at++) {
      const packet = world.io.random(geometry.packetLength);
      packet.fill(0, 0, 2);
      void session.send({ kind: 'send-packet', packet });
    }
    await expectHonestMail();
    const { 'drop.bad-mac': bad = 0, 'drop.queue-full': full = 0 } = countersOf('p1.test');
    const { 'drop.rate-limited': limited = 0, 'drop.unwrap-late': late = 0 } =
      countersOf('p1.test');
    expect(bad + full + limited + late).toBe(3000);
  });
});

/** A packet for Bob with a reply block of the caller's making. */
const composeRaw = (
  deps: Parameters<typeof composeWithReply>[0],
  view: NetworkView,
  parcel: Parameters<typeof composeWithReply>[2],
  surb: Uint8Array,
): Uint8Array => {
  const encode = encodePlaintext(geometry, { kind: 'with-surb', surb, body: parcel.body });
  const { primitives } = deps.suite;
  const epoch = epochAt(deps.epochTime, deps.clock.now());
  const hops = [parcel.source, ...view.layers.flatMap(([mix]) => mix ?? []), parcel.destination];
  const path = hops.map((node, at) => ({
    nodeId: node.nodeId,
    mixKey: node.mixKeys.get(epoch) ?? new Uint8Array(32),
    commands: [
      { kind: 'node-delay', delayMs: 100 } as const,
      ...(at === hops.length - 1
        ? [{ kind: 'recipient', recipient: concat(utf8('bob'), new Uint8Array(61)) } as const]
        : []),
    ],
  }));
  return createPacket(
    { geometry, primitives },
    { path, payload: encode, random: deps.random },
  )._unsafeUnwrap();
};

describe('a mail made to hurt', () => {
  it('is sent or refused, and the client goes on', async () => {
    await open();
    const carol = world.client(CAROL);
    for (const text of [
      'A:\n'.repeat(1_000_000),
      `X${' '.repeat(2_000_000)}X: 1\r\n\r\n`,
      `X: ${'a'.repeat(10_000_000)}`,
      'Bcc: x\r\n'.repeat(300_000),
      '\u0000',
      '',
    ]) {
      const sent = await made(carol.send({ account: CAROL, to: BOB, mail: utf8(text) }));
      if (sent.isOk()) {
        for (const { messageId } of sent.value) {
          (await made(carol.outbox.cancel(messageId)))._unsafeUnwrap();
        }
      } else expect(sent.error.kind).toMatch(/^(?:bad-mail|mail-too-large)$/);
    }
    await expectHonestMail();
  });

  it('to names that mean something to the language reaches nobody', async () => {
    await open();
    const carol = world.client(CAROL);
    for (const to of [
      '__proto__@p2.test',
      'constructor@p2.test',
      '__proto__',
      'toString',
      '@',
      '',
    ]) {
      const sent = await made(carol.send({ account: CAROL, to, mail: utf8('A: b\r\n\r\n') }));
      expect(sent.isErr()).toBe(true);
    }
    for (const account of ['__proto__', 'constructor@p1.test', '']) {
      const sent = await made(carol.send({ account, to: BOB, mail: utf8('A: b\r\n\r\n') }));
      expect(sent._unsafeUnwrapErr().kind).toBe('unknown-account');
    }
  });
});
