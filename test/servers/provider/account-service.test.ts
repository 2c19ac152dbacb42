import fc from 'fast-check';
import { okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toBase64 } from '../../../src/bytes/text.js';
import { concat } from '../../../src/bytes/writer.js';
import { portablePrimitives } from '../../../src/crypto/portable.js';
import { manualClock } from '../../../src/io/memory.js';
import { memoryStores } from '../../../src/store/memory.js';
import { sealAccountRequest, type AccountVerb } from '../../../src/wire/account-request.js';
import { AccountService } from '../../../servers/provider/account-service.js';
import { StoredAccounts } from '../../../servers/provider/accounts.js';
import { StoredUsers } from '../../../servers/provider/users.js';
import { repeated } from '../../support/bytes.js';

const primitives = portablePrimitives;
const { x25519 } = primitives;
const publicOf = (secret: Uint8Array): Uint8Array => x25519.publicKey(x25519.scalar(secret));
const PROVIDER = { identityKey: repeated(9, 32), linkSecret: repeated(8, 32) };
const OLD = repeated(1, 32);
const NEW = repeated(2, 32);
const START = 1_700_000_000_000;
const HOUR = 3_600_000;

const openDesk = async () => {
  const stores = memoryStores();
  const store = (await stores.open('/provider', new Uint8Array(32)))._unsafeUnwrap();
  const clock = manualClock({ startMs: START });
  const users = new StoredUsers(store);
  await users.add('bob', { linkKey: publicOf(OLD), identityKey: undefined });
  const counts = new Map<string, number>();
  const removed: string[] = [];
  const open = async (): Promise<AccountService> => {
    const accounts = new StoredAccounts(store, users);
    (await accounts.load())._unsafeUnwrap();
    return new AccountService({
      ...{ clock, primitives, identity: PROVIDER, accounts },
      waiting: () => okAsync(7),
      limit: () => 900,
      onGone: (name) => void removed.push(name),
      count: (event) => void counts.set(event, (counts.get(event) ?? 0) + 1),
    });
  };
  const service = await open();
  const ask = async (request: Uint8Array, of = service): Promise<Record<string, unknown>> => {
    const answer = (
      await of.answer({ body: concat(request, new Uint8Array(300)) })
    )._unsafeUnwrap();
    return JSON.parse(fromUtf8(answer ?? new Uint8Array(0))) as Record<string, unknown>;
  };
  return { stores, clock, users, counts, removed, service, open, ask };
};

interface Changes {
  readonly secretKey?: Uint8Array;
  readonly timeMs?: number;
  readonly user?: string;
  readonly providerIdentity?: Uint8Array;
}

const seal = (
  verb: AccountVerb,
  { secretKey = OLD, timeMs = START, user = 'bob', providerIdentity }: Changes = {},
): Uint8Array =>
  sealAccountRequest(
    primitives,
    { verb, timeMs, user },
    {
      secretKey,
      theirKey: publicOf(PROVIDER.linkSecret),
      userKey: publicOf(secretKey),
      providerIdentity: providerIdentity ?? PROVIDER.identityKey,
    },
  )!;

const SHOW: AccountVerb = { kind: 'show' };
const ROTATE: AccountVerb = { kind: 'rotate', linkKey: publicOf(NEW) };

describe('the account service', () => {
  it('shows an account to its owner', async () => {
    const { ask, counts } = await openDesk();
    expect(await ask(seal(SHOW))).toEqual({
      ...{ Status: 'done', LinkKey: toBase64(publicOf(OLD)), IdentityKey: '' },
      ...{ Waiting: 7, Limit: 900, LeavesAt: 0 },
    });
    expect(Object.fromEntries(counts)).toEqual({ 'account.done': 1 });
  });

  it('changes the link key, after which the old one says nothing', async () => {
    const { ask, users } = await openDesk();
    const rotate = seal(ROTATE);
    expect(await ask(rotate)).toMatchObject({ Status: 'done', LinkKey: toBase64(publicOf(NEW)) });
    expect(users.get('bob')?.linkKey).toEqual(publicOf(NEW));
    expect(users.get('bob')?.linkKey).not.toEqual(publicOf(OLD));
    // It may have been sent twice, since its answer was lost.
    expect(await ask(rotate)).toMatchObject({ Status: 'done' });
    expect(await ask(seal(SHOW, { timeMs: START + 1 }))).toEqual({ Status: 'refused' });
    const byNew = seal(SHOW, { secretKey: NEW, timeMs: START + 1 });
    expect(await ask(byNew)).toMatchObject({ Status: 'done' });
  });

  it('deletes an account after a while, in which the answer can be fetched', async () => {
    const { ask, users, clock, service, removed } = await openDesk();
    expect(await ask(seal({ kind: 'delete' }))).toMatchObject({ LeavesAt: START + HOUR });
    const stop = new AbortController();
    const running = service.run(stop.signal);
    await clock.advance(HOUR - 1);
    expect(users.has('bob')).toBe(true);
    await clock.advance(60_000);
    expect(removed).toEqual(['bob']);
    // Who has the name next stays.
    await users.add('bob', { linkKey: publicOf(NEW), identityKey: undefined });
    await clock.advance(3 * HOUR);
    expect(users.has('bob')).toBe(true);
    stop.abort();
    await running;
  });

  it('deletes also after a restart', async () => {
    const { ask, users, clock, open } = await openDesk();
    await ask(seal({ kind: 'delete' }));
    const again = await open();
    const stop = new AbortController();
    const running = again.run(stop.signal);
    await clock.advance(HOUR + 60_000);
    expect(users.has('bob')).toBe(false);
    stop.abort();
    await running;
  });
});

describe('the account service refuses', () => {
  it.each<[string, Uint8Array, string]>([
    ['another key', seal(SHOW, { secretKey: NEW }), 'refused'],
    ['another user', seal(SHOW, { user: 'eve' }), 'refused'],
    ['a name that nobody has', seal(SHOW, { user: 'b b' }), 'refused'],
    ['what is for another provider', seal(SHOW, { providerIdentity: OLD }), 'refused'],
    ['what is too old', seal(SHOW, { timeMs: START - HOUR - 1 }), 'stale'],
    ['what is of the future', seal(SHOW, { timeMs: START + 300_001 }), 'stale'],
    [
      'a key of low order',
      seal({ kind: 'rotate', linkKey: Uint8Array.of(1, ...repeated(0, 31)) }),
      'bad-key',
    ],
    ['a rotation to nothing', seal({ kind: 'rotate', linkKey: repeated(0, 32) }), 'malformed'],
    ['half a request', seal(SHOW).slice(0, 60), 'refused'],
    ['nothing', new Uint8Array(0), 'malformed'],
    ['another version', Uint8Array.of(2, ...seal(SHOW).slice(1)), 'malformed'],
    ['another verb', Uint8Array.of(1, 3, ...seal(SHOW).slice(2)), 'malformed'],
  ])('%s', async (_, request, status) => {
    const { ask, counts, users } = await openDesk();
    expect(await ask(request)).toEqual({ Status: status });
    expect(Object.fromEntries(counts)).toEqual({ [`account.${status}`]: 1 });
    expect(users.get('bob')?.linkKey).toEqual(publicOf(OLD));
  });

  it('what is older than what it has taken, also after a restart', async () => {
    const { ask, open } = await openDesk();
    const early = seal(ROTATE);
    await ask(seal(SHOW, { timeMs: START + 1 }));
    expect(await ask(early)).toEqual({ Status: 'replayed' });
    expect(await ask(early, await open())).toEqual({ Status: 'replayed' });
  });

  it('a request with any bit flipped', async () => {
    const { ask } = await openDesk();
    const good = seal(ROTATE);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length * 8 - 1), async (bit) => {
        const bad = good.slice();
        bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect((await ask(bad))['Status']).not.toBe('done');
      }),
      { numRuns: 60 },
    );
  });

  it('to say that something is done which is not on disk', async () => {
    const { ask, users, stores } = await openDesk();
    stores.failCommits({ kind: 'store-full' });
    expect(await ask(seal(ROTATE))).toEqual({ Status: 'failed' });
    expect(users.get('bob')?.linkKey).toEqual(publicOf(OLD));
  });
});
