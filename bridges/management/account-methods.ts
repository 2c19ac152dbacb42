/**
 * The accounts' methods for JSON-RPC.
 * @module
 */
import { err, ok } from 'neverthrow';
import { toBase64 } from '../../src/bytes/text.js';
import { gives, rpcMethod, text, texts, value, type RpcMethods } from '../../src/control/method.js';
import { INTEGER, listOf, NOTHING, orNothing, record, TEXT } from '../../src/control/schema.js';
import type { MixClient } from '../../src/index.js';
import { ACCOUNT, ACCOUNT_KEYS, NODE_HEALTH, REMOTE_ACCOUNT } from './schemas.js';
import { accountJson, remoteAccountJson } from './shapes.js';

export const ACCOUNT_PARAM = { account: text('an account’s address') };

/** What accounts can be asked and told. */
export const accountMethods = (client: MixClient): RpcMethods => ({
  ...accountViews(client),
  ...accountChanges(client),
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
  'accounts.showRemote': rpcMethod(
    {
      summary: 'asks an account’s provider what it knows of it',
      params: ACCOUNT_PARAM,
      answer: gives(REMOTE_ACCOUNT),
    },
    ({ account }, signal) =>
      accounts.showRemote(account, signal).map((remote) => value(remoteAccountJson(remote))),
  ),
  'accounts.deleteRemote': rpcMethod(
    {
      summary: 'has an account deleted at its provider, which cannot be taken back',
      params: ACCOUNT_PARAM,
      answer: gives(REMOTE_ACCOUNT),
    },
    ({ account }, signal) =>
      accounts.deleteRemote(account, signal).map((remote) => value(remoteAccountJson(remote))),
  ),
  'accounts.rotateLinkKey': rpcMethod(
    {
      summary: 'puts a new link key in the place of an account’s; after an error, do it again',
      params: ACCOUNT_PARAM,
      answer: gives(REMOTE_ACCOUNT),
    },
    ({ account }, signal) =>
      accounts.rotateLinkKey(account, signal).map((remote) => value(remoteAccountJson(remote))),
  ),
});
