/** What key servers may answer: one report each, and never a crash. */
import { describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../../src/bytes/text.js';
import { ALICE, BOB, inboxCount, mailOf, openWorld, outboxCount } from '../client/support/world.js';
import { pattern, repeated } from '../support/bytes.js';

const KEY = toBase64(repeated(9, 32));
const answer = (members: object): Uint8Array =>
  utf8(JSON.stringify({ PublicKey: KEY, StatusCode: 0, User: 'eve', Version: 0, ...members }));

const ANSWERS: Readonly<Record<string, Uint8Array>> = {
  nothing: new Uint8Array(),
  zeros: new Uint8Array(100),
  'random bytes': pattern(500),
  'no object': utf8('[]'),
  'a deep one': utf8('['.repeat(700)),
  'half of it': answer({}).subarray(0, 40),
  'another user': answer({ User: 'bob' }),
  'no user': answer({ User: null }),
  'an unknown member': answer({ Extra: 1 }),
  'a prototype': utf8('{"__proto__":{"StatusCode":0,"User":"eve"}}'),
  'an unknown status': answer({ StatusCode: 77 }),
  'a status in words': answer({ StatusCode: '0' }),
  'a short key': answer({ PublicKey: KEY.slice(4) }),
  'a key that is none': answer({ PublicKey: { length: 32 } }),
  'the key of nobody': answer({ PublicKey: toBase64(new Uint8Array(32)) }),
  'a key of low order': answer({ PublicKey: toBase64(Uint8Array.of(1, ...repeated(0, 31))) }),
};

describe('an answer of a key server', () => {
  it('that makes no sense is counted, and ends in one report', async () => {
    const { io, net, alice, bob, reopenAlice } = await openWorld({
      tuning: { pollingIntervalMs: 30, sendDecoyTraffic: false },
    });
    await alice.close();
    await bob.close();
    const client = await reopenAlice({}, { keyDiscovery: true });
    const names = Object.keys(ANSWERS);
    for (const [index, name] of names.entries()) {
      net.keyAnswers.set('eve@p2.test', ANSWERS[name] ?? new Uint8Array());
      const to = ['eve@p2.test', 'EVE@p2.test'];
      (await client.send({ account: ALICE, to, mail: mailOf(name) }))._unsafeUnwrap();
      expect(outboxCount(client), name).toBe(1);
      await io.clock.runUntil(() => outboxCount(client) === 0, 60_000);
      expect(inboxCount(client), name).toBe(index + 1);
      expect(client.accounts.status()[0]?.malformedKeyAnswers, name).toBe(index + 1);
      expect(client.recipients.get('eve@p2.test').isErr(), name).toBe(true);
    }
    await client.close();
  });

  it('that makes no sense costs those who are known nothing', async () => {
    const { io, net, alice, bob, reopenAlice } = await openWorld({
      tuning: { pollingIntervalMs: 30, sendDecoyTraffic: false },
    });
    await alice.close();
    const client = await reopenAlice({}, { keyDiscovery: true });
    (await client.recipients.remove(BOB))._unsafeUnwrap();
    for (const [index, name] of [undefined, 'zeros', 'half of it'].entries()) {
      if (name !== undefined) net.keyAnswers.set(BOB, ANSWERS[name] ?? new Uint8Array());
      const sent = await client.send({ account: ALICE, to: BOB, mail: mailOf('x') });
      expect(sent.isOk()).toBe(true);
      await io.clock.runUntil(() => inboxCount(bob) === index + 1, 60_000);
      expect(inboxCount(bob)).toBe(index + 1);
    }
    expect(client.recipients.get(BOB)._unsafeUnwrap().trust).toEqual({ kind: 'discovered' });
    await client.close();
    await bob.close();
  });
});
