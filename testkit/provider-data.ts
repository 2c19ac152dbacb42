/**
 * The contract of {@link ProviderData}, as a suite for whoever writes another one.
 * @module
 */
import type { Result } from 'neverthrow';
import type { Mailbox, ProviderData, SpoolItem } from '../servers/provider/contracts.js';
import { ACCOUNT_TESTS } from './provider-accounts.js';
import {
  append,
  bytes,
  LIMIT,
  message,
  must,
  openWith,
  userOf,
  type DataTest,
  type ProviderDataSite,
} from './provider-site.js';
import { declareSuite, type SuiteTools } from './suite.js';

export type { ProviderDataSite } from './provider-site.js';

const HOUR_MS = 3_600_000;
const START_MS = 1_700_000_000_000;
const IN_PARALLEL = 40;

const kindOf = <T>(result: Result<T, { readonly kind: string }>): string =>
  result.isErr() ? result.error.kind : 'ok';

const reply = (n: number): SpoolItem => ({
  kind: 'reply',
  surbId: bytes(n, 16),
  payload: bytes(n, 120),
});

/** An item in a word, so that failures can be read. */
const nameOf = ({ kind, payload }: SpoolItem): string => `${kind} ${payload[0]}`;

/** Everything that waits, which is gone afterwards. */
const drain = async ({ spool }: ProviderData, user: string): Promise<readonly string[]> => {
  const mailbox = must(await spool.open(user));
  const names: string[] = [];
  for (let head = await headOf(mailbox); head; head = await headOf(mailbox)) {
    names.push(nameOf(head));
    must(await mailbox.dropHead());
  }
  mailbox.close();
  return names;
};

const headOf = async (mailbox: Mailbox): Promise<SpoolItem | undefined> =>
  must(await mailbox.head())?.item;

const keepsUsers: DataTest = async (site, { expect }) => {
  const { users } = await site.open(LIMIT);
  must(await users.add('alice', userOf(1)));
  expect(kindOf(await users.add('alice', userOf(9)))).toEqual('user-exists');
  must(await users.setIdentity('alice', bytes(2)));
  must(await users.setLinkKey('alice', bytes(3)));
  await site.crash();
  const again = (await site.open(LIMIT)).users;
  expect(must(await again.find('alice'))).toEqual(userOf(3, 2));
  expect(must(await again.find('bob'))).toEqual(undefined);
  must(await again.setIdentity('alice', undefined));
  expect(must(await again.find('alice'))).toEqual(userOf(3));
  for (const change of [again.setLinkKey('bob', bytes(1)), again.setIdentity('bob', bytes(1))]) {
    expect(kindOf(await change)).toEqual('no-such-user');
  }
};

const removesUsersWhole: DataTest = async (site, { expect }) => {
  const data = await site.open(LIMIT);
  must(await data.users.add('alice', userOf(1, 2)));
  await append(data, 'alice', message(1), reply(2));
  must(await data.users.remove('alice'));
  expect(kindOf(await data.users.remove('alice'))).toEqual('no-such-user');
  expect(kindOf(await data.spool.append('alice', message(3)))).toEqual('no-such-user');
  must(await data.users.add('alice', userOf(4)));
  expect(must(await data.users.find('alice'))).toEqual(userOf(4));
  expect(await drain(data, 'alice')).toEqual([]);
};

const givesOldestFirst: DataTest = async (site, { expect }) => {
  const data = await openWith(site, ['alice', 'bob']);
  await append(data, 'alice', message(1), reply(2), message(3));
  await append(data, 'bob', message(9));
  const mailbox = must(await data.spool.open('alice'));
  expect(must(await mailbox.head())).toEqual({ item: message(1), behind: 2 });
  must(await mailbox.dropHead());
  expect(must(await mailbox.head())).toEqual({ item: reply(2), behind: 1 });
  mailbox.close();
  expect(await drain(data, 'alice')).toEqual(['reply 2', 'message 3']);
  expect(await drain(data, 'bob')).toEqual(['message 9']);
};

const survivesACrash: DataTest = async (site, { expect }) => {
  const before = await openWith(site, ['alice']);
  await append(before, 'alice', message(1), reply(2), message(3));
  const mailbox = must(await before.spool.open('alice'));
  await headOf(mailbox);
  must(await mailbox.dropHead());
  await site.crash();
  const after = await site.open(LIMIT);
  await append(after, 'alice', message(4));
  expect(await drain(after, 'alice')).toEqual(['reply 2', 'message 3', 'message 4']);
};

const dropsOnlyWhatItGave: DataTest = async (site, { expect }) => {
  const data = await openWith(site, ['alice']);
  const mailbox = must(await data.spool.open('alice'));
  expect(must(await mailbox.head())).toEqual(undefined);
  await append(data, 'alice', message(1), message(2));
  must(await mailbox.dropHead());
  expect(await headOf(mailbox)).toEqual(message(1));
  must(await mailbox.dropHead());
  must(await mailbox.dropHead());
  expect(await headOf(mailbox)).toEqual(message(2));
  mailbox.close();
};

const hasAQuota: DataTest = async (site, { expect }) => {
  const data = await openWith(site, ['alice', 'bob'], 2);
  expect(must(await data.spool.append('alice', message(1)))).toEqual(1);
  expect(must(await data.spool.append('alice', reply(2)))).toEqual(2);
  expect(kindOf(await data.spool.append('alice', message(3)))).toEqual('spool-full');
  expect(kindOf(await data.spool.append('bob', message(4)))).toEqual('ok');
  expect(await drain(data, 'alice')).toEqual(['message 1', 'reply 2']);
  expect(must(await data.spool.append('alice', message(5)))).toEqual(1);
};

const takesNothingForStrangers: DataTest = async (site, { expect }) => {
  const data = await openWith(site, ['alice']);
  expect(kindOf(await data.spool.append('eve', message(1)))).toEqual('no-such-user');
  must(await data.users.add('eve', userOf(2)));
  expect(await drain(data, 'eve')).toEqual([]);
};

const hasOneSessionPerUser: DataTest = async (site, { expect }) => {
  const data = await openWith(site, ['alice', 'bob']);
  const first = must(await data.spool.open('alice'));
  expect(kindOf(await data.spool.open('alice'))).toEqual('mailbox-in-use');
  must(await data.spool.open('bob')).close();
  first.close();
  const second = must(await data.spool.open('alice'));
  expect(kindOf(await data.spool.open('alice'))).toEqual('mailbox-in-use');
  second.close();
};

const forgetsTheOld: DataTest = async (site, { expect }) => {
  const data = await openWith(site, ['alice']);
  await append(data, 'alice', message(1), message(2));
  expect(must(await data.spool.expire(START_MS, HOUR_MS))).toEqual(0);
  await append(data, 'alice', message(3));
  expect(must(await data.spool.expire(START_MS + HOUR_MS - 1, HOUR_MS))).toEqual(0);
  expect(must(await data.spool.expire(START_MS + HOUR_MS, HOUR_MS))).toEqual(2);
  expect(must(await data.spool.append('alice', message(4)))).toEqual(2);
  expect(await drain(data, 'alice')).toEqual(['message 3', 'message 4']);
};

/** Numbers that began again would make the new as old as what had them before. */
const isNotOldAfterARestart: DataTest = async (site, { expect }) => {
  const before = await openWith(site, ['alice']);
  await append(before, 'alice', message(1), message(2), message(3));
  must(await before.spool.expire(START_MS, HOUR_MS));
  expect((await drain(before, 'alice')).length).toEqual(3);
  await site.crash();
  const after = await site.open(LIMIT);
  await append(after, 'alice', message(4));
  expect(must(await after.spool.expire(START_MS + HOUR_MS, HOUR_MS))).toEqual(0);
  expect(await drain(after, 'alice')).toEqual(['message 4']);
};

const takesManyAtOnce: DataTest = async (site, { expect }) => {
  const data = await openWith(site, ['alice', 'bob']);
  const numbers = Array.from({ length: IN_PARALLEL }, (_, index) => index);
  const appended = await Promise.all(
    numbers.map((n) => data.spool.append(n % 2 === 0 ? 'alice' : 'bob', message(n))),
  );
  expect(appended.every((result) => result.isOk())).toEqual(true);
  const drained = [...(await drain(data, 'alice')), ...(await drain(data, 'bob'))];
  expect(drained.sort()).toEqual(numbers.map((n) => `message ${n}`).sort());
};

const TESTS: Readonly<Record<string, DataTest>> = {
  'keeps users over a crash': keepsUsers,
  'removes users with everything that is theirs': removesUsersWhole,
  'gives the oldest first, each user their own': givesOldestFirst,
  'keeps order and content over a crash': survivesACrash,
  'drops only what it gave': dropsOnlyWhatItGave,
  'has a quota for each user': hasAQuota,
  'takes nothing for strangers': takesNothingForStrangers,
  'has one session per user': hasOneSessionPerUser,
  'forgets what is too old': forgetsTheOld,
  'takes nothing for old after a restart': isNotOldAfterARestart,
  'takes many items at once': takesManyAtOnce,
};

/**
 * Declares the tests of the contract.
 *
 * @param name - of the implementation, in front of each test's name
 * @param makeSite - a fresh place for each test
 */
export const testProviderData = (
  name: string,
  makeSite: () => Promise<ProviderDataSite>,
  tools: SuiteTools,
): void => declareSuite({ ...TESTS, ...ACCOUNT_TESTS }, { name, makeSite }, tools);
