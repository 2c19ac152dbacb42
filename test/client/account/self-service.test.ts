import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equal } from '../../../src/bytes/compare.js';
import { encodePem, PEM_KEYS } from '../../../src/bytes/pem.js';
import { toBase64, utf8 } from '../../../src/bytes/text.js';
import { readAccountAnswer } from '../../../src/client/account/self-service.js';
import { openMixClient } from '../../../src/client/mix-client.js';
import type { MixClient } from '../../../src/client/types.js';
import { selectPrimitives } from '../../../src/crypto/select.js';
import { openTestWorld, type TestWorld } from '../../../testkit/index.js';
import { repeated } from '../../support/bytes.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const KEY = toBase64(repeated(5, 32));
const HOUR_MS = 3_600_000;
/** A provider looks for accounts whose time has come at least so often. */
const SWEEP_MS = 61_000;
const GOOD = { Status: 'done', LinkKey: KEY, IdentityKey: '', Waiting: 2, Limit: 9, LeavesAt: 0 };
const read = (said: unknown) => readAccountAnswer(utf8(JSON.stringify(said)));

describe('an account at its provider', () => {
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

describe('a deleted account', () => {
  it('leaves nothing at its provider', async () => {
    const world = await openTestWorld({ users: [ALICE, BOB] });
    const { clock } = world.io;
    const provider = world.network.provider('p1.test');
    const { accounts } = world.client(ALICE);
    const { leavesAtMs = Infinity } = (await accounts.deleteRemote(ALICE))._unsafeUnwrap();
    await world.closeClient(ALICE);
    const mail = utf8(`From: ${BOB}\r\nTo: ${ALICE}\r\nSubject: late\r\n\r\nx\r\n`);
    (await world.client(BOB).send({ account: BOB, to: ALICE, mail }))._unsafeUnwrap();
    expect(await world.until(() => (provider.spooled().messages ?? 0) > 0, HOUR_MS)).toBe(true);
    await world.closeClient(BOB);
    expect(clock.now()).toBeLessThan(leavesAtMs);
    await world.until(() => clock.now() > leavesAtMs + SWEEP_MS, 2 * HOUR_MS);
    expect(provider.spooled()).toEqual({ items: 0, messages: 0 });
    expect((await provider.users.find('alice'))._unsafeUnwrap()).toBeUndefined();
    await world.close();
  });
});

/** Alice's client with her link key in a file, as a daemon has it; others know her as before. */
const openFromFiles = async (world: TestWorld): Promise<MixClient> => {
  const config = world.configOf(ALICE);
  const [account] = config.accounts;
  if (account?.linkKey === undefined) throw new Error('no account');
  const { linkKey, ...rest } = account;
  const directory = `${config.dataDir}/${ALICE}`;
  const path = `${directory}/link.private.pem`;
  const { files } = world.io;
  (await files.makeDirectory(directory))._unsafeUnwrap();
  if ((await files.read(path)).isErr()) {
    await files.write(path, utf8(encodePem(PEM_KEYS.x25519Secret, linkKey)));
  }
  const { io, stores } = world;
  return (
    await openMixClient(
      { ...config, accounts: [rest] },
      { io, openStore: stores.open, primitives: selectPrimitives() },
    )
  )._unsafeUnwrap();
};

const linkKeyOf = (client: MixClient): Uint8Array =>
  client.accounts.keys(ALICE)._unsafeUnwrap().linkKey;
const isUp = (client: MixClient): boolean =>
  client.accounts.status()[0]?.connection.kind === 'connected';
const connected = (world: TestWorld, client: MixClient): Promise<boolean> =>
  world.until(() => isUp(client), 10 * 60_000);

describe('the link key of an account', () => {
  it('is rotated over the network, and connects from then on', async () => {
    const world = await openTestWorld({ users: [ALICE, BOB], openClients: false });
    const { users } = world.network.provider('p1.test');
    const alice = await openFromFiles(world);
    expect(await connected(world, alice)).toBe(true);
    const before = linkKeyOf(alice);
    const remote = (await alice.accounts.rotateLinkKey(ALICE))._unsafeUnwrap();
    expect(remote.linkKey).toEqual(linkKeyOf(alice));
    expect(remote.linkKey).not.toEqual(before);
    expect((await users.find('alice'))._unsafeUnwrap()?.linkKey).toEqual(remote.linkKey);
    (await alice.accounts.pause(ALICE))._unsafeUnwrap();
    (await alice.accounts.resume(ALICE))._unsafeUnwrap();
    expect(await connected(world, alice)).toBe(true);
    const shown = (await alice.accounts.showRemote(ALICE))._unsafeUnwrap();
    expect(shown.linkKey).toEqual(remote.linkKey);
    await alice.close();
    await world.close();
  });

  it('is found again where the client died before the answer came', async () => {
    const world = await openTestWorld({ users: [ALICE, BOB], openClients: false });
    const { users } = world.network.provider('p1.test');
    const dying = await openFromFiles(world);
    await connected(world, dying);
    const before = linkKeyOf(dying);
    const rotation = dying.accounts.rotateLinkKey(ALICE);
    let known: Uint8Array | undefined;
    const isRotated = (): boolean => {
      void users.find('alice').map((user) => (known = user?.linkKey));
      return known !== undefined && !equal(known, before);
    };
    expect(await world.until(isRotated, 10 * 60_000)).toBe(true);
    await dying.close();
    expect((await rotation)._unsafeUnwrapErr().kind).toBe('closed');
    const alice = await openFromFiles(world);
    expect(linkKeyOf(alice)).toEqual(before);
    expect(await connected(world, alice)).toBe(true);
    expect(linkKeyOf(alice)).toEqual(known);
    await alice.close();
    await world.close();
  });

  it('stays where the configuration gives it', async () => {
    const world = await openTestWorld({ users: [ALICE, BOB] });
    const { accounts } = world.client(ALICE);
    const refused = (await accounts.rotateLinkKey(ALICE))._unsafeUnwrapErr();
    expect(refused).toEqual({ kind: 'given-key' });
    expect((await accounts.rotateLinkKey(BOB))._unsafeUnwrapErr().kind).toBe('unknown-account');
    await world.close();
  });
});

describe('what a provider says of an account', () => {
  it('is read', () => {
    const linkKey = repeated(5, 32);
    expect(read(GOOD)._unsafeUnwrap()).toEqual({
      ...{ linkKey, identityKey: undefined, waiting: 2, limit: 9, leavesAtMs: undefined },
    });
    const leaving = read({ ...GOOD, IdentityKey: KEY, LeavesAt: 7 })._unsafeUnwrap();
    expect(leaving).toMatchObject({ identityKey: linkKey, leavesAtMs: 7 });
  });

  it('may lack the limit, as before it was told', () => {
    const { Limit, ...before } = GOOD;
    expect(Limit).toBe(9);
    expect(read(before)._unsafeUnwrap()).toMatchObject({ waiting: 2, limit: undefined });
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
    ['no limit', { ...GOOD, Limit: 'none' }],
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
