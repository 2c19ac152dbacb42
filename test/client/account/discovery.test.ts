import { err, ok } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/client/recipients/fingerprint.js';
import type { LookupError } from '../../../src/client/recipient-types.js';
import {
  type DiscoveryRig,
  keyOf,
  leaving,
  LIFETIME_MS,
  openDiscovery,
  reportCount,
} from '../support/discovery-rig.js';

const BOB = 'bob@p2';
const [ONE, TWO] = [keyOf(1), keyOf(2)];
const DAY_MS = 24 * 3_600_000;

const states = ({ outbox }: DiscoveryRig) => outbox.list().map(({ state }) => state);
const noticeKinds = ({ notices }: DiscoveryRig) => notices.map(({ kind }) => kind);
const trustOf = ({ book }: DiscoveryRig) => book.get(BOB)._unsafeUnwrap().trust;
const failed = ({ news }: DiscoveryRig) => news.filter(({ kind }) => kind === 'failed');

/** Somebody whose key was discovered, with the mail on its way. */
const discovered = async (): Promise<DiscoveryRig> => {
  const rig = await openDiscovery();
  rig.says.set(BOB, ok(ONE));
  await rig.accept('first', BOB);
  await rig.settle();
  expect(leaving(rig)).toEqual([ONE]);
  return rig;
};

/** The same, whose provider says another key now, with a mail held. */
const changed = async (): Promise<DiscoveryRig> => {
  const rig = await discovered();
  rig.says.set(BOB, ok(TWO));
  await rig.accept('second', BOB);
  await rig.settle();
  return rig;
};

describe('mail to somebody unknown', () => {
  it('waits for the key, leaves under it, and one notice tells of it', async () => {
    const rig = await openDiscovery();
    await rig.accept('one', BOB);
    await rig.settle();
    expect(states(rig)).toEqual(['awaiting-key']);
    expect(leaving(rig)).toEqual([]);
    rig.says.set(BOB, ok(ONE));
    await rig.settle();
    expect(states(rig)).toEqual(['queued']);
    expect(leaving(rig)).toEqual([ONE]);
    expect(trustOf(rig)).toEqual({ kind: 'discovered' });
    const code = fingerprintOf(ONE).words.join(' ');
    expect(rig.notices).toEqual([{ kind: 'key-discovered', recipient: BOB, key: ONE, code }]);
    expect(rig.events).toEqual([{ kind: 'key-discovered', account: 'alice@p1', recipient: BOB }]);
    await rig.crash();
  });

  it('shares one look-up', async () => {
    const rig = await openDiscovery();
    await Promise.all(['one', 'two', 'three'].map((text) => rig.accept(text, BOB)));
    await rig.settle();
    await rig.accept('four', BOB);
    rig.says.set(BOB, ok(ONE));
    await rig.settle();
    expect(rig.asked).toEqual([BOB]);
    expect(leaving(rig)).toHaveLength(4);
    expect(rig.notices).toHaveLength(1);
    await rig.crash();
  });

  it('asks for at most eight at once, and for all in the end', async () => {
    const rig = await openDiscovery();
    const all = Array.from({ length: 20 }, (_, i) => `user${i}@p2`);
    for (const address of all) await rig.accept('x', address);
    await rig.settle();
    expect(rig.asked).toHaveLength(8);
    for (const address of all) rig.says.set(address, ok(ONE));
    await rig.settle();
    expect(rig.asked.toSorted()).toEqual(all.toSorted());
    expect(leaving(rig)).toHaveLength(20);
    await rig.crash();
  });

  it.each<[LookupError, string]>([
    [{ kind: 'no-such-user', user: 'bob' }, 'no-such-user'],
    [{ kind: 'malformed-reply' }, 'malformed-answer'],
    [{ kind: 'no-such-service', service: 'keyserver' }, 'no-key-server'],
  ])('comes back at once, one report each, after %j', async (error, cause) => {
    const rig = await openDiscovery();
    rig.says.set(BOB, err(error));
    await rig.accept('one', BOB);
    await rig.accept('two', BOB);
    await rig.settle();
    await rig.clock.advance(DAY_MS);
    expect(rig.bounced.map((each) => each.cause)).toEqual([cause, cause]);
    expect(failed(rig)).toMatchObject([{ reason: 'no-key' }, { reason: 'no-key' }]);
    expect(await reportCount(rig)).toBe(2);
    expect(rig.outbox.list()).toEqual([]);
    await rig.crash();
  });

  it('comes back once where nobody answers in time', async () => {
    const rig = await openDiscovery();
    rig.says.set(BOB, err({ kind: 'no-document' }));
    await rig.accept('one', BOB);
    await rig.clock.advance(LIFETIME_MS - 60_000);
    expect(rig.bounced).toEqual([]);
    expect(rig.asked.length).toBeGreaterThan(100);
    await rig.accept('later', BOB);
    await rig.clock.advance(120_000);
    expect(rig.bounced.map(({ cause }) => cause)).toEqual(['no-answer']);
    await rig.clock.advance(DAY_MS);
    expect(rig.bounced).toHaveLength(2);
    await rig.crash();
  });

  it('is looked up as soon as there is a document', async () => {
    const rig = await openDiscovery();
    rig.says.set(BOB, err({ kind: 'no-such-provider', provider: 'p2' }));
    await rig.accept('one', BOB);
    await rig.settle();
    rig.says.set(BOB, ok(ONE));
    rig.discovery.documentChanged();
    await rig.settle();
    expect(leaving(rig)).toEqual([ONE]);
    await rig.crash();
  });

  it('is not looked up where the account may not, and comes back too', async () => {
    const before = await openDiscovery();
    await before.accept('one', BOB);
    await before.crash();
    const rig = await openDiscovery({ former: before, mayAsk: false });
    await rig.clock.advance(2 * LIFETIME_MS);
    expect(rig.asked).toEqual([]);
    expect(rig.bounced.map(({ cause }) => cause)).toEqual(['no-answer']);
    await rig.crash();
  });

  it('is nobody’s business after it was cancelled', async () => {
    const rig = await openDiscovery();
    const id = await rig.accept('one', BOB);
    (await rig.outbox.cancel(id))._unsafeUnwrap();
    rig.says.set(BOB, ok(ONE));
    await rig.clock.advance(DAY_MS);
    expect(rig.book.list()).toEqual([]);
    expect(await reportCount(rig)).toBe(0);
    await rig.crash();
  });

  it('leaves at once when a person sets the key meanwhile', async () => {
    const rig = await openDiscovery();
    await rig.accept('one', BOB);
    (await rig.book.set(BOB, TWO))._unsafeUnwrap();
    await rig.settle();
    expect(leaving(rig)).toEqual([TWO]);
    rig.says.set(BOB, ok(ONE));
    await rig.clock.advance(DAY_MS);
    expect(trustOf(rig)).toEqual({ kind: 'given' });
    expect(rig.notices).toEqual([]);
    await rig.crash();
  });
});

describe('mail to somebody discovered', () => {
  it('leaves when the provider says the same key again', async () => {
    const rig = await discovered();
    await rig.accept('second', BOB);
    expect(states(rig)).toEqual(['queued', 'awaiting-key']);
    await rig.settle();
    expect(leaving(rig)).toEqual([ONE]);
    expect(rig.asked).toEqual([BOB, BOB]);
    expect(rig.notices).toHaveLength(1);
    await rig.crash();
  });

  it.each<LookupError>([
    { kind: 'no-such-service', service: 'keyserver' },
    { kind: 'no-such-user', user: 'bob' },
    { kind: 'malformed-reply' },
  ])('leaves under the key known after %j', async (error) => {
    const rig = await discovered();
    rig.says.set(BOB, err(error));
    await rig.accept('second', BOB);
    await rig.settle();
    expect(leaving(rig)).toEqual([ONE]);
    expect(failed(rig)).toEqual([]);
    await rig.crash();
  });

  it('waits as long as mail does while the provider is away', async () => {
    const rig = await discovered();
    rig.says.set(BOB, err({ kind: 'no-such-provider', provider: 'p2' }));
    await rig.accept('second', BOB);
    await rig.clock.advance(2 * DAY_MS);
    expect(failed(rig)).toEqual([]);
    rig.says.set(BOB, ok(ONE));
    await rig.clock.advance(120_000);
    expect(leaving(rig)).toEqual([ONE]);
    await rig.crash();
  });

  it('leaves without a question once the key is verified', async () => {
    const rig = await discovered();
    (await rig.book.verify(BOB, fingerprintOf(ONE).digits))._unsafeUnwrap();
    rig.says.set(BOB, ok(TWO));
    await rig.accept('second', BOB);
    expect(leaving(rig)).toEqual([ONE]);
    expect(rig.asked).toEqual([BOB]);
    await rig.crash();
  });
});

describe('mail to somebody whose key has changed', () => {
  it('is held, all of it, and one notice tells of it', async () => {
    const rig = await changed();
    await rig.accept('third', BOB);
    await rig.clock.advance(DAY_MS);
    expect(states(rig)).toEqual(['queued', 'awaiting-key', 'awaiting-key']);
    expect(leaving(rig)).toEqual([]);
    expect(trustOf(rig)).toEqual({ kind: 'changed', seen: TWO });
    expect(noticeKinds(rig)).toEqual(['key-discovered', 'key-changed']);
    expect(rig.notices[1]).toMatchObject({ recipient: BOB, key: TWO });
    expect(rig.events.map(({ kind }) => kind)).toEqual(['key-discovered', 'key-changed']);
    expect(rig.asked).toEqual([BOB, BOB]);
    await rig.crash();
  });

  it('is held over a crash, and bounces like other mail', async () => {
    const before = await changed();
    await before.crash();
    const rig = await openDiscovery({ former: before });
    await rig.settle();
    expect(rig.outbox.waiting.addresses).toEqual([BOB]);
    expect(rig.notices).toEqual([]);
    await rig.clock.advance(6 * DAY_MS);
    expect(rig.bounced.map(({ cause }) => cause)).toEqual(['not-acknowledged', 'not-acknowledged']);
    await rig.crash();
  });

  it.each<[string, (rig: DiscoveryRig) => Promise<unknown>, Uint8Array]>([
    ['the new key is set', ({ book }) => Promise.resolve(book.set(BOB, TWO)), TWO],
    ['the old key is set', ({ book }) => Promise.resolve(book.set(BOB, ONE)), ONE],
    [
      'the old key is verified',
      ({ book }) => Promise.resolve(book.verify(BOB, fingerprintOf(ONE).digits)),
      ONE,
    ],
    [
      'the new key is verified',
      ({ book }) => Promise.resolve(book.verify(BOB, fingerprintOf(TWO).words.join(' '))),
      TWO,
    ],
    [
      'the recipient is removed, who is discovered anew',
      ({ book }) => Promise.resolve(book.remove(BOB)),
      TWO,
    ],
  ])('leaves when %s', async (_, decide, key) => {
    const rig = await changed();
    await rig.clock.advance(2 * LIFETIME_MS);
    await decide(rig);
    await rig.settle();
    expect(leaving(rig)).toEqual([key]);
    expect(failed(rig)).toEqual([]);
    await rig.crash();
  });

  it('comes back when the recipient is removed and nobody tells a key', async () => {
    const rig = await changed();
    await rig.clock.advance(2 * LIFETIME_MS);
    rig.says.delete(BOB);
    (await rig.book.remove(BOB))._unsafeUnwrap();
    await rig.clock.advance(LIFETIME_MS - 60_000);
    expect(failed(rig)).toEqual([]);
    await rig.clock.advance(120_000);
    expect(failed(rig)).toMatchObject([{ reason: 'no-key' }]);
    await rig.crash();
  });
});

describe('waiting mail and a crash', () => {
  it('is looked up again, and leaves once', async () => {
    const before = await openDiscovery();
    await before.accept('one', BOB);
    await before.settle();
    await before.crash();
    const rig = await openDiscovery({ former: before });
    rig.says.set(BOB, ok(ONE));
    await rig.settle();
    expect(leaving(rig)).toEqual([ONE]);
    expect(await reportCount(rig)).toBe(1);
    await rig.crash();
  });

  it('comes back once when its time was over meanwhile', async () => {
    const before = await openDiscovery();
    await before.accept('one', BOB);
    await before.crash();
    await before.clock.advance(2 * LIFETIME_MS);
    for (let i = 0; i < 3; i++) {
      const rig = await openDiscovery({ former: before });
      await rig.settle();
      expect(await reportCount(rig)).toBe(1);
      expect(rig.outbox.list()).toEqual([]);
      await rig.crash();
    }
  });

  /** Lets the first `count` commits through and dies at the next. */
  const dieAfter = async (rig: DiscoveryRig, count: number): Promise<void> => {
    rig.stores.failCommits({ kind: 'store-io', reason: 'died' }, count);
    await rig.settle();
    await rig.crash();
    rig.stores.failCommits(undefined);
  };

  it.each([0, 1, 2, 3, 4])('is told of once, whichever write is the last: %i', async (count) => {
    const before = await openDiscovery();
    await before.accept('one', BOB);
    before.says.set(BOB, ok(ONE));
    await dieAfter(before, count);
    const between = await openDiscovery({ former: before });
    await between.settle();
    expect(await reportCount(between)).toBe(1);
    expect(leaving(between)).toEqual([ONE]);
    expect(trustOf(between)).toEqual({ kind: 'discovered' });
    between.says.set(BOB, ok(TWO));
    await between.accept('two', BOB);
    await dieAfter(between, count);
    const rig = await openDiscovery({ former: between });
    await rig.settle();
    expect(await reportCount(rig)).toBe(2);
    expect(trustOf(rig)).toEqual({ kind: 'changed', seen: TWO });
    expect((await rig.store.list('key-news'))._unsafeUnwrap()).toEqual([]);
    await rig.crash();
  });

  it('goes on by itself when a full disk has room again', async () => {
    const rig = await openDiscovery();
    await rig.accept('one', BOB);
    rig.says.set(BOB, ok(ONE));
    rig.stores.failCommits({ kind: 'store-full' });
    await rig.clock.advance(600_000);
    expect(rig.book.list()).toEqual([]);
    expect(rig.asked).toEqual([BOB]);
    rig.stores.failCommits(undefined);
    rig.files.failWrites('full');
    await rig.clock.advance(600_000);
    expect(await reportCount(rig)).toBe(0);
    rig.files.failWrites(undefined);
    await rig.settle();
    expect(leaving(rig)).toEqual([ONE]);
    expect(await reportCount(rig)).toBe(1);
    await rig.crash();
  });
});
