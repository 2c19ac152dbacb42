/**
 * The client's methods for JSON-RPC: what a command of the command line can ask of a daemon.
 *
 * Keys and mails are base64 text; everything else keeps the names of the client's own types.
 * @module
 */
import { ok } from 'neverthrow';
import { parseKeyText, toBase64 } from '../../src/bytes/text.js';
import { rpcMethod, value, type RpcMethods } from '../../src/control/json-rpc.js';
import type { Params } from '../../src/control/params.js';
import type { MixClient, SendOptions } from '../../src/index.js';
import {
  accountJson,
  entryJson,
  eventJson,
  queuedJson,
  recipientJson,
  sentJson,
} from './shapes.js';

/** Everything that a client offers, by method name. */
export const clientMethods = (client: MixClient): RpcMethods => ({
  ...accountMethods(client),
  ...recipientMethods(client),
  ...sendingMethods(client),
  ...inboxMethods(client),
  events: rpcMethod(nothing, (_, signal) =>
    ok({ kind: 'stream', items: mapped(client.events(signal), eventJson) }),
  ),
});

const nothing = (): undefined => undefined;

const accountMethods = ({ accounts }: MixClient): RpcMethods => ({
  'accounts.status': rpcMethod(nothing, () => ok(value(accounts.status().map(accountJson)))),
  'accounts.keys': rpcMethod(
    (params) => params.text('account'),
    (account) =>
      accounts
        .keys(account)
        .map(({ identityKey, linkKey }) =>
          value({ identityKey: toBase64(identityKey), linkKey: toBase64(linkKey) }),
        ),
  ),
});

const recipientMethods = (client: MixClient): RpcMethods => ({
  'recipients.list': rpcMethod(nothing, () =>
    ok(value(client.recipients.list().map(recipientJson))),
  ),
  'recipients.get': rpcMethod(address, (of) =>
    client.recipients.get(of).map((found) => value(recipientJson(found))),
  ),
  'recipients.set': rpcMethod(
    (params) => ({ address: address(params), key: key(params) }),
    (of) => client.recipients.set(of.address, of.key).map(() => value(null)),
  ),
  'recipients.remove': rpcMethod(address, (of) =>
    client.recipients.remove(of).map(() => value(null)),
  ),
  'recipients.lookup': rpcMethod(
    (params) => ({ account: params.text('account'), address: address(params) }),
    (of, signal) =>
      client.lookup(of.account, of.address, signal).map((found) => value(recipientJson(found))),
  ),
  'recipients.rescan': rpcMethod(nothing, () =>
    client.recipients.rescan().map((problems) => value(problems.map((each) => ({ ...each })))),
  ),
});

const address = (params: Params): string => params.text('address');

const key = (params: Params): Uint8Array => {
  const found = parseKeyText(params.text('key'));
  params.require(found !== undefined, 'key', '32 bytes in hex or base64');
  return found;
};

const sendingMethods = (client: MixClient): RpcMethods => ({
  send: rpcMethod(sendOptions, (options) =>
    client.send(options).map((sent) => value(sent.map(sentJson))),
  ),
  'outbox.list': rpcMethod(
    (params) => params.optionalText('account'),
    (account) => ok(value(client.outbox.list(account).map(queuedJson))),
  ),
  'outbox.cancel': rpcMethod(
    (params) => params.text('messageId'),
    (messageId) => client.outbox.cancel(messageId).map(() => value(null)),
  ),
  ask: rpcMethod(
    (params) => ({
      account: params.text('account'),
      service: params.text('service'),
      provider: params.text('provider'),
      body: params.bytes('body'),
    }),
    (question, signal) =>
      client.ask({ ...question, signal }).map((answer) => value(toBase64(answer))),
  ),
});

const sendOptions = (params: Params): SendOptions => ({
  account: params.text('account'),
  to: params.texts('to'),
  mail: params.bytes('mail'),
  ...(params.flag('unreliable') ? { reliability: 'none' } : {}),
});

const inboxMethods = ({ inbox }: MixClient): RpcMethods => ({
  'inbox.list': rpcMethod(
    (params) => ({ account: params.text('account'), reader: params.text('reader') }),
    ({ account, reader }) =>
      inbox.list(account, reader).map((entries) => value(entries.map(entryJson))),
  ),
  'inbox.read': rpcMethod(
    (params) => ({ account: params.text('account'), id: params.text('id') }),
    ({ account, id }) => inbox.read(account, id).map((bytes) => value(toBase64(bytes))),
  ),
  'inbox.done': rpcMethod(
    (params) => ({
      account: params.text('account'),
      reader: params.text('reader'),
      ids: params.texts('ids'),
    }),
    ({ account, reader, ids }) => inbox.done(account, reader, ids).map(() => value(null)),
  ),
});

async function* mapped<T, U>(items: AsyncIterable<T>, change: (item: T) => U): AsyncGenerator<U> {
  for await (const item of items) yield change(item);
}
