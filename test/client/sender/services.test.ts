import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes/text.js';
import { encodeKeyQuestion, readKeyReply } from '../../../src/client/recipients/keyserver.js';
import { ServiceDesk } from '../../../src/client/sender/services.js';
import type { SurbRecord } from '../../../src/client/packets/surb-record.js';
import { manualClock } from '../../../src/io/memory.js';
import type { NetworkNode, NetworkView } from '../../../src/pki/view.js';
import { fromUtf8 } from '../../../src/bytes/text.js';

const rate = { perMs: 1, maxMs: 0 };

const node = (name: string): NetworkNode => ({
  nodeId: new Uint8Array(32),
  name,
  identityKey: new Uint8Array(32),
  linkKey: new Uint8Array(32),
  addresses: new Map(),
  mixKeys: new Map(),
  services: new Map([['echo', { endpoint: '+echo' }]]),
  registrationAddresses: undefined,
});

const view: NetworkView = {
  epoch: 1,
  layers: [],
  entries: [],
  exits: [node('p1')],
  rates: { mu: rate, lambdaP: rate, lambdaL: rate, lambdaD: rate, lambdaM: rate },
  sendRatePerMinute: 0,
  validUntilMs: Infinity,
};

const record = (name: number): SurbRecord => ({
  id: new Uint8Array(16).fill(name),
  keys: new Uint8Array(),
  use: { kind: 'service' },
  sentAt: 0,
  rttMs: 0,
});

const rig = (current: NetworkView | undefined = view) => {
  const clock = manualClock();
  const desk = new ServiceDesk({ clock, view: () => current, limit: 100, lifetimeMs: 60_000 });
  return { clock, desk };
};

const QUESTION = { service: 'echo', provider: 'p1', body: utf8('hi') };

describe('a request to a service', () => {
  it('is answered without the padding', async () => {
    const { desk } = rig();
    const answer = desk.ask(QUESTION);
    const next = desk.next(view);
    expect(fromUtf8(next?.place.endpoint ?? new Uint8Array())).toBe('+echo');
    expect(desk.next(view)).toBeUndefined();
    if (next !== undefined) desk.sent(next.request, record(1).id);
    desk.answered(record(2), Uint8Array.of(1, 0, 9));
    desk.answered(record(1), Uint8Array.of(1, 0, 104, 0, 105, 0, 0));
    expect((await answer)._unsafeUnwrap()).toEqual(Uint8Array.of(104, 0, 105));
  });

  it('is sent again when its reply is lost, until its time is up', async () => {
    const { clock, desk } = rig();
    const answer = desk.ask(QUESTION);
    for (let i = 1; i < 4; i++) {
      const next = desk.next(view);
      if (next !== undefined) desk.sent(next.request, record(i).id);
      desk.expired(record(i));
    }
    expect(desk.next(view)).toBeDefined();
    await clock.advance(60_000);
    expect((await answer)._unsafeUnwrapErr()).toEqual({ kind: 'timeout' });
    expect(desk.next(view)).toBeUndefined();
  });

  it('is refused at once where it cannot work', async () => {
    const { desk } = rig();
    const stopped = AbortSignal.abort();
    const large = new Uint8Array(101);
    const asked = [
      desk.ask({ ...QUESTION, provider: 'p9' }),
      desk.ask({ ...QUESTION, service: 'none' }),
      desk.ask({ ...QUESTION, body: large }),
      desk.ask({ ...QUESTION, signal: stopped }),
      new ServiceDesk({
        clock: manualClock(),
        view: () => undefined,
        limit: 1,
        lifetimeMs: 1,
      }).ask({ ...QUESTION, body: new Uint8Array() }),
    ];
    const answers = await Promise.all(asked.map(async (each) => (await each)._unsafeUnwrapErr()));
    expect(answers).toEqual([
      { kind: 'no-such-provider', provider: 'p9' },
      { kind: 'no-such-service', service: 'none' },
      { kind: 'request-too-large', size: 101, limit: 100 },
      { kind: 'aborted' },
      { kind: 'no-document' },
    ]);
  });

  it('ends with its signal, with a malformed reply and with the desk', async () => {
    const { desk } = rig();
    const stop = new AbortController();
    const aborted = desk.ask({ ...QUESTION, signal: stop.signal });
    stop.abort();
    expect((await aborted)._unsafeUnwrapErr()).toEqual({ kind: 'aborted' });
    const malformed = desk.ask(QUESTION);
    const next = desk.next(view);
    if (next !== undefined) desk.sent(next.request, record(1).id);
    desk.answered(record(1), Uint8Array.of(0, 0));
    expect((await malformed)._unsafeUnwrapErr()).toEqual({ kind: 'malformed-reply' });
    const closed = desk.ask(QUESTION);
    desk.close();
    expect((await closed)._unsafeUnwrapErr()).toEqual({ kind: 'closed' });
  });
});

describe('the keyserver’s dialogue', () => {
  const KEY = 'NYBy1jZYgNGu6jKa35EhODhR7SGijjt16WXQ0s0WYlQ=';
  const reply = (members: object): Uint8Array => utf8(JSON.stringify(members));

  it('asks as the reference does', () => {
    expect(fromUtf8(encodeKeyQuestion('bob'))).toBe('{"User":"bob","Version":0}');
    expect(fromUtf8(encodeKeyQuestion('<&>'))).toBe(
      String.raw`{"User":"\u003c\u0026\u003e","Version":0}`,
    );
  });

  it('reads keys in base64 and hex', () => {
    const ok = { PublicKey: KEY, StatusCode: 0, User: 'bob', Version: 0 };
    const key = readKeyReply(reply(ok), 'bob')._unsafeUnwrap();
    const text = [...key].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(readKeyReply(reply({ ...ok, PublicKey: text }), 'bob')._unsafeUnwrap()).toEqual(key);
  });

  it('refuses everything else', () => {
    const ok = { PublicKey: KEY, StatusCode: 0, User: 'bob', Version: 0 };
    expect(readKeyReply(reply({ ...ok, StatusCode: 2 }), 'bob')._unsafeUnwrapErr()).toEqual({
      kind: 'no-such-user',
      user: 'bob',
    });
    const malformed = [
      { ...ok, User: 'eve' },
      { ...ok, StatusCode: 1 },
      { ...ok, PublicKey: 'short' },
      { ...ok, Extra: 1 },
    ].map(reply);
    for (const bytes of [...malformed, utf8('[]'), utf8('garbage'), utf8('null')]) {
      expect(readKeyReply(bytes, 'bob')._unsafeUnwrapErr()).toEqual({ kind: 'malformed-reply' });
    }
  });
});
