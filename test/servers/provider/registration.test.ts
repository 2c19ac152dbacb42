import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { fromUtf8, toBase64, toHex, utf8 } from '../../../src/bytes/text.js';
import { findProof } from '../../../src/crypto/proof-of-work.js';
import { portablePrimitives } from '../../../src/crypto/portable.js';
import type { Duplex } from '../../../src/io/contracts.js';
import { memoryIo } from '../../../src/io/memory.js';
import { nodeHttp, nodeNetwork } from '../../../src/io/node.js';
import { memoryStores } from '../../../src/store/memory.js';
import {
  openRegistration,
  type RegistrationOptions,
} from '../../../servers/provider/registration.js';
import { readForm } from '../../../servers/provider/registration-form.js';
import { StoredUsers } from '../../../servers/provider/users.js';
import { freeAddress } from '../../../testkit/free-ports.js';
import { repeated } from '../../support/bytes.js';

const { x25519 } = portablePrimitives;
const network = nodeNetwork();
const never = new AbortController().signal;
const LINK = x25519.publicKey(x25519.scalar(repeated(1, 32)));
const IDENTITY = x25519.publicKey(x25519.scalar(repeated(2, 32)));

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

let desks = 0;
/** The registration on real connections, with a clock turned by hand for its deadline. */
const openDesk = async (options: Partial<RegistrationOptions> = {}) => {
  const stores = memoryStores();
  const store = (await stores.open('/provider', new Uint8Array(32)))._unsafeUnwrap();
  const users = new StoredUsers(store);
  const counts = new Map<string, number>();
  const count = (event: string) => void counts.set(event, (counts.get(event) ?? 0) + 1);
  const io = { ...memoryIo({ seed: ++desks }), network, http: nodeHttp() };
  const address = (await freeAddress(io))._unsafeUnwrap();
  const deps = { io, primitives: portablePrimitives, users, count };
  const opened = await openRegistration(deps, { addresses: [address], ...options });
  closers.push(opened._unsafeUnwrap());
  return { stores, users, counts, clock: io.clock, address };
};

const dial = async (address: string): Promise<Duplex> =>
  (await network.dial(address, never))._unsafeUnwrap();

const hear = async (duplex: Duplex): Promise<string> => {
  let heard = '';
  for (let bytes = await duplex.read(); bytes; bytes = await duplex.read()) {
    heard += fromUtf8(bytes);
  }
  duplex.destroy();
  return heard;
};

const say = async (address: string, text: string): Promise<string> => {
  const duplex = await dial(address);
  await duplex.write(utf8(text));
  return hear(duplex);
};

const FIELDS = {
  version: '0',
  command: 'register_link_and_identity_key',
  user: 'zed',
  link_key: toBase64(LINK),
  identity_key: toBase64(IDENTITY),
};

type Fields = Readonly<Record<string, string | undefined>>;

/** `status body` of what comes back. */
const post = async (
  address: string,
  fields: Fields,
  { method = 'POST', target = '/registration' } = {},
): Promise<string> => {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value) form.set(name, value);
  const response = await fetch(`http://${address}${target}`, {
    method,
    ...(method === 'GET' ? {} : { body: form }),
  });
  return `${response.status} ${await response.text()}`;
};

describe('registration over HTTP', () => {
  it('makes a user known with both keys', async () => {
    const { address, users, counts } = await openDesk();
    expect(await post(address, FIELDS)).toBe('200 OK\n');
    expect(users.get('zed')).toEqual({ linkKey: LINK, identityKey: IDENTITY });
    expect(Object.fromEntries(counts)).toEqual({ 'registration.done': 1 });
  });

  it('takes a link key alone, keys in hex, and folds the name', async () => {
    const { address, users } = await openDesk();
    const fields = {
      ...FIELDS,
      command: 'register_link_key',
      user: 'Zed',
      identity_key: undefined,
    };
    expect(await post(address, { ...fields, link_key: toHex(LINK) })).toBe('200 OK\n');
    expect(users.get('zed')).toEqual({ linkKey: LINK, identityKey: undefined });
  });

  it('takes multipart forms and fields in the query', async () => {
    const { address, users } = await openDesk();
    const form = new FormData();
    for (const [name, value] of Object.entries(FIELDS)) if (name !== 'user') form.set(name, value);
    form.set('file', new Blob(['x']), 'name');
    const url = `http://${address}/registration?user=quentin&version=9`;
    expect((await fetch(url, { method: 'POST', body: form })).status).toBe(200);
    expect(users.get('quentin')).toEqual({ linkKey: LINK, identityKey: IDENTITY });
  });

  it.each<[string, Fields, { method?: string; target?: string }]>([
    ['another page', FIELDS, { target: '/' }],
    ['a page below', FIELDS, { target: '/registration/x' }],
  ])('has no %s', async (_, fields, how) => {
    const { address, users } = await openDesk();
    expect(await post(address, fields, how)).toBe('404 ');
    expect(users.count).toBe(0);
  });

  it.each<[string, Fields, { method?: string }?]>([
    ['another method', FIELDS, { method: 'GET' }],
    ['another method with a form', FIELDS, { method: 'PUT' }],
    ['no fields', {}],
    ['no command', { ...FIELDS, command: undefined }],
    ['an unknown command', { ...FIELDS, command: 'remove' }],
    ['no version', { ...FIELDS, version: undefined }],
    ['another version', { ...FIELDS, version: '1' }],
    ['no user', { ...FIELDS, user: undefined }],
    ['a name that nobody can have', { ...FIELDS, user: 'ze d' }],
    ['a name beyond ASCII', { ...FIELDS, user: 'zeд' }],
    ['a name that is too long', { ...FIELDS, user: 'z'.repeat(65) }],
    ['no link key', { ...FIELDS, link_key: undefined }],
    ['a short link key', { ...FIELDS, link_key: toBase64(repeated(1, 31)) }],
    ['a link key of low order', { ...FIELDS, link_key: toBase64(repeated(0, 32)) }],
    ['no identity key', { ...FIELDS, identity_key: undefined }],
    ['a bad identity key', { ...FIELDS, identity_key: 'no key' }],
    ['an identity key of low order', { ...FIELDS, identity_key: toBase64(repeated(0, 32)) }],
  ])('refuses %s, and nothing is half made', async (_, fields, how) => {
    const { address, users, counts } = await openDesk();
    expect(await post(address, fields, how)).toBe('500 ');
    expect(users.count).toBe(0);
    expect(Object.fromEntries(counts)).toEqual({ 'registration.refused': 1 });
    expect(await post(address, FIELDS)).toBe('200 OK\n');
  });

  it('gives nobody the name of another', async () => {
    const { address, users } = await openDesk();
    await post(address, FIELDS);
    const other = { ...FIELDS, link_key: toBase64(IDENTITY), user: 'ZED' };
    expect(await post(address, other)).toBe('500 ');
    expect(await post(address, FIELDS)).toBe('500 ');
    expect(await post(address, { ...FIELDS, command: 'register_link_key' })).toBe('500 ');
    expect(users.get('zed')).toEqual({ linkKey: LINK, identityKey: IDENTITY });
  });

  it('gives nobody the name of the operator or of a service', async () => {
    const { address, users, counts } = await openDesk();
    for (const user of ['postmaster', 'Root', '+echo']) {
      expect(await post(address, { ...FIELDS, user })).toBe('500 ');
    }
    expect(users.count).toBe(0);
    expect(Object.fromEntries(counts)).toEqual({ 'registration.reserved': 3 });
    const own = await openDesk({ reserved: ['zed'] });
    expect(await post(own.address, FIELDS)).toBe('500 ');
    expect(await post(own.address, { ...FIELDS, user: 'root' })).toBe('200 OK\n');
  });

  it.each([
    ['one address', { perHourAndAddress: 2, perHour: 0 }],
    ['all', { perHourAndAddress: 0, perHour: 2 }],
  ])('takes so many in an hour from %s', async (_, limits) => {
    const { address, users, counts, clock } = await openDesk({ limits });
    const answers: string[] = [];
    for (const user of ['a', 'b', 'c', 'd']) answers.push(await post(address, { ...FIELDS, user }));
    expect(answers).toEqual(['200 OK\n', '200 OK\n', '429 ', '429 ']);
    expect(counts.get('registration.limited')).toBe(2);
    await clock.advance(30 * 60_000);
    expect(await post(address, { ...FIELDS, user: 'e' })).toBe('200 OK\n');
    expect(await post(address, { ...FIELDS, user: 'f' })).toBe('429 ');
    expect(users.count).toBe(3);
  });

  it('confirms only what is stored', async () => {
    const { address, users, stores } = await openDesk();
    stores.failCommits({ kind: 'store-full' });
    expect(await post(address, FIELDS)).toBe('500 ');
    expect(users.has('zed')).toBe(false);
  });

  it('says why it cannot be had', async () => {
    const io = memoryIo({ seed: 1 });
    const deps = {
      primitives: portablePrimitives,
      users: (await openDesk()).users,
      count: () => undefined,
    };
    const open = async (
      world: typeof io & { http?: ReturnType<typeof nodeHttp> },
      addresses: string[],
    ) => (await openRegistration({ ...deps, io: world }, { addresses }))._unsafeUnwrapErr();
    expect(await open(io, ['127.0.0.1:1'])).toMatchObject({ kind: 'bad-option' });
    expect(await open({ ...io, http: nodeHttp() }, [])).toMatchObject({ kind: 'bad-option' });
    const taken = await open({ ...io, http: nodeHttp() }, ['127.0.0.1:1', '127.0.0.1:1']);
    expect(taken).toEqual({ kind: 'listen', address: '127.0.0.1:1', reason: 'in-use' });
  });
});

describe('a registration that costs work', () => {
  /** The challenge that is given for a request without one. */
  const challengeOf = async (address: string, fields: Fields = FIELDS): Promise<string> => {
    const [, challenge] = /^428 proof-of-work 12 (\S+)\n$/.exec(await post(address, fields)) ?? [];
    if (challenge === undefined) throw new Error('no challenge');
    return challenge;
  };
  const prove = async (challenge: string, name = 'zed'): Promise<Fields> => {
    const puzzle = { challenge, name, bits: 12 };
    const breathe = (): Promise<void> => Promise.resolve();
    const proof = await findProof(portablePrimitives.hash, puzzle, { breathe, signal: never });
    return { challenge, proof };
  };

  it('is taken with the work, once', async () => {
    const { address, users, counts } = await openDesk({ proofBits: 12 });
    const done = await prove(await challengeOf(address));
    expect(users.count).toBe(0);
    expect(await post(address, { ...FIELDS, ...done })).toBe('200 OK\n');
    await users.remove('zed');
    expect(await post(address, { ...FIELDS, ...done })).toMatch(/^428 proof-of-work/);
    expect(users.count).toBe(0);
    expect(Object.fromEntries(counts)).toEqual({
      'registration.challenged': 1,
      'registration.done': 1,
      'registration.bad-proof': 1,
    });
  });

  it('is not taken with work for another name, another challenge, too late, or none', async () => {
    const { address, users, clock } = await openDesk({ proofBits: 12 });
    const other = await openDesk({ proofBits: 12 });
    const challenge = await challengeOf(address);
    const good = await prove(challenge);
    const [expiry = '', nonce = '', tag = ''] = challenge.split('.');
    const longer = `${Number(expiry) + 1}.${nonce}.${tag}`;
    const bad: readonly Fields[] = [
      { ...good, user: 'yan' },
      { ...good, proof: 'x' },
      { ...good, proof: undefined },
      { ...good, challenge: 'x' },
      await prove(longer),
      await prove(`${expiry}.${nonce}.${'0'.repeat(64)}`),
      await prove(await challengeOf(other.address)),
    ];
    for (const fields of bad) {
      expect(await post(address, { ...FIELDS, ...fields })).toMatch(/^428 proof-of-work 12 /);
    }
    await clock.advance(600_001);
    expect(await post(address, { ...FIELDS, ...good })).toMatch(/^428 /);
    expect(users.count).toBe(0);
  });
});

describe('hostile clients of the registration', () => {
  const HEAD = 'POST /registration HTTP/1.1\r\nHost: h\r\n';

  it('get no more than their share of connections', async () => {
    const { address, counts } = await openDesk();
    const hogs = await Promise.all(Array.from({ length: 20 }, () => dial(address)));
    await expect.poll(() => counts.get('registration.crowded')).toBe(4);
    for (const hog of hogs) hog.destroy();
    await expect.poll(() => counts.get('registration.ended')).toBe(16);
    expect(await post(address, FIELDS)).toBe('200 OK\n');
  });

  it('are cut off when they take their time', async () => {
    const { address, clock, counts } = await openDesk();
    const silent = await dial(address);
    const slow = await dial(address);
    await slow.write(utf8(`${HEAD}Content-Length: 100\r\n\r\nversion=0`));
    // It has answered by then, so the others have arrived too.
    expect(await post(address, FIELDS)).toBe('200 OK\n');
    await clock.advance(9_999);
    expect(counts.get('registration.slow')).toBeUndefined();
    await clock.advance(2);
    expect(await hear(silent)).toBe('');
    expect(await hear(slow)).toBe('');
    await expect.poll(() => counts.get('registration.slow')).toBe(2);
  });

  it('get no more than a share of the connections', async () => {
    const { address } = await openDesk();
    const idle = await Promise.all(Array.from({ length: 64 }, () => dial(address)));
    await expect.poll(() => say(address, `${HEAD}\r\n`)).toBe('');
    for (const duplex of idle) duplex.destroy();
    await expect.poll(() => say(address, `${HEAD}\r\n`)).toContain(' 500 ');
  });

  it('are counted by what they did', async () => {
    const { address, counts, users } = await openDesk();
    await say(address, 'rubbish\r\n\r\n');
    await say(address, `${HEAD}Content-Length: 9000\r\n\r\n${'x'.repeat(9000)}`);
    const gone = await dial(address);
    gone.destroy();
    await expect
      .poll(() => Object.fromEntries(counts))
      .toEqual({
        'registration.malformed': 1,
        'registration.too-large': 1,
        'registration.ended': 1,
      });
    expect(users.count).toBe(0);
  });

  it('end with the provider', async () => {
    const { address } = await openDesk();
    const idle = await dial(address);
    await closers.pop()?.();
    expect(await hear(idle)).toBe('');
    expect((await network.dial(address, never)).isErr()).toBe(true);
  });

  it('cannot make the form reader throw', () => {
    const kinds = ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=b', 'x', ''];
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .array(
          fc.constantFrom(
            '--b',
            '\r\n',
            ':',
            ';',
            'name="user"',
            '--',
            'content-disposition',
            'form-data',
            'x',
          ),
        )
        .map((words) => utf8(words.join(''))),
    );
    fc.assert(
      fc.property(fc.constantFrom(...kinds), body, fc.string(), (contentType, bytes, target) => {
        const form = readForm({ method: 'POST', target, contentType, body: bytes });
        expect(['string', 'undefined']).toContain(typeof form('user'));
      }),
    );
  });
});
