/**
 * The accounts' methods for JSON-RPC.
 * @module
 */
import { err, errAsync, ok, type ResultAsync } from 'neverthrow';
import { toBase64 } from '../../src/bytes/text.js';
import {
  gives,
  rpcMethod,
  text,
  texts,
  value,
  type RpcFailure,
  type RpcMethod,
  type RpcMethods,
} from '../../src/control/method.js';
import { INTEGER, listOf, NOTHING, orNothing, record, TEXT } from '../../src/control/schema.js';
import type { MailDelay, MixClient, RemoteAccount } from '../../src/index.js';
import { ACCOUNT, ACCOUNT_KEYS, NODE_HEALTH, REMOTE_ACCOUNT } from './schemas.js';
import { accountJson, remoteAccountJson } from './shapes.js';

export const ACCOUNT_PARAM = { account: text('an account’s address') };

/** What accounts can be asked and told. */
export const accountMethods = (client: MixClient): RpcMethods => ({
  ...accountViews(client),
  ...accountChanges(client),
  ...delayMethods(client),
  ...loopMethods(client),
  ...remoteMethods(client),
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

const delayMethods = ({ accounts }: MixClient): RpcMethods => ({
  'accounts.setDelay': rpcMethod(
    {
      summary: 'has an account’s mail leave at once, or in batches about a day apart',
      params: { ...ACCOUNT_PARAM, delay: text('usual or batch') },
      answer: gives(NOTHING),
    },
    ({ account, delay }) =>
      isDelay(delay)
        ? accounts.setDelay(account, delay).map(() => value(null))
        : errAsync({ kind: 'invalid-params', param: 'delay', rule: 'usual or batch' }),
  ),
});

const isDelay = (word: string): word is MailDelay => word === 'usual' || word === 'batch';

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

/** What an account's loops tell of the network. */
const loopMethods = ({ accounts }: MixClient): RpcMethods => ({
  'accounts.nodes': rpcMethod(
    {
      summary: 'the nodes of the network, as an account’s own loops find them',
      params: ACCOUNT_PARAM,
      answer: gives(listOf(NODE_HEALTH)),
    },
    ({ account }) =>
      accounts.nodes(account).map((nodes) => value(nodes.map((node) => ({ ...node })))),
  ),
  'accounts.ping': rpcMethod(
    {
      summary: 'sends a loop through these nodes, and waits for it; null: it is lost',
      params: { ...ACCOUNT_PARAM, nodes: texts('their names; of none, the error tells all') },
      answer: gives(record({ roundTripMs: orNothing(INTEGER) })),
    },
    ({ account, nodes }, signal) =>
      accounts
        .ping(account, nodes, signal)
        .map(({ roundTripMs }) => value({ roundTripMs }))
        .orElse((error) =>
          error.kind === 'timeout' ? ok(value({ roundTripMs: null })) : err(error),
        ),
  ),
});

/** What an account's provider is asked over the network, which takes as long as a mail. */
const remoteMethods = ({ accounts }: MixClient): RpcMethods => ({
  'accounts.showRemote': remoteMethod(
    'asks an account’s provider what it knows of it',
    accounts.showRemote.bind(accounts),
  ),
  'accounts.deleteRemote': remoteMethod(
    'has an account deleted at its provider, which cannot be taken back',
    accounts.deleteRemote.bind(accounts),
  ),
  'accounts.rotateLinkKey': remoteMethod(
    'puts a new link key in the place of an account’s; after an error, do it again',
    accounts.rotateLinkKey.bind(accounts),
  ),
});

const remoteMethod = (
  summary: string,
  ask: (account: string, signal: AbortSignal) => ResultAsync<RemoteAccount, RpcFailure>,
): RpcMethod =>
  rpcMethod(
    { summary, params: ACCOUNT_PARAM, answer: gives(REMOTE_ACCOUNT) },
    ({ account }, signal) => ask(account, signal).map((remote) => value(remoteAccountJson(remote))),
  );
