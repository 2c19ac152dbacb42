/** Where documents come from: disk, provider, authority; and what clocks have to do with it. */
import { describe, expect, it } from 'vitest';
import type { ClientEvent, MixClient } from '../../../src/client/types.js';
import { KATZENPOST_EPOCHS } from '../../../src/pki/epoch.js';
import type { Command } from '../../../src/wire/commands.js';
import { noting } from '../../support/socks-proxy.js';
import { openWorld, type World } from '../support/world.js';

const AUTHORITY = 'authority.test:1000';
const PERIOD_MS = 240_000;
const EPOCHS = { ...KATZENPOST_EPOCHS, periodMs: PERIOD_MS };
const HOUR_MS = 3_600_000;
const every = (meanMs: number) => ({ perMs: 1 / meanMs, maxMs: 10 * meanMs });
const SLOW = {
  mu: every(1000),
  lambdaP: every(10_000),
  lambdaL: every(300_000),
  lambdaD: every(300_000),
};

/** A world in which only alice's second client is there. */
const aliceAlone = async () => {
  const world = await openWorld({
    rates: SLOW,
    tuning: { pollingIntervalMs: 20_000 },
    epochTime: EPOCHS,
  });
  await world.bob.close();
  await world.io.clock.advance(1000);
  await world.alice.close();
  const { network, dialled } = noting(world.io.network);
  const io = { ...world.io, network };
  return { ...world, dialled, open: () => world.reopenAlice({ io }) };
};

const stateOf = (client: MixClient): string | undefined =>
  client.accounts.status()[0]?.connection.kind;

const collect = (client: MixClient): ClientEvent[] => {
  const seen: ClientEvent[] = [];
  void (async () => {
    for await (const event of client.events()) seen.push(event);
  })();
  return seen;
};

const document = (bytes: Uint8Array, code = 0): Command => ({
  kind: 'consensus',
  code,
  document: bytes,
});

const skews = (events: readonly ClientEvent[]): readonly number[] =>
  events.flatMap((event) => (event.kind === 'clock-skew' ? [event.skewMs] : []));

describe('documents of an earlier run', () => {
  it('are enough to connect again, whatever the authority does', async () => {
    const { io, net, dialled, open } = await aliceAlone();
    const asked = net.asked.length;
    io.network.partition('localhost', 'authority.test');
    const alice = await open();
    await io.clock.advance(1000);
    expect(stateOf(alice)).toBe('connected');
    expect(dialled).not.toContain(AUTHORITY);
    expect(net.asked).toHaveLength(asked);
    await io.clock.advance(3 * PERIOD_MS);
    expect(stateOf(alice)).toBe('connected');
    await alice.close();
  });

  it('are forgotten when they are damaged', async () => {
    const { io, net, open } = await aliceAlone();
    const directory = '/alice/alice@p1.test/documents';
    const [name = ''] = (await io.files.list(directory))._unsafeUnwrap();
    const bytes = (await io.files.read(`${directory}/${name}`))._unsafeUnwrap();
    bytes[bytes.length - 1]! ^= 1;
    (await io.files.write(`${directory}/${name}`, bytes))._unsafeUnwrap();
    const asked = net.asked.length;
    const alice = await open();
    await io.clock.advance(1000);
    expect(stateOf(alice)).toBe('connected');
    expect(net.asked.length).toBeGreaterThan(asked);
    await alice.close();
  });
});

describe('a provider that gives no good documents', () => {
  const lies: readonly (readonly [string, (world: World, epoch: number) => Command])[] = [
    ['damaged ones', ({ net }, epoch) => document(net.document(epoch).slice(0, -1))],
    ['those of other epochs', ({ net }, epoch) => document(net.document(epoch - 1))],
    ['none', () => document(new Uint8Array(0))],
    ['those of another authority', ({ net }, epoch) => document(net.forgedDocument(epoch))],
    ['rubbish', ({ io }) => document(io.random(5000))],
    ['the word that they are gone', () => document(new Uint8Array(0), 2)],
    ['a code that nobody knows', () => document(new Uint8Array(0), 77)],
    ['answers to other questions', () => ({ kind: 'no-op' })],
    ['what no provider may send', () => ({ kind: 'disconnect' })],
  ];

  it.each(lies)('but %s does not blind us: the authority is asked', async (_, lie) => {
    const world = await aliceAlone();
    const { io, net, open } = world;
    const alice = await open();
    await io.clock.advance(1000);
    const asked = net.asked.length;
    net.lies.provider = (epoch) => lie(world, epoch);
    const before = net.seen.length;
    await io.clock.advance(3 * PERIOD_MS);
    expect(stateOf(alice)).toBe('connected');
    expect(net.asked.length).toBeGreaterThanOrEqual(asked + 3);
    const late = net.seen
      .slice(before)
      .filter(({ kind, atMs }) => kind === 'send-packet' && atMs > 2.5 * PERIOD_MS);
    expect(late.length).toBeGreaterThan(3);
    await alice.close();
  });
});

describe('clocks', () => {
  it('that are wrong are noticed where there is no document by them', async () => {
    const { io, net, open } = await aliceAlone();
    net.authorityAheadMs = -5 * HOUR_MS;
    net.lies.authority = () => document(new Uint8Array(0), 1);
    await io.clock.advance(5 * PERIOD_MS);
    const alice = await open();
    const events = collect(alice);
    await io.clock.advance(HOUR_MS / 4);
    expect(stateOf(alice)).toBe('no-document');
    expect(skews(events)).toHaveLength(1);
    expect(skews(events)[0]).toBeGreaterThan(4.9 * HOUR_MS);
    expect(alice.accounts.status()[0]?.skewMs).toBeGreaterThan(4.9 * HOUR_MS);
    await alice.close();
  });

  it('are spoken of once, and again when they were right meanwhile', async () => {
    const { io, net, open } = await aliceAlone();
    net.clockAheadMs = 300_000;
    const alice = await open();
    const events = collect(alice);
    const reconnect = async (): Promise<void> => {
      net.dropLinks();
      await io.clock.advance(30_000);
    };
    for (let i = 0; i < 3; i++) await reconnect();
    expect(skews(events)).toHaveLength(1);
    net.clockAheadMs = 0;
    await reconnect();
    expect(Math.abs(alice.accounts.status()[0]?.skewMs ?? Infinity)).toBeLessThan(2000);
    net.clockAheadMs = -300_000;
    await reconnect();
    expect(skews(events)).toHaveLength(2);
    await alice.close();
  });
});
