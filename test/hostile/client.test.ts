/** Blocks, answers of providers and records, as a client gets them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../../src/bytes/text.js';
import { decodeBlock, encodeBlock } from '../../src/client/blocks/block.js';
import { judge } from '../../src/client/inbox/delivery.js';
import {
  decodeMail,
  decodePartial,
  encodeMail,
  encodePartial,
} from '../../src/client/inbox/records.js';
import { decodeNews, encodeNews } from '../../src/client/recipients/key-notices.js';
import { encodeKeyQuestion, readKeyReply } from '../../src/client/recipients/keyserver.js';
import {
  decodeMessageRecord,
  decodeProgress,
  encodeOutboxRecord,
  encodeProgress,
  type OutboxRecord,
} from '../../src/client/outbox/records.js';
import { openBlock, sealBlock } from '../../src/client/blocks/seal.js';
import { decodeSurbRecord, encodeSurbRecord } from '../../src/client/packets/surb-record.js';
import { decodeTrust, encodeTrust } from '../../src/client/recipients/trust.js';
import { makeFastPrimitives } from '../../src/crypto/fast.js';
import { seededRandom } from '../../src/io/memory.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import { makeSealer } from '../../src/store/sealed.js';
import { okAsync } from 'neverthrow';
import { pattern, repeated } from '../support/bytes.js';
import { describeParser } from './parser.js';

const primitives = makeFastPrimitives();
const geometry = smallGeometry(260);
const random = seededRandom('client');
const deps = { primitives, geometry, random };
const { x25519 } = primitives;
const secret = repeated(3, 32);
const recipientKey = x25519.publicKey(x25519.scalar(secret));
const block = { messageId: pattern(16), total: 3, index: 1, payload: pattern(60) };

describeParser('a block', {
  read: (bytes) => decodeBlock(geometry, bytes),
  valid: [
    encodeBlock(geometry, block),
    encodeBlock(geometry, { ...block, total: 1, index: 0, payload: new Uint8Array(0) }),
  ],
});

describeParser('a sealed block', {
  read: (bytes) => openBlock(deps, bytes, secret),
  valid: [sealBlock(deps, block, { senderSecret: repeated(4, 32), recipientKey })],
  randomRuns: 500,
  places: 20,
});

const USER = 'bob';
const answer = (members: object): Uint8Array => utf8(JSON.stringify(members));
const good = { PublicKey: toBase64(pattern(32)), StatusCode: 0, User: USER, Version: 0 };
const EQUALS = 0x3d;

describeParser('the answer of a key server', {
  read: (bytes) => readKeyReply(bytes, USER),
  valid: [answer(good)],
  // The version is not looked at; a last base64 character has two bits that mean nothing.
  ignored: (at, valid) => at === valid.length - 2 || valid[at + 1] === EQUALS,
  likely: fc.json().map(utf8),
});

describe('the answer of a key server', () => {
  it.each([
    ['another user', { ...good, User: 'eve' }],
    ['a key of 31 bytes', { ...good, PublicKey: toBase64(pattern(31)) }],
    ['a key that is a number', { ...good, PublicKey: 7 }],
    ['an unknown member', { ...good, More: 1 }],
    ['a status that is a text', { ...good, StatusCode: '0' }],
    ['an object as user', { ...good, User: { toString: 1 } }],
  ])('with %s is none', (_, members) => {
    expect(readKeyReply(answer(members), USER)._unsafeUnwrapErr().kind).toBe('malformed-reply');
  });

  it('reaches no prototype', () => {
    const evil = utf8('{"__proto__":{"StatusCode":0,"User":"bob"},"PublicKey":""}');
    expect(readKeyReply(evil, USER).isErr()).toBe(true);
    expect(readKeyReply(utf8('['.repeat(50_000)), USER).isErr()).toBe(true);
  });
});

describe('the question to a key server', () => {
  it('can be asked for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (user) => {
        expect(encodeKeyQuestion(user).length).toBeGreaterThan(0);
      }),
    );
  });
});

const mailRecord = encodeMail({
  order: 1,
  receivedAt: 2,
  senderKey: pattern(32),
  prefix: pattern(20),
  parts: 3,
  size: 400,
  openEnd: false,
  done: ['inbox', 'pop3'],
});

describeParser('the record of a mail', {
  read: decodeMail,
  valid: [
    mailRecord,
    encodeMail({
      ...{ order: 1, receivedAt: 2, prefix: pattern(0) },
      senderKey: undefined,
      parts: 1,
      size: 9,
      openEnd: true,
      done: [],
    }),
  ],
});

describeParser('the record of a part of a mail', {
  read: decodePartial,
  valid: [
    encodePartial({
      senderKey: pattern(32),
      messageId: pattern(16),
      total: 20,
      lastSeen: 3,
      size: 4,
      held: pattern(3),
    }),
  ],
});

const message = (
  recipientKey: Uint8Array | undefined,
  holdsBody: boolean,
  path?: string,
): OutboxRecord => ({
  sequence: 1,
  reliable: true,
  acceptedAt: 2,
  bounceAt: 3,
  total: holdsBody ? 1 : 4,
  bodyId: pattern(16),
  holdsBody,
  recipientKey,
  recipient: 'bob@p2.test',
  path,
});

describeParser('the record of a mail to be sent', {
  read: decodeMessageRecord,
  valid: [
    encodeOutboxRecord(message(pattern(32), false)),
    encodeOutboxRecord(message(undefined, false)),
    encodeOutboxRecord(message(pattern(32), true), pattern(200)),
    encodeOutboxRecord(message(pattern(32), true, 'mix1,?,*'), pattern(200)),
    encodeOutboxRecord(message(undefined, false, 'mix1,?,*')),
  ],
  // The address is the rest, or the body.
  cut: 'another',
});

describeParser('the record of trust', {
  read: decodeTrust,
  valid: [
    encodeTrust({ key: pattern(32), trust: { kind: 'discovered' } }),
    encodeTrust({ key: pattern(32), trust: { kind: 'verified' } }),
    encodeTrust({ key: pattern(32), trust: { kind: 'changed', seen: repeated(7, 32) } }),
  ],
});

describeParser('the record of news about a key', {
  read: (bytes) => decodeNews('bob@p2.test', bytes),
  valid: [encodeNews({ kind: 'changed', address: 'bob@p2.test', key: pattern(32) })],
});

describeParser('the record of progress', {
  read: decodeProgress,
  valid: [encodeProgress(20, { transmissions: 5, acknowledged: [0, 7, 19] })],
  cut: 'another',
});

describeParser('the record of a reply block', {
  read: (bytes) => decodeSurbRecord(pattern(16), bytes),
  valid: [
    encodeSurbRecord({
      id: pattern(16),
      keys: pattern(64),
      use: { kind: 'acknowledgement', messageId: '00'.repeat(16), block: 3 },
      sentAt: 1,
      rttMs: 2,
    }),
    encodeSurbRecord({
      id: pattern(16),
      keys: pattern(64),
      use: { kind: 'decoy', provider: 'p2.test' },
      sentAt: 1,
      rttMs: 2,
    }),
  ],
  // The keys are the rest.
  cut: 'another',
});

const sealer = makeSealer({ primitives, random }, repeated(8, 32));
const { id } = sealer.place('mails', pattern(4));

describeParser('a sealed record', {
  read: (bytes) => sealer.open('mails', id, bytes),
  valid: [sealer.seal('mails', id, { key: pattern(4), value: pattern(40) })],
  places: 60,
});

describe('a mail that has come', () => {
  const PART = 50_000;
  const verdictOf = async (mail: Uint8Array) =>
    judge(
      (index) => okAsync(mail.subarray(index * PART, (index + 1) * PART)),
      Math.ceil(mail.length / PART),
    );

  it.each([
    ['a name full of spaces', `X${' '.repeat(400_000)}X: 1\r\n\r\n`, 'malformed-mail'],
    ['spaces before a colon', `X${' '.repeat(200_000)}: 1\r\n\r\n`, 'mail'],
    [
      'a claim far behind',
      `Authentication-Results:${' '.repeat(200_000)}mix\r\n\r\n`,
      'spoofed-sender',
    ],
    ['comments without end', `Authentication-Results:${'()'.repeat(100_000)}\r\n\r\n`, 'mail'],
    ['eighty thousand fields', `${'A:\n'.repeat(80_000)}\n`, 'mail'],
    ['a head without an end', 'A: 1\r\n'.repeat(200_000), 'malformed-mail'],
    ['thousands of authors', `From: ${'a@x.test,'.repeat(25_000)}\r\n\r\n`, 'mail'],
    ['an author without an end', `From: ${'"('.repeat(120_000)}\r\n\r\n`, 'mail'],
    ['one line of ten megabytes', `A: ${'a'.repeat(10_000_000)}`, 'malformed-mail'],
  ])('is judged in no time with %s', async (_, text, verdict) => {
    const started = performance.now();
    expect((await verdictOf(utf8(text)))._unsafeUnwrap().kind).toBe(verdict);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
