/** `docs/control.schema.json` and the daemon's methods say the same; so do methods and answers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventJson } from '../../../bridges/management/shapes.js';
import { utf8 } from '../../../src/bytes/text.js';
import { callDaemon, followDaemon } from '../../../src/control/call.js';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import type { ClientEvent } from '../../../src/index.js';
import { nodeIo } from '../../../src/io/node.js';
import { repeated } from '../../support/bytes.js';
import { violations } from '../../support/json-schema.js';
import { makeSite, type Site } from './setup.js';

const root = join(import.meta.dirname, '..', '..', '..');
const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';

let site: Site;
let call: (method: string, params?: JsonObject) => Promise<Json>;
let methods: readonly JsonObject[];
beforeEach(async () => {
  site = await makeSite();
  const { socket } = await site.start();
  const { network } = nodeIo();
  call = async (method, params) =>
    (await callDaemon({ network, path: socket }, method, params))._unsafeUnwrap();
  const schema = await call('rpc.discover');
  methods = listOf(isObject(schema) ? schema['methods'] : []).filter((each) => isObject(each));
});
afterEach(() => site.dispose());

const methodNamed = (name: string): JsonObject =>
  methods.find((method) => method['name'] === name) ?? {};
const listOf = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? value.map((each: Json) => each) : [];
const textAt = (value: Json, name: string): string => {
  const text = isObject(value) ? value[name] : undefined;
  return typeof text === 'string' ? text : '';
};
const resultOf = (name: string): Json | undefined => {
  const { result } = methodNamed(name);
  return isObject(result) ? result['schema'] : undefined;
};

describe('the published schema', () => {
  it('is what the daemon says of itself (after a change: vitest -u)', async () => {
    const text = JSON.stringify(await call('rpc.discover'));
    const file = join(root, 'docs', 'control.schema.json');
    await expect(await format(text, { parser: 'json', printWidth: 100 })).toMatchFileSnapshot(file);
  });

  it('describes every method', () => {
    expect(methods.length).toBeGreaterThan(20);
    for (const method of methods) {
      const name = textAt(method, 'name');
      expect(textAt(method, 'summary'), name).toMatch(/^\S.*[^.]$/);
      expect(isObject(resultOf(name)), name).toBe(true);
      for (const param of listOf(method['params'])) {
        expect(textAt(param, 'name'), name).toMatch(/./);
        expect(textAt(param, 'description'), name).toMatch(/./);
      }
    }
  });

  it('has every method that a command calls', () => {
    const folder = join(root, 'apps', 'cli');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
    const known = methods.map((method) => textAt(method, 'name'));
    const families = new Set(
      known.flatMap((name) => (name.includes('.') ? name.split('.')[0] : [])),
    );
    const called = sources.flatMap((text) =>
      [...text.matchAll(/'((\w+)\.\w+)'/g)].flatMap(([, name = '', family]) =>
        families.has(family) ? name : [],
      ),
    );
    expect(called).toEqual(
      expect.arrayContaining(['outbox.list', 'outbox.cancel', 'account.show']),
    );
    expect(called.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe('answers', () => {
  it('are what the schema says', async () => {
    const mail = Buffer.from(`From: ${ALICE}\r\nTo: ${BOB}\r\nSubject: hi\r\n\r\nx\r\n`);
    const send = { account: ALICE, to: [BOB], mail: mail.toString('base64') };
    const calls: readonly (readonly [string, JsonObject?])[] = [
      ['send', send],
      ['status'],
      ['account.show', { account: ALICE }],
      ['accounts.status'],
      ['accounts.keys', { account: ALICE }],
      ['recipients.list'],
      ['recipients.get', { address: BOB }],
      ['recipients.rescan'],
      ['outbox.list'],
      ['outbox.list', { account: ALICE }],
      ['inbox.list', { account: ALICE, reader: 'pop3' }],
      ['inbox.done', { account: ALICE, reader: 'pop3', ids: [] }],
    ];
    for (const [name, params] of calls) {
      const answer = await call(name, params);
      expect(violations(resultOf(name), answer), name).toEqual([]);
    }
  });

  it('of a stream are, too', async () => {
    const { network } = nodeIo();
    const stop = new AbortController();
    const where = { network, path: site.config().socket, signal: stop.signal };
    const events = (await followDaemon(where, 'events'))._unsafeUnwrap();
    const mail = utf8(`From: ${ALICE}\r\nTo: ${BOB}\r\nSubject: hi\r\n\r\nx\r\n`);
    await call('send', { account: ALICE, to: [BOB], mail: Buffer.from(mail).toString('base64') });
    for await (const event of events) {
      expect(violations(methodNamed('events')['x-stream'], event)).toEqual([]);
      if (isObject(event) && event['kind'] === 'queued') break;
    }
    stop.abort();
  });

  it('have a place for every event', () => {
    const sent = { messageId: 'ab', recipient: BOB };
    const mail = { id: 'id', size: 1, receivedAt: 2, senderKey: repeated(1, 32) };
    const all: { readonly [K in ClientEvent['kind']]: Extract<ClientEvent, { kind: K }> } = {
      connection: { kind: 'connection', account: ALICE, state: { kind: 'connected' } },
      queued: { kind: 'queued', account: ALICE, sent },
      sent: { kind: 'sent', account: ALICE, ...sent },
      failed: { kind: 'failed', account: ALICE, ...sent, reason: 'no-key' },
      received: { kind: 'received', account: ALICE, mail },
      'key-discovered': { kind: 'key-discovered', account: ALICE, recipient: BOB },
      'key-changed': { kind: 'key-changed', account: ALICE, recipient: BOB },
      'key-answer': {
        kind: 'key-answer',
        account: ALICE,
        tag: 'ab',
        recipient: BOB,
        answer: { kind: 'found', key: repeated(1, 32) },
      },
      'sender-differs': { kind: 'sender-differs', account: ALICE, mail: 'id', from: BOB },
      'clock-skew': { kind: 'clock-skew', account: ALICE, skewMs: 5 },
      'store-failed': {
        kind: 'store-failed',
        account: ALICE,
        error: { kind: 'store-io', reason: 'io' },
      },
    };
    for (const event of Object.values(all)) {
      const json = JSON.parse(JSON.stringify(eventJson(event))) as Json;
      expect(violations(methodNamed('events')['x-stream'], json), event.kind).toEqual([]);
    }
  });
});
