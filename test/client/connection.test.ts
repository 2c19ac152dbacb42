import { describe, expect, it } from 'vitest';
import type { ClientEvent, ConnectionState, MixClient } from '../../src/client/types.js';
import { openWorld, type World } from './support/world.js';

const stateOf = (client: MixClient): ConnectionState['kind'] | undefined =>
  client.accounts.status()[0]?.connection.kind;

/** A world in which only alice's second client is there. */
const aliceAlone = async (account: Parameters<World['reopenAlice']>[1] = {}) => {
  const world = await openWorld();
  await world.alice.close();
  await world.bob.close();
  const handshakes = world.net.handshakes.length;
  const alice = await world.reopenAlice({}, account);
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
