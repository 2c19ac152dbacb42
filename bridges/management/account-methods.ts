/**
 * The accounts' methods for JSON-RPC.
 * @module
 */
import { ok } from 'neverthrow';
import { toBase64 } from '../../src/bytes/text.js';
import { gives, rpcMethod, text, value, type RpcMethods } from '../../src/control/method.js';
import { listOf, NOTHING, TEXT } from '../../src/control/schema.js';
import type { MixClient } from '../../src/index.js';
import { ACCOUNT, ACCOUNT_KEYS } from './schemas.js';
import { accountJson } from './shapes.js';

export const ACCOUNT_PARAM = { account: text('an account’s address') };

/** What accounts can be asked and told. */
export const accountMethods = (client: MixClient): RpcMethods => ({
  ...accountViews(client),
  ...accountChanges(client),
});

const accountViews = ({ accounts }: MixClient): RpcMethods => ({
  'accounts.status': rpcMethod(
    { summary: 'how every account does', params: {}, answer: gives(listOf(ACCOUNT)) },
    () => ok(value(accounts.status().map(accountJson))),
  ),
  'accounts.list': rpcMethod(
    { summary: 'the accounts that are open', params: {}, answer: gives(listOf(TEXT)) },
    () => ok(value([...accounts.list()])),
  ),
  'accounts.keys': rpcMethod(
    { summary: 'an account’s public keys', params: ACCOUNT_PARAM, answer: gives(ACCOUNT_KEYS) },
    ({ account }) =>
      accounts
        .keys(account)
        .map(({ identityKey, linkKey }) =>
          value({ identityKey: toBase64(identityKey), linkKey: toBase64(linkKey) }),
        ),
  ),
});

const accountChanges = ({ accounts }: MixClient): RpcMethods => ({
  'accounts.pause': rpcMethod(
    {
      summary: 'ends an account’s connection until it is resumed; its mail is kept and read',
      params: ACCOUNT_PARAM,
      answer: gives(NOTHING),
    },
    ({ account }) => accounts.pause(account).map(() => value(null)),
  ),
  'accounts.resume': rpcMethod(
    { summary: 'connects an account again', params: ACCOUNT_PARAM, answer: gives(NOTHING) },
    ({ account }) => accounts.resume(account).map(() => value(null)),
  ),
  'accounts.remove': rpcMethod(
    {
      summary: 'closes an account; what it has on disk stays',
      params: ACCOUNT_PARAM,
      answer: gives(NOTHING),
    },
    ({ account }) => accounts.remove(account).map(() => value(null)),
  ),
  'accounts.register': rpcMethod(
    {
      summary: 'makes an account known to its provider by HTTP',
      params: { ...ACCOUNT_PARAM, url: text('the address of the registration’s page') },
      answer: gives(NOTHING),
    },
    (asked) => accounts.register(asked).map(() => value(null)),
  ),
});
