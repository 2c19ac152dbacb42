/**
 * The operator's verbs of a provider.
 *
 * Source: server internal/provider and its management handlers; names and answers are theirs.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { parseKeyText, toBase64 } from '../../src/bytes/text.js';
import {
  BAD_ARGUMENTS,
  DONE,
  FAILED,
  type Verb,
  type VerbReply,
  type VerbTable,
} from '../../src/control/dialogue.js';
import { userName, type UserName } from './names.js';
import type { RateLimit } from './rate-limit.js';
import type { User, UserError, Users } from './contracts.js';

export interface VerbDeps {
  readonly users: Users;
  readonly rateLimit: RateLimit;
  /** Removes a user with everything that waits for them. */
  readonly removeUser: (name: UserName) => ResultAsync<void, UserError>;
}

type Reply = VerbReply | Promise<VerbReply>;

const settle = (change: ResultAsync<void, UserError>): Promise<VerbReply> =>
  change.match(
    () => DONE,
    () => FAILED,
  );

const withName = (words: Verb['words'], run: (name: UserName, key?: string) => Reply): Verb => ({
  words,
  run: ([text = '', key]) => {
    const name = userName(text);
    return name === undefined ? BAD_ARGUMENTS : run(name, key);
  },
});

const withKey = (run: (name: UserName, key: Uint8Array) => Reply): Verb =>
  withName([2, 2], (name, text = '') => {
    const key = parseKeyText(text);
    return key ? run(name, key) : BAD_ARGUMENTS;
  });

const showKey = (users: Users, which: keyof User): Verb =>
  withName([1, 1], async (name) => {
    const key = (await users.find(name)).unwrapOr(undefined)?.[which];
    return key ? { kind: 'data', text: toBase64(key) } : FAILED;
  });

const MOST_COUNT = 2n ** 64n - 1n;

/** As many as 64 bits count; what is above the exact numbers is no limit anyway. */
const withCount = (run: (count: number) => void): Verb => ({
  words: [1, 1],
  run: ([text = '']) => {
    if (!/^\d+$/.test(text) || BigInt(text) > MOST_COUNT) return BAD_ARGUMENTS;
    run(Number(text));
    return { kind: 'data', text: String(BigInt(text)) };
  },
});

export const providerVerbs = ({ users, rateLimit, removeUser }: VerbDeps): VerbTable => ({
  ADD_USER: withKey((name, linkKey) =>
    settle(users.add(name, { linkKey, identityKey: undefined })),
  ),
  UPDATE_USER: withKey((name, linkKey) => settle(users.setLinkKey(name, linkKey))),
  REMOVE_USER: withName([1, 1], (name) => settle(removeUser(name))),
  SET_USER_IDENTITY: withName([1, 2], (name, text) => {
    const key = text === undefined ? undefined : parseKeyText(text);
    if (text !== undefined && !key) return BAD_ARGUMENTS;
    return settle(users.setIdentity(name, key));
  }),
  REMOVE_USER_IDENTITY: withName([1, 1], (name) => settle(users.setIdentity(name, undefined))),
  USER_IDENTITY: showKey(users, 'identityKey'),
  USER_LINK: showKey(users, 'linkKey'),
  SEND_RATE: withCount((count) => rateLimit.setPerMinute(count)),
  SEND_BURST: withCount((count) => rateLimit.setBurst(count)),
});
