import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../../../src/bytes/text.js';
import { readAccountAnswer } from '../../../src/client/account/self-service.js';
import { openTestWorld } from '../../../testkit/index.js';
import { repeated } from '../../support/bytes.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const KEY = toBase64(repeated(5, 32));
const GOOD = { Status: 'done', LinkKey: KEY, IdentityKey: '', Waiting: 2, LeavesAt: 0 };
const read = (said: unknown) => readAccountAnswer(utf8(JSON.stringify(said)));

describe('an account at its provider', { timeout: 60_000 }, () => {
  it('is shown, and deleted, over the network', async () => {
    const world = await openTestWorld({ users: [ALICE, BOB] });
    const { accounts } = world.client(ALICE);
    const own = accounts.keys(ALICE)._unsafeUnwrap();
    const shown = (await accounts.showRemote(ALICE))._unsafeUnwrap();
    expect(shown).toMatchObject({ ...own, leavesAtMs: undefined });
    const deleted = (await accounts.deleteRemote(ALICE))._unsafeUnwrap();
    expect(deleted.leavesAtMs).toBeGreaterThan(world.io.clock.now());
    const again = (await accounts.showRemote(ALICE))._unsafeUnwrap();
    expect(again.leavesAtMs).toBe(deleted.leavesAtMs);
    expect((await accounts.showRemote(BOB))._unsafeUnwrapErr().kind).toBe('unknown-account');
    await world.close();
  });
});

describe('what a provider says of an account', () => {
  it('is read', () => {
    const linkKey = repeated(5, 32);
    expect(read(GOOD)._unsafeUnwrap()).toEqual({
      ...{ linkKey, identityKey: undefined, waiting: 2, leavesAtMs: undefined },
    });
    const leaving = read({ ...GOOD, IdentityKey: KEY, LeavesAt: 7 })._unsafeUnwrap();
    expect(leaving).toMatchObject({ identityKey: linkKey, leavesAtMs: 7 });
  });

  it.each([
    ['refused', 'refused'],
    ['stale', 'stale'],
    ['whatever\u0007', 'unknown'],
    [7, 'unknown'],
  ])('may be no: %s', (Status, reason) => {
    expect(read({ Status })._unsafeUnwrapErr()).toEqual({ kind: 'account-refused', reason });
  });

  it.each([
    ['no object', 5],
    ['null', null],
    ['a short key', { ...GOOD, LinkKey: 'AAAA' }],
    ['no count', { ...GOOD, Waiting: '2' }],
    ['less than none', { ...GOOD, Waiting: -1 }],
    ['no time', { ...GOOD, LeavesAt: 1.5 }],
  ])('is malformed: %s', (_, said) => {
    expect(read(said)._unsafeUnwrapErr()).toEqual({ kind: 'malformed-reply' });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(readAccountAnswer(bytes).isErr()).toBe(true);
      }),
    );
  });
});
