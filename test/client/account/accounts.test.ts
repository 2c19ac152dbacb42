import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes/text.js';
import type { AccountConfig, ClientEvent, MixClient } from '../../../src/client/types.js';
import { ALICE, BOB, inboxCount, mailOf, openWorld, type World } from '../support/world.js';

const DAVE = 'dave@p2.test';
const POLLING = { pollingIntervalMs: 100 };
const HOUR_MS = 3_600_000;
const every = (meanMs: number) => ({ perMs: 1 / meanMs, maxMs: 10 * meanMs });
/** Slow enough that tests are quick. */
const CALM = { mu: every(50), lambdaP: every(300), lambdaL: every(5000), lambdaD: every(5000) };
const SLOW = { ...CALM, lambdaP: every(60_000), lambdaL: every(600_000), lambdaD: every(600_000) };

/** A third user, whom alice's client can take on. */
const daveOf = ({ io, net }: World, change: Partial<AccountConfig> = {}): AccountConfig => {
  const [linkKey, identityKey] = [io.random(32), io.random(32)];
  const { x25519 } = net.primitives;
  const publicKey = (secret: Uint8Array): Uint8Array => x25519.publicKey(x25519.scalar(secret));
  net.addUser(DAVE, { linkKey: publicKey(linkKey), identityKey: publicKey(identityKey) });
  return { user: 'dave', provider: 'p2.test', network: 'test', linkKey, identityKey, ...change };
};

const collect = (client: MixClient): ClientEvent[] => {
  const seen: ClientEvent[] = [];
  void (async () => {
    for await (const event of client.events()) seen.push(event);
  })();
  return seen;
};

const stateOf = (client: MixClient, account: string): string | undefined =>
  client.accounts.status().find((each) => each.account === account)?.connection.kind;

const connected = ({ io }: World, client: MixClient, account: string): Promise<boolean> =>
  io.clock.runUntil(() => stateOf(client, account) === 'connected', 60_000);

const packetsOf = ({ net }: World, user: string): number =>
  net.seen.filter((each) => each.user === user && each.kind === 'send-packet').length;

/** A world with dave in alice's client. */
const withDave = async () => {
  const world = await openWorld({ tuning: POLLING, rates: CALM });
  const dave = daveOf(world);
  const added = await world.alice.accounts.add(dave);
  expect(added._unsafeUnwrap()).toBe(DAVE);
  return { ...world, dave, world };
};

const closeBoth = async ({ alice, bob }: World): Promise<void> => {
  await alice.close();
  await bob.close();
};

describe('accounts at run time', () => {
  it('are added, and send and receive like all others', async () => {
    const { world, io, alice, bob } = await withDave();
    expect(alice.accounts.list()).toEqual([ALICE, DAVE]);
    const mail = utf8(`From: ${DAVE}\r\nTo: ${BOB}\r\nSubject: x\r\n\r\nhello\r\n`);
    (await alice.send({ account: DAVE, to: BOB, mail }))._unsafeUnwrap();
    expect(await io.clock.runUntil(() => inboxCount(bob) === 1, 60_000)).toBe(true);
    expect(alice.inbox.list(DAVE, 'inbox')._unsafeUnwrap()).toEqual([]);
    await closeBoth(world);
  });

  it('are refused when there is something wrong with them', async () => {
    const world = await openWorld();
    const dave = daveOf(world);
    const refusalOf = async (change: Partial<AccountConfig>) => {
      const refused = await world.alice.accounts.add({ ...dave, ...change });
      const error = refused._unsafeUnwrapErr();
      return error.kind === 'config' ? error.key : error.kind;
    };
    expect(await refusalOf({ user: 'Alice', provider: 'P1.test' })).toBe('account.user');
    expect(await refusalOf({ network: 'nowhere' })).toBe('account.network');
    expect(await refusalOf({ linkKey: new Uint8Array(31) })).toBe('account.linkKey');
    expect(await refusalOf({ readers: [] })).toBe('account.readers');
    expect(world.alice.accounts.list()).toEqual([ALICE]);
    await closeBoth(world);
    expect(await refusalOf({})).toBe('closed');
  });

  it('say nothing while they are paused, and go on where they were', async () => {
    const { world, io, alice, bob } = await withDave();
    await connected(world, alice, ALICE);
    await connected(world, alice, DAVE);
    const events = collect(alice);
    (await alice.accounts.pause('Alice@p1.test'))._unsafeUnwrap();
    (await alice.accounts.pause(ALICE))._unsafeUnwrap();
    expect(stateOf(alice, ALICE)).toBe('paused');
    const [before, daves] = [packetsOf(world, ALICE), packetsOf(world, DAVE)];
    (await alice.send({ account: ALICE, to: BOB, mail: mailOf('one') }))._unsafeUnwrap();
    await io.clock.advance(10_000);
    expect(packetsOf(world, ALICE)).toBe(before);
    expect(packetsOf(world, DAVE)).toBeGreaterThan(daves + 15);
    expect(inboxCount(bob)).toBe(0);
    expect(alice.outbox.list(ALICE)).toHaveLength(1);
    (await alice.accounts.resume(ALICE))._unsafeUnwrap();
    (await alice.accounts.resume(ALICE))._unsafeUnwrap();
    expect(await io.clock.runUntil(() => inboxCount(bob) === 1, 60_000)).toBe(true);
    const states = events.flatMap((event) =>
      event.kind === 'connection' && event.account === ALICE ? [event.state.kind] : [],
    );
    expect(states).toEqual([
      'offline',
      'paused',
      'offline',
      'no-document',
      'connecting',
      'connected',
    ]);
    await closeBoth(world);
  });

  it('bounce what is too old while they are paused', async () => {
    const tuning = { bounceQueueLifetimeMs: HOUR_MS };
    const world = await openWorld({ tuning, rates: SLOW });
    (await world.alice.accounts.pause(ALICE))._unsafeUnwrap();
    await world.bob.close();
    const { alice, io } = world;
    (await alice.send({ account: ALICE, to: BOB, mail: mailOf('one') }))._unsafeUnwrap();
    await io.clock.advance(2 * HOUR_MS);
    expect(inboxCount(alice)).toBe(1);
    await alice.close();
  });

  it('can begin paused', async () => {
    const world = await openWorld({ tuning: POLLING, rates: CALM });
    await world.alice.close();
    const handshakes = world.net.handshakes.length;
    const alice = await world.reopenAlice({}, { paused: true });
    await world.bob.close();
    await world.io.clock.advance(60_000);
    expect(stateOf(alice, ALICE)).toBe('paused');
    expect(world.net.handshakes).toHaveLength(handshakes);
    (await alice.accounts.resume(ALICE))._unsafeUnwrap();
    expect(await connected(world, alice, ALICE)).toBe(true);
    await alice.close();
  });

  it('are removed with all that they were, but for what is on disk', async () => {
    const { world, io, net, alice, dave } = await withDave();
    await connected(world, alice, DAVE);
    const mail = utf8(`From: ${DAVE}\r\nTo: ${BOB}\r\nSubject: x\r\n\r\nhello\r\n`);
    const iterator = alice.receive(DAVE, { reader: 'inbox' })[Symbol.asyncIterator]();
    const ended = iterator.next();
    net.dead.add('p2.test');
    (await alice.send({ account: DAVE, to: BOB, mail }))._unsafeUnwrap();
    (await alice.accounts.remove('DAVE@p2.test'))._unsafeUnwrap();
    expect((await ended).done).toBe(true);
    expect(alice.accounts.list()).toEqual([ALICE]);
    expect(alice.accounts.status().map(({ account }) => account)).toEqual([ALICE]);
    expect((await alice.send({ account: DAVE, to: BOB, mail }))._unsafeUnwrapErr().kind).toBe(
      'unknown-account',
    );
    expect(alice.inbox.list(DAVE, 'inbox')._unsafeUnwrapErr().kind).toBe('unknown-account');
    expect(() => alice.receive(DAVE, { reader: 'inbox' })).toThrow(RangeError);
    const sent = packetsOf(world, DAVE);
    await io.clock.advance(10_000);
    expect(packetsOf(world, DAVE)).toBe(sent);
    expect(packetsOf(world, ALICE)).toBeGreaterThan(0);
    (await alice.accounts.add(dave))._unsafeUnwrap();
    expect(alice.outbox.list(DAVE)).toHaveLength(1);
    await closeBoth(world);
  });

  it('that are not there cannot be changed', async () => {
    const world = await openWorld();
    const { accounts } = world.alice;
    for (const change of ['pause', 'resume', 'remove'] as const) {
      expect((await accounts[change](DAVE))._unsafeUnwrapErr()).toEqual({
        kind: 'unknown-account',
        account: DAVE,
      });
    }
    await closeBoth(world);
    for (const change of ['pause', 'resume'] as const) {
      expect((await accounts[change](ALICE))._unsafeUnwrapErr().kind).toBe('unknown-account');
    }
  });

  it('take any changes at once, one after the other', async () => {
    const { world, alice, dave } = await withDave();
    const { accounts } = alice;
    const changes = [
      accounts.pause(DAVE),
      accounts.remove(DAVE),
      accounts.resume(DAVE),
      accounts.add(dave),
      accounts.add(dave),
      accounts.pause(DAVE),
      accounts.resume(DAVE),
    ];
    const results = await Promise.all(changes);
    expect(results.map((result) => result.isOk())).toEqual([
      ...[true, true, false, true, false, true, true],
    ]);
    const last = [accounts.remove(ALICE), accounts.pause(DAVE)];
    await closeBoth(world);
    expect((await last[0])?.isOk()).toBe(true);
    expect((await last[1])?.isOk()).toBe(false);
  });
});

describe('several accounts', () => {
  it('do not wait for one another', async () => {
    const { world, io, net, alice, bob } = await withDave();
    const p2 = net.providers[1]?.address ?? '';
    io.network.stall(p2);
    (await alice.send({ account: ALICE, to: ALICE, mail: mailOf('me') }))._unsafeUnwrap();
    const startMs = io.clock.monotonic();
    expect(await io.clock.runUntil(() => inboxCount(alice) === 1, 60_000)).toBe(true);
    expect(io.clock.monotonic() - startMs).toBeLessThan(5000);
    expect(stateOf(alice, ALICE)).toBe('connected');
    expect(stateOf(alice, DAVE)).toBe('connecting');
    io.network.resume(p2);
    expect(await connected(world, alice, DAVE)).toBe(true);
    await alice.close();
    await bob.close();
  });

  it('draw their moments for themselves', async () => {
    const { world, io, net, alice } = await withDave();
    await connected(world, alice, DAVE);
    net.seen.length = 0;
    await io.clock.advance(10_000);
    const momentsOf = (user: string): ReadonlySet<number> =>
      new Set(net.seen.filter((each) => each.user === user).map(({ atMs }) => atMs));
    const [alices, daves] = [momentsOf(ALICE), momentsOf(DAVE)];
    expect(alices.size).toBeGreaterThan(100);
    expect(daves.size).toBeGreaterThan(100);
    const shared = [...alices].filter((atMs) => daves.has(atMs));
    // By chance, on a clock of whole milliseconds.
    expect(shared.length).toBeLessThan(0.1 * alices.size);
    await closeBoth(world);
  });

  it('cost each other nothing when one cannot be opened', async () => {
    const world = await openWorld({ tuning: POLLING, rates: CALM });
    const { io, reopenAlice } = world;
    await world.alice.close();
    await world.bob.close();
    const path = '/alice/dave@p2.test/identity.private.pem';
    (await io.files.makeDirectory('/alice/dave@p2.test'))._unsafeUnwrap();
    (await io.files.write(path, utf8('rubbish')))._unsafeUnwrap();
    const broken = { user: 'dave', provider: 'p2.test', network: 'test' };
    const good = daveOf(world);
    const alice = await reopenAlice({
      accounts: [broken, { ...good, user: 'alice', provider: 'p1.test' }],
    });
    expect(alice.accounts.list()).toEqual([ALICE]);
    const [, unusable] = alice.accounts.status();
    expect(unusable).toMatchObject({
      account: DAVE,
      connection: { kind: 'unusable', error: { kind: 'key-file', path } },
    });
    const line = io.log.lines.find((each) => each.includes('an account cannot be opened'));
    expect(line).toMatch(/ problem=key-file file=identity\.private\.pem reason="not a PEM file"$/);
    expect((await alice.accounts.add(good))._unsafeUnwrap()).toBe(DAVE);
    expect(stateOf(alice, DAVE)).not.toBe('unusable');
    await alice.close();
    await expect(reopenAlice({ accounts: [broken] })).rejects.toThrow();
  });
});
