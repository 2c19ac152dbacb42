import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { PARTIALS } from '../../../src/client/inbox/records.js';
import { SEEN_REFUSED } from '../../../src/client/inbox/seen-messages.js';
import { sealBlock } from '../../../src/client/blocks/seal.js';
import { smallGeometry } from '../../../src/sphinx/geometry.js';
import { field, readPart } from '../../mail/mime-reader.js';
import { pattern, repeated } from '../../support/bytes.js';
import {
  ALICE,
  geometry,
  IDENTITY,
  mailOf,
  makeRig,
  MALLORY,
  partCount,
  primitives,
  publicKey,
  sealMail,
} from './rig.js';

const DAY_MS = 86_400_000;
const subjectsOf = (mails: readonly Uint8Array[]): string[] =>
  mails.map((mail) => field(readPart(mail), 'Subject'));

describe('what is no mail', () => {
  it('an undecryptable block is reported once, and not without end', async () => {
    const rig = await makeRig();
    const junk = pattern(geometry.userPayloadLength);
    await rig.accept(junk, junk);
    await rig.reopen();
    await rig.accept(junk);
    const [report = pattern(0)] = await rig.mails();
    expect(field(readPart(report), 'Subject')).toBe('Message decryption failure');
    expect(readPart(report).parts[2]?.content).toEqual(junk);
    for (let i = 0; i < 50; i++) await rig.accept(repeated(i, geometry.userPayloadLength));
    expect(rig.inbox.count).toBeLessThan(20);
    expect(await rig.records(SEEN_REFUSED.collection)).toBe(51);
  });

  it('something sealed that is no block is reported too', async () => {
    const rig = await makeRig();
    const sealed = sealBlock(
      { primitives, random: () => repeated(1, 32), geometry },
      { messageId: repeated(1, 16), total: 1, index: 3, payload: pattern(1) },
      { senderSecret: ALICE, recipientKey: publicKey(IDENTITY) },
    );
    await rig.accept(sealed);
    expect(subjectsOf(await rig.mails())).toEqual(['Message decryption failure']);
  });

  it.each([
    ['no header', 'hello, this is no mail\r\n', 'Malformed message, Not IMF'],
    ['nothing', '', 'Malformed message, Not IMF'],
    ['a claimed sender', 'X-Katzenpost-Sender : eve\r\n\r\nx', 'Malformed message, spoofed sender'],
    [
      'a hidden one',
      `A: ${'b'.repeat(500)}\r\nx-katzenpost-SENDER:\r\n y\r\n\r\n`,
      'Malformed message, spoofed sender',
    ],
  ])('%s is reported with what came', async (_, text, subject) => {
    const rig = await makeRig();
    const sealed = sealMail(utf8(text));
    await rig.accept(...sealed);
    await rig.accept(...sealed);
    const [report = pattern(0), ...others] = await rig.mails();
    expect(others).toEqual([]);
    const read = readPart(report);
    expect(field(read, 'Subject')).toBe(subject);
    expect(field(read, 'X-Katzenpost-Sender')).toBe('');
    expect(fromUtf8(read.parts[2]?.content ?? pattern(0))).toBe(text);
    const [entry] = rig.inbox.list('inbox')._unsafeUnwrap();
    expect(entry?.senderKey).toBeUndefined();
    (await rig.inbox.done('inbox', [entry?.id ?? '']))._unsafeUnwrap();
    expect([await partCount(rig), await rig.records(PARTIALS)]).toEqual([0, 0]);
  });

  it('an endless head is', async () => {
    const wide = smallGeometry(8000);
    const rig = await makeRig({ geometry: wide });
    await rig.accept(...sealMail(utf8('X-A: b\r\n'.repeat(40_000)), { wide }));
    expect(subjectsOf(await rig.mails())).toEqual(['Malformed message, Not IMF']);
  });
});

describe('incomplete mails', () => {
  it.each([
    ['by default', {}],
    ['also where they were to wait longer', { receiveTimeoutMs: 30 * DAY_MS }],
  ])('are given up with a report after two weeks, %s', async (_, tuning) => {
    const rig = await makeRig({ tuning });
    await rig.accept(...sealMail(mailOf(700)).slice(1));
    await rig.clock.advance(13.9 * DAY_MS);
    expect([rig.inbox.count, rig.inbox.fragments]).toEqual([0, 3]);
    await rig.clock.advance(0.2 * DAY_MS);
    expect([rig.inbox.count, rig.inbox.fragments]).toEqual([1, 0]);
  });

  it('are never reported where that is wished; their mail can come again', async () => {
    const rig = await makeRig({ tuning: { receiveTimeoutMs: 0 } });
    const sealed = sealMail(mailOf(700));
    await rig.accept(...sealed.slice(1));
    await rig.clock.advance(100 * DAY_MS);
    expect([rig.inbox.count, rig.inbox.fragments]).toEqual([0, 0]);
    await rig.accept(...sealed);
    expect(rig.inbox.count).toBe(1);
  });

  it('are given up with a report after the time-out, once', async () => {
    const rig = await makeRig({ tuning: { receiveTimeoutMs: DAY_MS } });
    const sealed = sealMail(mailOf(700));
    await rig.accept(...sealed.slice(0, 2));
    await rig.clock.advance(DAY_MS / 2);
    await rig.accept(...sealed.slice(2, 3));
    await rig.clock.advance(0.9 * DAY_MS);
    expect([rig.inbox.count, rig.inbox.fragments]).toEqual([0, 3]);
    await rig.clock.advance(0.2 * DAY_MS);
    expect([rig.inbox.count, rig.inbox.fragments]).toEqual([1, 0]);
    await rig.accept(...sealed);
    const [report = pattern(0), ...others] = await rig.mails();
    expect(others).toEqual([]);
    expect(fromUtf8(readPart(report).parts[2]?.content ?? pattern(0))).toContain(
      '[MISSING BLOCK 4/4]',
    );
    expect(await rig.records(PARTIALS)).toBe(0);
  });

  const limits = { perSender: 3, partials: 5, fragments: 20 };
  const begin = (from: Uint8Array, blocks = 1): Uint8Array[] =>
    sealMail(mailOf(5000), { from, count: blocks });

  it('of one sender are bounded; the oldest goes first', async () => {
    const rig = await makeRig({ limits });
    const first = sealMail(mailOf(300, 'first'));
    const second = sealMail(mailOf(300, 'second'));
    for (const block of [first[0], second[0], ...begin(ALICE), ...begin(ALICE)]) {
      await rig.clock.advance(1000);
      await rig.accept(block ?? pattern(0));
    }
    expect(await rig.records(PARTIALS)).toBe(3);
    await rig.accept(...first.slice(1), ...second.slice(1));
    expect(subjectsOf(await rig.mails())).toEqual(['Receive failure, timeout', 'second']);
  });

  it('of people we know are never given up in silence', async () => {
    const rig = await makeRig({ limits, known: [publicKey(ALICE)] });
    for (let i = 0; i < 40; i++) await rig.accept(...begin(ALICE));
    expect(await rig.records(PARTIALS)).toBe(limits.perSender);
    expect(subjectsOf(await rig.mails())).toHaveLength(40 - limits.perSender);
  });

  it('of strangers go before those of people we know', async () => {
    const rig = await makeRig({ limits, known: [publicKey(ALICE)] });
    const sealed = sealMail(mailOf(300, 'alice'));
    await rig.accept(...sealed.slice(0, 1));
    for (let i = 0; i < 30; i++) {
      await rig.clock.advance(1000);
      await rig.accept(...begin(repeated(0x60 + i, 32)));
    }
    await rig.accept(...begin(MALLORY, 25));
    expect(rig.inbox.fragments).toBeLessThanOrEqual(limits.fragments);
    expect(await rig.records(PARTIALS)).toBeLessThanOrEqual(limits.partials);
    await rig.accept(...sealed.slice(1));
    expect(subjectsOf(await rig.mails())).toContain('alice');
  });
});
