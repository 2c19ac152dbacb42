import { describe, expect, it } from 'vitest';
import type {
  AccountConfig,
  ClientEvent,
  ConnectionState,
  MixClient,
} from '../../../src/client/types.js';
import { ALICE, BOB, mailOf, openWorld, type World, type WorldOptions } from '../support/world.js';

const stateOf = (client: MixClient): ConnectionState['kind'] | undefined =>
  client.accounts.status()[0]?.connection.kind;

const every = (meanMs: number) => ({ perMs: 1 / meanMs, maxMs: 10 * meanMs });
const SLOW = { lambdaP: every(60_000), lambdaL: every(60_000), lambdaD: every(60_000) };

const statesIn = (events: readonly ClientEvent[]): readonly string[] =>
  events.flatMap((event) => (event.kind === 'connection' ? [event.state.kind] : []));

type Account = Partial<AccountConfig>;

/** A world in which only alice's second client is there. */
const aliceAlone = async (
  account: Account | ((world: World) => Account) = {},
  options: WorldOptions = {},
) => {
  const world = await openWorld(options);
  await world.alice.close();
  await world.bob.close();
  const handshakes = world.net.handshakes.length;
  const alice = await world.reopenAlice(
    {},
    typeof account === 'function' ? account(world) : account,
  );
  const events: ClientEvent[] = [];
  void (async () => {
    for await (const event of alice.events()) events.push(event);
  })();
  return { ...world, alice, events, attempts: () => world.net.handshakes.slice(handshakes) };
};

describe('the connection', () => {
  it('never touches a provider whose key is not the pinned one', async () => {
    const { io, alice, attempts } = await aliceAlone({ providerKeyPin: new Uint8Array(32) });
    await io.clock.advance(3_600_000);
    expect(stateOf(alice)).toBe('pin-mismatch');
    expect(attempts()).toEqual([]);
    await alice.close();
  });

  it('says a wrong key once, also while documents are missing', async () => {
    const { io, net, alice, events } = await aliceAlone({ providerKeyPin: new Uint8Array(32) });
    await io.clock.advance(60_000);
    const nothing = { kind: 'consensus', code: 1, document: new Uint8Array(0) } as const;
    net.lies.authority = () => nothing;
    await io.clock.advance(2 * 1_200_000);
    net.lies.authority = undefined;
    await io.clock.advance(2 * 1_200_000);
    expect(statesIn(events)).toEqual(['pin-mismatch']);
    await alice.close();
  });

  it('sends nothing more to a provider whose key has changed, until it is the old one', async () => {
    const { io, net, alice, events, attempts } = await aliceAlone(
      (world) => ({ providerKeyPin: world.net.providers[0]!.identityKey }),
      { rates: SLOW },
    );
    await io.clock.advance(1000);
    expect(stateOf(alice)).toBe('connected');
    net.strangers.set('p1.test', net.stranger('p1.test'));
    await io.clock.advance(1_200_000);
    expect(stateOf(alice)).toBe('pin-mismatch');
    const [before, commands] = [attempts().length, net.seen.length];
    (await alice.send({ account: ALICE, to: BOB, mail: mailOf('kept') }))._unsafeUnwrap();
    await io.clock.advance(600_000);
    expect(attempts()).toHaveLength(before);
    expect(net.seen).toHaveLength(commands);
    expect(alice.outbox.list()).toHaveLength(1);
    net.strangers.clear();
    expect(await io.clock.runUntil(() => stateOf(alice) === 'connected', 2_400_000)).toBe(true);
    expect(statesIn(events).filter((kind) => kind === 'pin-mismatch')).toHaveLength(1);
    await alice.close();
  });

  it('waits for a provider that is not in the document, without spinning', async () => {
    const { io, alice, attempts } = await aliceAlone({ provider: 'p9.test' });
    await io.clock.advance(3_600_000);
    expect(stateOf(alice)).toBe('provider-missing');
    expect(attempts()).toEqual([]);
    await alice.close();
  });

  it('backs off, with jitter, while an older link of the same user is there', async () => {
    const { io, net, alice, attempts } = await aliceAlone();
    net.refuseLinks = true;
    await io.clock.advance(1_800_000);
    const times = attempts();
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps[0]).toBeGreaterThan(11_000);
    expect(gaps.at(-1)).toBeGreaterThan(89_000);
    expect(Math.max(...gaps)).toBeLessThan(152_000);
    expect(new Set(gaps).size).toBe(gaps.length);
    net.refuseLinks = false;
    expect(await io.clock.runUntil(() => stateOf(alice) === 'connected', 200_000)).toBe(true);
    await alice.close();
  });

  it('comes back at once when a link that worked has broken', async () => {
    const { io, net, alice, events, attempts } = await aliceAlone();
    await io.clock.advance(5000);
    const before = attempts().length;
    net.dropLinks();
    await io.clock.advance(1000);
    expect(attempts().length).toBe(before + 1);
    const states = events.flatMap((each) => (each.kind === 'connection' ? [each.state.kind] : []));
    expect(states).toEqual(['connecting', 'connected', 'connecting', 'connected']);
    await alice.close();
  });

  it('closes a link whose answers do not fit, and does not hurry back', async () => {
    const { io, net, alice, attempts } = await aliceAlone();
    net.wrongSequence = true;
    await io.clock.advance(300_000);
    expect(attempts().length).toBeGreaterThan(3);
    expect(attempts().length).toBeLessThan(8);
    await alice.close();
  });

  it('starts its sequences over on every link', async () => {
    const { io, net, alice } = await aliceAlone();
    await io.clock.advance(5000);
    const before = net.sequences.length;
    expect(net.sequences.at(-1)).toBeGreaterThan(1);
    net.dropLinks();
    await io.clock.advance(10_000);
    expect(net.sequences[before]).toBe(0);
    await alice.close();
  });

  it('says when the clocks differ by more than two minutes', async () => {
    const { io, net, alice, events } = await aliceAlone();
    await io.clock.advance(1000);
    expect(events.filter(({ kind }) => kind === 'clock-skew')).toEqual([]);
    net.clockAheadMs = 300_000;
    net.dropLinks();
    await io.clock.advance(1000);
    expect(events.filter(({ kind }) => kind === 'clock-skew')).toHaveLength(1);
    expect(alice.accounts.status()[0]?.skewMs).toBeLessThan(-298_000);
    await alice.close();
  });
});
