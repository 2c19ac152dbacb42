/**
 * The part of a provider's contract that is about accounts: users, and the notes beside them.
 * @module
 */
import { err, ok } from 'neverthrow';
import type { ProviderData } from '../servers/provider/contracts.js';
import {
  append,
  bytes,
  LIMIT,
  message,
  must,
  openWith,
  userOf,
  type DataTest,
} from './provider-site.js';

const IN_PARALLEL = 40;

const noteOf = async ({ accounts }: ProviderData, name: string): Promise<number | undefined> =>
  must(await accounts.find(name)).note?.[0];

const changesAccounts: DataTest = async (site, { expect }) => {
  const { users, accounts } = await openWith(site, ['alice', 'bob']);
  expect(must(await accounts.find('alice'))).toEqual({ user: userOf(1), note: undefined });
  must(
    await accounts.change('alice', ({ user, note }) => {
      expect([user, note]).toEqual([userOf(1), undefined]);
      return ok({ note: bytes(7), user: { linkKey: bytes(3) } });
    }),
  );
  expect(must(await users.find('alice'))).toEqual(userOf(3));
  must(await accounts.change('bob', () => ok({ note: bytes(8) })));
  must(await accounts.change('bob', () => ok(undefined)));
  expect((await accounts.change('bob', () => err('no')))._unsafeUnwrapErr()).toEqual('no');
  const nobody = await accounts.change('eve', () =>
    ok({ note: bytes(9), user: { linkKey: bytes(9) } }),
  );
  expect(nobody._unsafeUnwrapErr()).toEqual({ kind: 'no-such-user' });
  await site.crash();
  const again = await site.open(LIMIT);
  expect(must(await again.accounts.find('alice'))).toEqual({ user: userOf(3), note: bytes(7) });
  const notes = must(await again.accounts.notes()).map(({ name, note }) => `${name} ${note[0]}`);
  expect(notes.toSorted()).toEqual(['alice 7', 'bob 8']);
  must(await again.accounts.change('bob', () => ok({ note: undefined })));
  expect(await noteOf(again, 'bob')).toEqual(undefined);
};

const keepsNotesOfTheGone: DataTest = async (site, { expect }) => {
  const data = await openWith(site, ['alice', 'bob']);
  await append(data, 'alice', message(1));
  must(await data.accounts.change('alice', () => ok({ note: bytes(5), user: 'removed' })));
  must(await data.accounts.change('bob', () => ok({ note: bytes(6) })));
  must(await data.users.remove('bob'));
  must(await data.accounts.change('nobody', () => ok({ note: bytes(4), user: 'removed' })));
  await site.crash();
  const again = await site.open(LIMIT);
  for (const [name, note] of [
    ['alice', 5],
    ['bob', 6],
    ['nobody', 4],
  ] as const) {
    expect(must(await again.accounts.find(name))).toEqual({ user: undefined, note: bytes(note) });
  }
  expect(must(await again.spool.waiting('alice'))).toEqual(0);
  must(await again.users.add('alice', userOf(2)));
  expect(await noteOf(again, 'alice')).toEqual(5);
};

/** Each looks at what the last has left, whichever process it is. */
const changesAccountsInTurn: DataTest = async (site, { expect }) => {
  const { accounts } = await openWith(site, ['alice']);
  const more = () =>
    accounts.change('alice', ({ note, user }) => {
      const count = (note?.[0] ?? 0) + 1;
      expect(user?.linkKey[0]).toEqual(count);
      return ok({ note: bytes(count), user: { linkKey: bytes(count + 1) } });
    });
  for (const done of await Promise.all(Array.from({ length: IN_PARALLEL }, more))) must(done);
  expect(must(await accounts.find('alice'))).toEqual({
    user: userOf(IN_PARALLEL + 1),
    note: bytes(IN_PARALLEL),
  });
};

/** By their names. */
export const ACCOUNT_TESTS: Readonly<Record<string, DataTest>> = {
  'changes users and the notes beside them together': changesAccounts,
  'keeps a note longer than its user': keepsNotesOfTheGone,
  'changes an account in turn': changesAccountsInTurn,
};
