/**
 * The client's methods for JSON-RPC: what a command of the command line can ask of a daemon.
 *
 * Keys and mails are base64 text; everything else keeps the names of the client's own types.
 * @module
 */
import { ok } from 'neverthrow';
import { parseKeyText, toBase64 } from '../../src/bytes/text.js';
import {
  bytes,
  flag,
  gives,
  integer,
  optionalText,
  rpcMethod,
  streams,
  text,
  texts,
  value,
  type Param,
  type RpcMethods,
} from '../../src/control/method.js';
import type { Params } from '../../src/control/params.js';
import { BYTES, described, listOf, NOTHING, TEXT } from '../../src/control/schema.js';
import type { MixClient } from '../../src/index.js';
import { ACCOUNT_PARAM, accountMethods } from './account-methods.js';
import { replyBlockMethods } from './reply-block-methods.js';
import { ENTRIES, EVENT, FOUND_KEY, PROBLEMS, QUEUED, RECIPIENT, SENT } from './schemas.js';
import { entryJson, eventJson, keyJson, queuedJson, recipientJson, sentJson } from './shapes.js';

/** Everything that a client offers, by method name. */
export const clientMethods = (client: MixClient): RpcMethods => ({
  ...accountMethods(client),
  ...recipientMethods(client),
  ...lookupMethods(client),
  ...sendingMethods(client),
  ...outboxMethods(client),
  ...inboxMethods(client),
  ...replyBlockMethods(client),
  events: rpcMethod(
    { summary: 'what happens from now on', params: {}, answer: streams(EVENT) },
    (_, signal) => ok({ kind: 'stream', items: mapped(client.events(signal), eventJson) }),
  ),
});

const ADDRESS = { address: text('a recipient’s address') };

/** A key in any of the ways in which people write it. */
const key = (about: string): Param<Uint8Array> => ({
  about,
  schema: described(TEXT, KEY_TEXT),
  required: true,
  take: takeKey,
});

const KEY_TEXT = '32 bytes in hex or base64';

const takeKey = (params: Params, name: string): Uint8Array => {
  const found = parseKeyText(params.text(name));
  params.require(found !== undefined, name, KEY_TEXT);
  return found;
};

const recipientMethods = (client: MixClient): RpcMethods => ({
  'recipients.list': rpcMethod(
    { summary: 'all known recipients', params: {}, answer: gives(listOf(RECIPIENT)) },
    () => ok(value(client.recipients.list().map(recipientJson))),
  ),
  'recipients.get': rpcMethod(
    { summary: 'a recipient’s key', params: ADDRESS, answer: gives(RECIPIENT) },
    ({ address }) => client.recipients.get(address).map((found) => value(recipientJson(found))),
  ),
  'recipients.set': rpcMethod(
    {
      summary: 'sets a recipient’s key',
      params: { ...ADDRESS, key: key('the identity key') },
      answer: gives(NOTHING),
    },
    (of) => client.recipients.set(of.address, of.key).map(() => value(null)),
  ),
  'recipients.remove': rpcMethod(
    { summary: 'forgets a recipient', params: ADDRESS, answer: gives(NOTHING) },
    ({ address }) => client.recipients.remove(address).map(() => value(null)),
  ),
  'recipients.verify': rpcMethod(
    {
      summary: 'compares a fingerprint that the recipient has read out with the key',
      params: { ...ADDRESS, code: text('its words or its digits') },
      answer: gives(NOTHING),
    },
    ({ address, code }) => client.recipients.verify(address, code).map(() => value(null)),
  ),
});

const lookupMethods = (client: MixClient): RpcMethods => ({
  'recipients.lookup': rpcMethod(
    {
      summary: 'asks the recipient’s provider for the key; nothing is stored',
      params: { ...ACCOUNT_PARAM, ...ADDRESS },
      answer: gives(FOUND_KEY),
    },
    (of, signal) =>
      client.recipients.lookup({ ...of, signal }).map((found) => value(keyJson(found))),
  ),
  'recipients.query': rpcMethod(
    {
      summary: 'begins a look-up; the event `key-answer` with this tag tells its end',
      params: { ...ACCOUNT_PARAM, ...ADDRESS },
      answer: gives(TEXT),
    },
    (of) => client.recipients.query(of).map(value),
  ),
  'recipients.rescan': rpcMethod(
    { summary: 'reads the recipients’ directory again', params: {}, answer: gives(PROBLEMS) },
    () =>
      client.recipients.rescan().map((problems) => value(problems.map((each) => ({ ...each })))),
  ),
});

const CHOICES = ['refuse', 'skip', 'report', 'report-all'] as const;

const BAD_RECIPIENTS =
  'what becomes of recipients who cannot have it: refuse the mail (default), skip or report them, ' +
  'or report-all, also where nobody is left';

const PATH = 'the mixes to cross, such as `mix1,?,*`; else they are drawn; locked by default';

const sendingMethods = (client: MixClient): RpcMethods => ({
  send: rpcMethod(
    {
      summary: 'accepts a mail for sending: it is on disk when this answers',
      params: {
        ...ACCOUNT_PARAM,
        to: texts('the recipients’ addresses'),
        mail: bytes('the mail, RFC 5322'),
        unreliable: flag('send it once, without acknowledgements'),
        badRecipients: optionalText(BAD_RECIPIENTS),
        once: optionalText('a name of this very send: by the same one nothing is sent again'),
        path: optionalText(PATH),
      },
      answer: gives(listOf(SENT)),
    },
    ({ unreliable, once = '', badRecipients, ...mail }) =>
      client
        .send({
          ...mail,
          once,
          badRecipients: CHOICES.find((choice) => choice === badRecipients) ?? 'refuse',
          ...(unreliable ? { reliability: 'none' } : {}),
        })
        .map((sent) => value(sent.map(sentJson))),
  ),
  ask: rpcMethod(
    {
      summary: 'asks a provider’s service, and waits for its answer',
      params: {
        ...ACCOUNT_PARAM,
        service: text('its capability, such as `keyserver`'),
        provider: text('the provider’s name'),
        body: bytes('the question'),
      },
      answer: gives(BYTES),
    },
    (question, signal) =>
      client.ask({ ...question, signal }).map((answer) => value(toBase64(answer))),
  ),
});

const outboxMethods = (client: MixClient): RpcMethods => ({
  'outbox.list': rpcMethod(
    {
      summary: 'mails that are not acknowledged yet',
      params: { account: optionalText('only of this account') },
      answer: gives(listOf(QUEUED)),
    },
    ({ account }) => ok(value(client.outbox.list(account).map(queuedJson))),
  ),
  'outbox.cancel': rpcMethod(
    {
      summary: 'sends a mail no more; parts of it may have arrived',
      params: { messageId: text('which one, as `outbox.list` names it') },
      answer: gives(NOTHING),
    },
    ({ messageId }) => client.outbox.cancel(messageId).map(() => value(null)),
  ),
});

const READER = { ...ACCOUNT_PARAM, reader: text('who reads, such as `pop3`') };

const inboxMethods = ({ inbox }: MixClient): RpcMethods => ({
  'inbox.list': rpcMethod(
    {
      summary: 'received mails that a reader has not done',
      params: READER,
      answer: gives(ENTRIES),
    },
    ({ account, reader }) =>
      inbox.list(account, reader).map((entries) => value(entries.map(entryJson))),
  ),
  'inbox.read': rpcMethod(
    {
      summary: 'a received mail, RFC 5322',
      params: { ...ACCOUNT_PARAM, id: text('which one') },
      answer: gives(BYTES),
    },
    ({ account, id }) => inbox.read(account, id).map((mail) => value(toBase64(mail))),
  ),
  'inbox.restore': rpcMethod(
    {
      summary: 'puts a mail that was received before, elsewhere, into the inbox; gives its id',
      params: {
        ...ACCOUNT_PARAM,
        mail: bytes('the mail, RFC 5322'),
        copy: integer('from 0: tells apart mails with the same bytes'),
      },
      answer: gives(TEXT),
    },
    ({ account, mail, copy }) => inbox.restore(account, mail, copy >>> 0).map(value),
  ),
  'inbox.done': rpcMethod(
    {
      summary: 'says that a reader is done with mails: they go when all readers are',
      params: { ...READER, ids: texts('which ones') },
      answer: gives(NOTHING),
    },
    ({ account, reader, ids }) => inbox.done(account, reader, ids).map(() => value(null)),
  ),
});

async function* mapped<T, U>(items: AsyncIterable<T>, change: (item: T) => U): AsyncGenerator<U> {
  for await (const item of items) yield change(item);
}
