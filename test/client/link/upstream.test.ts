import { describe, expect, it } from 'vitest';
import { selectPrimitives } from '../../../src/crypto/select.js';
import type { AccountConfig, MixClient, MixClientConfig } from '../../../src/client/types.js';
import { checkUpstream, outgoing } from '../../../src/client/link/upstream.js';
import { memoryIo } from '../../../src/io/memory.js';
import { noting, startSocksProxy, type SocksProxy } from '../../support/socks-proxy.js';
import { ALICE, BOB, inboxCount, mailOf, openWorld, type WorldOptions } from '../support/world.js';

const PROXY = '127.0.0.1:9050';
const AUTHORITY = 'authority.test:1000';
const DAVE = 'dave@p2.test';
const never = new AbortController().signal;
const every = (meanMs: number) => ({ perMs: 1 / meanMs, maxMs: 10 * meanMs });
const CALM = { mu: every(50), lambdaP: every(300), lambdaL: every(5000), lambdaD: every(5000) };
const TOR = { kind: 'tor', address: PROXY } as const;

/** Alice's client again, now behind a proxy, with all that it dials. */
const behindProxy = async (
  change: Partial<MixClientConfig> = {},
  options: Omit<WorldOptions, 'tuning'> = {},
) => {
  const world = await openWorld({ rates: CALM, tuning: { pollingIntervalMs: 100 }, ...options });
  await world.alice.close();
  const proxy = await startSocksProxy(world.io.network.from('proxy'), PROXY);
  const { network, dialled } = noting(world.io.network.from('alice'));
  const alice = await world.reopenAlice({
    upstreamProxy: TOR,
    io: { ...world.io, network },
    ...change,
  });
  return { ...world, world, alice, proxy, dialled };
};

type Rig = Awaited<ReturnType<typeof behindProxy>>;

const close = async ({ alice, bob, proxy }: Rig): Promise<void> => {
  await alice.close();
  await bob.close();
  await proxy.close();
};

const stateOf = (client: MixClient, account = ALICE): string | undefined =>
  client.accounts.status().find((each) => each.account === account)?.connection.kind;

const isConnected =
  (client: MixClient, account = ALICE) =>
  (): boolean =>
    stateOf(client, account) === 'connected';

const addDave = async ({ net, io, alice }: Rig): Promise<void> => {
  const [linkKey, identityKey] = [io.random(32), io.random(32)];
  const { x25519 } = net.primitives;
  const publicKey = (secret: Uint8Array): Uint8Array => x25519.publicKey(x25519.scalar(secret));
  net.addUser(DAVE, { linkKey: publicKey(linkKey), identityKey: publicKey(identityKey) });
  const dave: AccountConfig = {
    ...{ user: 'dave', provider: 'p2.test', network: 'test' },
    ...{ linkKey, identityKey },
  };
  (await alice.accounts.add(dave))._unsafeUnwrap();
};

const usersFor = ({ asked }: SocksProxy, target: string): readonly string[] => [
  ...new Set(asked.filter((each) => each.target === target).map(({ user }) => user)),
];

describe('a client behind a proxy', () => {
  it('sends and receives mail, and dials nothing else', async () => {
    const rig = await behindProxy();
    const { io, alice, bob, proxy, dialled, net } = rig;
    const mail = mailOf('one');
    (await alice.send({ account: ALICE, to: [ALICE, BOB], mail }))._unsafeUnwrap();
    expect(
      await io.clock.runUntil(() => inboxCount(bob) === 1 && inboxCount(alice) === 1, 60_000),
    ).toBe(true);
    expect(new Set(dialled)).toEqual(new Set([PROXY]));
    const targets = new Set(proxy.asked.map(({ target }) => target));
    expect(targets).toEqual(new Set([AUTHORITY, net.providers[0]?.address]));
    await close(rig);
  });

  it('has a circuit for each account and for each authority that an account asks', async () => {
    const rig = await behindProxy();
    const { io, net, alice, proxy } = rig;
    await addDave(rig);
    await io.clock.runUntil(isConnected(alice), 60_000);
    expect(await io.clock.runUntil(isConnected(alice, DAVE), 60_000)).toBe(true);
    net.dropLinks();
    await io.clock.advance(1000);
    const [p1 = '', p2 = ''] = net.providers.map(({ address }) => address);
    const users = [usersFor(proxy, p1), usersFor(proxy, p2), usersFor(proxy, AUTHORITY)];
    expect(users.map(({ length }) => length)).toEqual([1, 1, 2]);
    expect(new Set(users.flat()).size).toBe(4);
    for (const { user, password } of proxy.asked) {
      expect(user).toMatch(/^katzenpost\/mailproxy:[0-9a-f]{16}:[0-9a-f]{32}$/);
      expect(password).toBe('\0');
    }
    await close(rig);
  });

  it('sends nothing around a proxy that does not let it through, or is gone', async () => {
    const rig = await behindProxy();
    const { io, alice, bob, proxy, dialled, net } = rig;
    await bob.close();
    await io.clock.runUntil(isConnected(alice), 60_000);
    proxy.isOpen = false;
    net.dropLinks();
    const handshakes = net.handshakes.length;
    await io.clock.advance(20 * 60_000);
    await proxy.close();
    await io.clock.advance(20 * 60_000);
    expect(stateOf(alice)).not.toBe('connected');
    expect(net.handshakes).toHaveLength(handshakes);
    expect(dialled.length).toBeGreaterThan(20);
    expect(new Set(dialled)).toEqual(new Set([PROXY]));
    await alice.close();
  });

  it('logs in where it is told to, as one', async () => {
    const login = { user: 'u', password: 'p' };
    const rig = await behindProxy({ upstreamProxy: { kind: 'socks5', address: PROXY, ...login } });
    expect(await rig.io.clock.runUntil(isConnected(rig.alice), 60_000)).toBe(true);
    expect(new Set(rig.proxy.asked.map(({ user, password }) => user + password))).toEqual(
      new Set(['up']),
    );
    await close(rig);
  });

  it('takes only the transports that are preferred', async () => {
    const rig = await behindProxy({ preferredTransports: ['onion'] });
    expect(await rig.io.clock.runUntil(isConnected(rig.alice), 60_000)).toBe(true);
    const targets = new Set(rig.proxy.asked.map(({ target }) => target));
    expect(targets).toEqual(new Set([AUTHORITY, 'p1.test.onion:1000']));
    await close(rig);
  });
});

describe('a client without a proxy', () => {
  it('waits, without spinning, for an address that it may use', async () => {
    const { io, net, alice: first, bob, reopenAlice } = await openWorld({ onions: false });
    await bob.close();
    await first.close();
    const handshakes = net.handshakes.length;
    const alice = await reopenAlice({ preferredTransports: ['onion'] });
    await io.clock.advance(3_600_000);
    expect(stateOf(alice)).toBe('no-usable-address');
    expect(net.handshakes).toHaveLength(handshakes);
    await alice.close();
  });

  it('never dials an onion', async () => {
    const world = await openWorld({ rates: CALM });
    await world.alice.close();
    await world.bob.close();
    const { network, dialled } = noting(world.io.network);
    const io = { ...world.io, network };
    const alice = await world.reopenAlice({ preferredTransports: ['onion'], io });
    await world.io.clock.advance(300_000);
    expect(stateOf(alice)).toBe('connecting');
    expect(dialled.filter((address) => address.includes('.onion'))).toEqual([]);
    await alice.close();
  });
});

describe('ways out', () => {
  it('differ between two runs of one client', async () => {
    const io = memoryIo({ seed: 'runs' });
    const proxy = await startSocksProxy(io.network, PROXY);
    const primitives = selectPrimitives();
    for (let run = 0; run < 2; run++) {
      const out = outgoing({ ...io, primitives, proxy: TOR });
      for (let dial = 0; dial < 2; dial++) await out(ALICE).dial('nobody:1', never);
    }
    const [first, again, other] = proxy.asked.map(({ user }) => user.split(':'));
    expect(again).toEqual(first);
    expect(other?.[1]).not.toBe(first?.[1]);
    // The same tag as the reference's: SHA-512/256 of the account, cut.
    expect(other?.[2]).toBe(first?.[2]);
    await proxy.close();
  });

  it('have the names that the reference gives them', async () => {
    const io = memoryIo({ seed: 'names' });
    const proxy = await startSocksProxy(io.network, PROXY);
    const out = outgoing({ ...io, primitives: selectPrimitives(), proxy: TOR });
    await out('alice@example.com').dial('nobody:1', never);
    expect(proxy.asked[0]?.user).toMatch(/:4a9a0d976ecdd746e2d9395d963c8cc7$/);
    await proxy.close();
  });

  it.each([
    [{ kind: 'tor', address: 'nowhere' }, 'upstreamProxy.address'],
    [{ kind: 'socks5', address: PROXY, user: 'u' }, 'upstreamProxy.password'],
    [{ kind: 'socks5', address: PROXY, password: 'p' }, 'upstreamProxy.user'],
    [{ kind: 'socks5', address: PROXY, user: '', password: '' }, 'upstreamProxy.user'],
  ] as const)('are refused when they cannot be gone: %j', (proxy, key) => {
    expect(checkUpstream(proxy)._unsafeUnwrapErr().key).toBe(key);
  });
});
