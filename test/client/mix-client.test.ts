import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import type { ClientEvent, MixClient } from '../../src/client/types.js';
import { ALICE, BOB, inboxCount, mailOf, openWorld, outboxCount } from './support/world.js';

const POLLING = { pollingIntervalMs: 30 };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Slow enough that hours pass quickly. */
const SLOW = {
  mu: { perMs: 1 / 1000, maxMs: 10_000 },
  lambdaP: { perMs: 1 / 60_000, maxMs: 600_000 },
  lambdaL: { perMs: 0, maxMs: 0 },
  lambdaD: { perMs: 0, maxMs: 0 },
};

const subjects = async (client: MixClient, account: string): Promise<string[]> => {
  const entries = client.inbox.list(account, 'inbox')._unsafeUnwrap();
  const mails = await Promise.all(entries.map(({ id }) => client.inbox.read(account, id)));
  return mails.map((mail) => /^Subject: (.*)$/m.exec(fromUtf8(mail._unsafeUnwrap()))?.[1] ?? '');
};

const send = async (client: MixClient, mail: Uint8Array): Promise<string> => {
  const sent = await client.send({ account: ALICE, to: BOB, mail });
  return sent._unsafeUnwrap()[0]?.messageId ?? '';
};

const collect = (events: AsyncIterable<ClientEvent>): ClientEvent[] => {
  const seen: ClientEvent[] = [];
  void (async () => {
    for await (const event of events) seen.push(event);
  })();
  return seen;
};

const kinds = (events: readonly ClientEvent[]): string[] =>
  events.map(({ kind }) => kind).filter((kind) => kind !== 'connection');

describe('MixClient', () => {
  it('sends a mail, which arrives byte for byte and is acknowledged', async () => {
    const { io, alice, bob } = await openWorld({ tuning: POLLING });
    const events = { alice: collect(alice.events()), bob: collect(bob.events()) };
    const body = 'body\r\n.\r\nbare\nline\rlast line without end';
    const messageId = await send(alice, mailOf('one', body));
    expect(await io.clock.runUntil(() => inboxCount(bob) === 1, 60_000)).toBe(true);
    expect(await io.clock.runUntil(() => outboxCount(alice) === 0, 60_000)).toBe(true);
    const [entry] = bob.inbox.list(BOB, 'inbox')._unsafeUnwrap();
    const bytes = fromUtf8((await bob.inbox.read(BOB, entry?.id ?? ''))._unsafeUnwrap());
    expect(bytes.slice(bytes.indexOf('\r\n\r\n') + 4)).toBe(body);
    expect(kinds(events.alice)).toEqual(['queued', 'sent']);
    expect(events.alice.at(-1)).toMatchObject({ messageId, recipient: BOB });
    expect(kinds(events.bob)).toEqual(['received']);
    await alice.close();
    await bob.close();
  });

  it('gives received mail to each reader, until all are done with it', async () => {
    const { io, alice, bob } = await openWorld({ tuning: POLLING });
    await send(alice, mailOf('one'));
    const stop = new AbortController();
    const received = bob.receive(BOB, { reader: 'inbox', signal: stop.signal });
    const [mail] = await Promise.all([
      (async () => {
        for await (const each of received) return each;
        return undefined;
      })(),
      io.clock.runUntil(() => inboxCount(bob) === 1, 60_000),
    ]);
    expect(mail?.sender).toBe(ALICE);
    (await mail?.done())?._unsafeUnwrap();
    expect(inboxCount(bob)).toBe(0);
    stop.abort();
    await alice.close();
    await bob.close();
  });

  it('fills practically every tick with a block: 200 mails in 30 s', async () => {
    const { io, net, alice, bob } = await openWorld({ tuning: POLLING });
    await io.clock.advance(1000);
    for (let i = 0; i < 200; i++) await send(alice, mailOf(`mail ${i}`));
    expect(await io.clock.runUntil(() => inboxCount(bob) === 200, 30_000)).toBe(true);
    expect(net.stored).toBeLessThan(205);
    await alice.close();
    await bob.close();
  });

  it('sends 80 blocks in 15 s, hardly any of them twice', async () => {
    const { io, net, alice, bob } = await openWorld({ tuning: POLLING });
    await io.clock.advance(1000);
    await send(alice, mailOf('large', 'x'.repeat(79 * 880 - 100)));
    expect(alice.outbox.list()[0]?.blocks).toBeGreaterThanOrEqual(79);
    expect(await io.clock.runUntil(() => inboxCount(bob) === 1, 15_000)).toBe(true);
    expect(net.stored).toBeLessThan(1.2 * 80);
    await alice.close();
    await bob.close();
  });

  it('adds little to the configured delays of a small mail', async () => {
    const tuning = { ...POLLING, pollingIntervalMs: 5 };
    const fast = { perMs: 1 / 10, maxMs: 100 };
    const rates = { lambdaP: fast, mu: { perMs: 1 / 50, maxMs: 600 } };
    const { io, alice, bob } = await openWorld({ tuning, rates });
    await io.clock.advance(1000);
    const took: number[] = [];
    for (let i = 1; i <= 15; i++) {
      const startMs = io.clock.monotonic();
      await send(alice, mailOf('x'.repeat(400)));
      await io.clock.runUntil(() => inboxCount(bob) === i, 10_000);
      took.push(io.clock.monotonic() - startMs);
    }
    // Four delays of 50 ms, a tick of 10 ms and a retrieval of 5 ms on average.
    expect(took.toSorted((a, b) => a - b)[7]).toBeLessThan(265);
    await alice.close();
    await bob.close();
  });

  it('delivers each mail once through loss, duplicates and dropped links', async () => {
    const { io, net, stores, alice, bob } = await openWorld({ tuning: POLLING, seed: 'loss' });
    Object.assign(net, { loss: 0.3, duplicates: 0.05 });
    const names = Array.from({ length: 12 }, (_, i) => `mail ${i}`);
    for (const name of names) await send(alice, mailOf(name));
    await send(alice, mailOf('large', 'x'.repeat(12 * 880)));
    for (let i = 0; i < 3; i++) {
      await io.clock.advance(4000);
      net.dropLinks();
    }
    expect(await io.clock.runUntil(() => outboxCount(alice) === 0, 1_200_000)).toBe(true);
    expect((await subjects(bob, BOB)).toSorted()).toEqual([...names, 'large'].toSorted());
    expect(bob.accounts.status()[0]?.fragments).toBe(0);
    await alice.close();
    await bob.close();
    const store = (
      await stores.open('/alice/alice@p1.test/store.db', new Uint8Array(32).fill(7))
    )._unsafeUnwrap();
    for (const collection of ['outbox', 'outbox-progress', 'outbox-part']) {
      expect((await store.list(collection))._unsafeUnwrap()).toEqual([]);
    }
  });

  it('lets the reply blocks of lost decoys expire', async () => {
    const { io, net, alice, bob } = await openWorld({ tuning: POLLING });
    await bob.close();
    net.loss = 1;
    await io.clock.advance(60_000);
    expect(alice.accounts.status()[0]?.replyBlocks).toBeGreaterThan(10);
    net.refuseLinks = true;
    net.dropLinks();
    await io.clock.advance(120_000);
    expect(alice.accounts.status()[0]?.replyBlocks).toBe(0);
    await alice.close();
  });

  it('goes on after a crash in the middle, without loss or doubles', async () => {
    const { io, net, stores, alice, bob, reopenAlice } = await openWorld({ tuning: POLLING });
    await send(alice, mailOf('large', 'x'.repeat(20 * 880)));
    await send(alice, mailOf('small'));
    await io.clock.advance(1500);
    stores.crash();
    net.dropLinks();
    await alice.close();
    const aliceAgain = await reopenAlice();
    expect(outboxCount(aliceAgain)).toBeGreaterThan(0);
    expect(await io.clock.runUntil(() => outboxCount(aliceAgain) === 0, 120_000)).toBe(true);
    expect((await subjects(bob, BOB)).toSorted()).toEqual(['large', 'small']);
    await bob.close();
    await aliceAgain.close();
  });
});

describe('MixClient over hours and days', () => {
  it('bounces once, into its own inbox, what a dead provider never takes', async () => {
    const tuning = { bounceQueueLifetimeMs: 4 * HOUR_MS };
    const { io, net, alice, bob } = await openWorld({ rates: SLOW, tuning });
    net.dead.add('p2.test');
    await bob.close();
    const events = collect(alice.events());
    await send(alice, mailOf('lost'));
    await io.clock.advance(4 * HOUR_MS - 1000);
    expect(inboxCount(alice)).toBe(0);
    await io.clock.advance(2 * HOUR_MS);
    expect(await subjects(alice, ALICE)).toEqual(['Delivery failure, timeout']);
    expect(kinds(events)).toEqual(['queued', 'received', 'failed']);
    expect(outboxCount(alice)).toBe(0);
    await alice.close();
  });

  it('bounces while offline', async () => {
    const { io, alice, bob, reopenAlice } = await openWorld({ rates: SLOW });
    await alice.close();
    await bob.close();
    const offline = await reopenAlice({ offline: true });
    await send(offline, mailOf('never sent'));
    expect(offline.accounts.status()[0]?.connection.kind).toBe('offline');
    await io.clock.advance(6 * DAY_MS);
    expect(await subjects(offline, ALICE)).toEqual(['Delivery failure, timeout']);
    await offline.close();
  });

  it('stays connected over many epochs', async () => {
    const { io, net, alice, bob } = await openWorld({ rates: SLOW });
    await io.clock.advance(3 * HOUR_MS);
    const sent = net.seen.filter(({ kind }) => kind === 'send-packet');
    expect(sent.at(-1)?.atMs).toBeGreaterThan(2.8 * HOUR_MS);
    expect(net.seen.filter(({ kind }) => kind === 'get-consensus').length).toBeGreaterThan(15);
    await alice.close();
    await bob.close();
  });
});

describe('MixClient and services', () => {
  it('asks a provider for a key', async () => {
    const { io, net, alice, bob } = await openWorld({ tuning: POLLING });
    await io.clock.advance(1000);
    const asked = Promise.all([
      alice.recipients.lookup({ account: ALICE, address: 'Bob@p2.test' }),
      alice.recipients.lookup({ account: ALICE, address: 'eve@p2.test' }),
    ]);
    let answered = false;
    void asked.then(() => (answered = true));
    await io.clock.runUntil(() => answered, 60_000);
    const [found, missing] = await asked;
    expect(found._unsafeUnwrap()).toEqual({
      address: BOB,
      key: net.users.get(BOB)?.identityKey,
    });
    expect(missing._unsafeUnwrapErr()).toEqual({ kind: 'no-such-user', user: 'eve' });
    await alice.close();
    await bob.close();
  });

  it('covers itself by blocks to itself where nobody offers loops', async () => {
    const { io, net, alice, bob } = await openWorld({ tuning: POLLING, loops: false });
    await io.clock.advance(10_000);
    expect(net.seen.filter(({ kind }) => kind === 'send-packet').length).toBeGreaterThan(150);
    expect(inboxCount(alice)).toBe(0);
    expect(alice.accounts.status()[0]?.replyBlocks).toBeLessThan(40);
    await alice.close();
    await bob.close();
  });

  it('sends nothing but mail where decoys are off', async () => {
    const tuning = { ...POLLING, sendDecoyTraffic: false };
    const { io, net, alice, bob } = await openWorld({ tuning });
    await io.clock.advance(5000);
    expect(net.seen.filter(({ kind }) => kind === 'send-packet')).toEqual([]);
    await send(alice, mailOf('one'));
    expect(await io.clock.runUntil(() => outboxCount(alice) === 0, 10_000)).toBe(true);
    expect(net.seen.filter(({ kind }) => kind === 'send-packet')).toHaveLength(1);
    await alice.close();
    await bob.close();
  });
});

describe('MixClient without what it needs', () => {
  it('keeps sending decoys when its store fails, says so once, and goes on later', async () => {
    const { io, net, stores, alice, bob } = await openWorld({ tuning: POLLING });
    await io.clock.advance(1000);
    const events = collect(alice.events());
    await send(alice, mailOf('one'));
    stores.failCommits({ kind: 'store-full' });
    const before = net.seen.length;
    await io.clock.advance(20_000);
    expect(
      net.seen.slice(before).filter(({ kind }) => kind === 'send-packet').length,
    ).toBeGreaterThan(200);
    expect(kinds(events).filter((kind) => kind === 'store-failed')).toHaveLength(1);
    const refused = await alice.send({ account: ALICE, to: BOB, mail: mailOf('two') });
    expect(refused._unsafeUnwrapErr()).toEqual({ kind: 'store-full' });
    stores.failCommits(undefined);
    expect(await io.clock.runUntil(() => inboxCount(bob) === 1, 200_000)).toBe(true);
    expect(await io.clock.runUntil(() => outboxCount(alice) === 0, 200_000)).toBe(true);
    await alice.close();
    await bob.close();
  });

  it('says unknown accounts and a wrong configuration', async () => {
    const { alice, bob, reopenAlice } = await openWorld();
    const mail = mailOf('one');
    expect(
      (await alice.send({ account: 'eve@p1.test', to: BOB, mail }))._unsafeUnwrapErr(),
    ).toEqual({
      kind: 'unknown-account',
      account: 'eve@p1.test',
    });
    expect(alice.inbox.list(ALICE, 'nobody')._unsafeUnwrapErr().kind).toBe('unknown-reader');
    await alice.close();
    expect((await alice.send({ account: ALICE, to: BOB, mail }))._unsafeUnwrapErr()).toEqual({
      kind: 'closed',
    });
    await expect(reopenAlice({ storageKey: new Uint8Array(3) })).rejects.toThrow();
    await expect(reopenAlice({ networks: {} })).rejects.toThrow();
    await bob.close();
  });

  it('says at its start which recipient file it cannot use, and why', async () => {
    const { io, alice, bob, reopenAlice } = await openWorld({ tuning: POLLING });
    await alice.close();
    await bob.close();
    const path = '/alice/recipients/eve@p2.test.pem';
    (await io.files.write(path, utf8('rubbish')))._unsafeUnwrap();
    await (await reopenAlice()).close();
    const line = io.log.lines.find((each) => each.includes('unusable recipient'));
    expect(line).toMatch(/ WARN recipients: .* file=[0-9a-f]{8} problem="not a PEM file"$/);
  });
});
