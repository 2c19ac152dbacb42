import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { utf8 } from '../../../src/bytes/text.js';
import { concat } from '../../../src/bytes/writer.js';
import { memoryStores } from '../../../src/store/memory.js';
import { userName, userNameOf } from '../../../servers/provider/names.js';
import { StoredUsers } from '../../../servers/provider/users.js';
import { repeated } from '../../support/bytes.js';

const openUsers = async (stores = memoryStores()): Promise<StoredUsers> => {
  const users = new StoredUsers((await stores.open('/users', new Uint8Array(32)))._unsafeUnwrap());
  (await users.load())._unsafeUnwrap();
  return users;
};

const link = repeated(1, 32);
const identity = repeated(2, 32);

describe('user names', () => {
  it('have one spelling', () => {
    expect(userName('Alice.B+c_d-9')).toBe('alice.b+c_d-9');
    for (const text of ['', 'a b', 'a\0', 'ä', '\u212a', 'a@b', 'x'.repeat(65)]) {
      expect(userName(text), text).toBeUndefined();
    }
  });

  it('are read from zero-padded fields of any bytes', () => {
    expect(userNameOf(concat(utf8('Bob'), new Uint8Array(61)))).toBe('bob');
    expect(userNameOf(new Uint8Array(64))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const name = userNameOf(bytes);
        expect(name === undefined || userName(name) === name).toBe(true);
      }),
    );
  });
});

describe('the user database', () => {
  it('adds, changes and removes, over restarts', async () => {
    const stores = memoryStores();
    const users = await openUsers(stores);
    (await users.add('alice', { linkKey: link, identityKey: undefined }))._unsafeUnwrap();
    expect(
      (await users.add('alice', { linkKey: link, identityKey: undefined }))._unsafeUnwrapErr().kind,
    ).toBe('user-exists');
    (await users.setIdentity('alice', identity))._unsafeUnwrap();
    (await users.setLinkKey('alice', repeated(3, 32)))._unsafeUnwrap();
    stores.crash();
    const again = await openUsers(stores);
    expect(again.get('alice')).toEqual({ linkKey: repeated(3, 32), identityKey: identity });
    (await again.remove('alice'))._unsafeUnwrap();
    expect((await again.remove('alice'))._unsafeUnwrapErr().kind).toBe('no-such-user');
    stores.crash();
    expect((await openUsers(stores)).count).toBe(0);
  });

  it('does not bring back a removed user’s identity', async () => {
    const users = await openUsers();
    (await users.add('alice', { linkKey: link, identityKey: identity }))._unsafeUnwrap();
    (await users.remove('alice'))._unsafeUnwrap();
    (await users.add('alice', { linkKey: link, identityKey: undefined }))._unsafeUnwrap();
    expect(users.get('alice')?.identityKey).toBeUndefined();
  });

  it('changes nothing when the disk does not', async () => {
    const stores = memoryStores();
    const users = await openUsers(stores);
    (await users.add('alice', { linkKey: link, identityKey: identity }))._unsafeUnwrap();
    stores.failCommits({ kind: 'store-full' });
    expect((await users.add('bob', { linkKey: link, identityKey: undefined })).isErr()).toBe(true);
    expect((await users.remove('alice')).isErr()).toBe(true);
    expect((await users.setIdentity('alice', undefined)).isErr()).toBe(true);
    expect(users.has('bob')).toBe(false);
    expect(users.get('alice')?.identityKey).toEqual(identity);
  });
});
