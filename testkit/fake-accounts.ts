/**
 * The accounts of a client without a network: they can be added, paused and removed, and do nothing.
 * @module
 */
import { err, errAsync, ok, okAsync, type Result } from 'neverthrow';
import type {
  Accounts,
  AccountStatus,
  Address,
  Departure,
  UnknownAccount,
} from '../src/client/types.js';

const USUAL: Departure = { delay: 'usual', nextBatchAtMs: undefined };

/** `accounts` are normalised addresses. */
export const fakeAccounts = (accounts: readonly Address[]): Accounts => {
  const paused = new Map(accounts.map((account) => [account, false]));
  const change = (account: string, make: () => unknown): Result<void, UnknownAccount> =>
    paused.has(account) ? ok(void make()) : err({ kind: 'unknown-account', account });
  return {
    list: () => [...paused.keys()],
    keys: (account) =>
      paused.has(account)
        ? ok({ identityKey: new Uint8Array(32).fill(1), linkKey: new Uint8Array(32).fill(2) })
        : err({ kind: 'unknown-account', account }),
    status: () => [...paused].map(([account, isPaused]) => statusOf(account, isPaused)),
    add: ({ user, provider }) => {
      const account = `${user}@${provider}`;
      if (paused.has(account)) {
        return errAsync({ kind: 'config', key: 'account.user', problem: 'a second account' });
      }
      paused.set(account, false);
      return okAsync(account);
    },
    pause: (account) =>
      change(account, () => paused.set(account, true)).asyncAndThen(() => okAsync(undefined)),
    resume: (account) =>
      change(account, () => paused.set(account, false)).asyncAndThen(() => okAsync(undefined)),
    remove: (account) =>
      change(account, () => paused.delete(account)).asyncAndThen(() => okAsync(undefined)),
    departure: (account) => (paused.has(account) ? ok(USUAL) : err(unknown(account))),
    setDelay: (account) => change(account, () => undefined).asyncAndThen(() => okAsync(undefined)),
    nodes: (account) => err(paused.has(account) ? { kind: 'no-document' } : unknown(account)),
    ping: (account) => errAsync(noProvider(paused.has(account), account)),
    showRemote: (account) => errAsync(noProvider(paused.has(account), account)),
    deleteRemote: (account) => errAsync(noProvider(paused.has(account), account)),
    rotateLinkKey: (account) => errAsync(noProvider(paused.has(account), account)),
    register: ({ account }) =>
      paused.has(account)
        ? errAsync({ kind: 'no-http' })
        : errAsync({ kind: 'unknown-account', account }),
  };
};

const unknown = (account: string): UnknownAccount => ({ kind: 'unknown-account', account });

const noProvider = (
  isKnown: boolean,
  account: string,
): UnknownAccount | { readonly kind: 'no-document' } =>
  isKnown ? { kind: 'no-document' } : unknown(account);

const statusOf = (account: Address, isPaused: boolean): AccountStatus => ({
  account,
  connection: { kind: isPaused ? 'paused' : 'offline' },
  outbox: { mails: 0, blocks: 0 },
  replyBlocks: 0,
  inbox: { count: 0 },
  fragments: 0,
  malformedKeyAnswers: 0,
  document: 'current',
});
