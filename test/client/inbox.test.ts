import { describe, expect, it } from 'vitest';
import { fromUtf8, toBase64, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { encodeBlock } from '../../src/client/block.js';
import { PARTIALS } from '../../src/client/inbox-records.js';
import { SEEN_MESSAGES, SEEN_REFUSED } from '../../src/client/inbox-seen.js';
import { sealBlock } from '../../src/client/seal.js';
import { splitMail } from '../../src/mail/header.js';
import { field, readPart } from '../mail/mime-reader.js';
import { pattern, repeated } from '../support/bytes.js';
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
  take,
} from './inbox-rig.js';

const DAY_MS = 86_400_000;
const subjectsOf = (mails: readonly Uint8Array[]): string[] =>
  mails.map((mail) => field(readPart(mail), 'Subject'));

describe('a received mail', () => {
  it('has our fields in front and is otherwise byte for byte what was sent', async () => {
    const rig = await makeRig();
    const mail = concat(utf8('Subject: x\nOdd : y\r\n\n'), pattern(700), utf8('\r\r\n\n'));
    await rig.accept(...sealMail(mail));
    const [received = pattern(0)] = await rig.mails();
    const sender = `X-Katzenpost-Sender: ${toBase64(publicKey(ALICE))}\r\n`;
    const prefix = `Authentication-Results: mix; x-katzenpost-sender=pass\r\n${sender}`;
    expect(received).toEqual(concat(utf8(prefix), mail));
    expect(rig.inbox.list('inbox')._unsafeUnwrap()).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        size: received.length,
        receivedAt: rig.clock.now(),
        senderKey: publicKey(ALICE),
      },
    ]);
    expect(rig.events.map(({ kind }) => kind)).toEqual(['received']);
  });

  it('may be a head alone', async () => {
    const rig = await makeRig();
    await rig.accept(...sealMail(utf8('Subject: only')));
    expect(subjectsOf(await rig.mails())).toEqual(['only']);
  });

  it('may have a head of many blocks', async () => {
    const rig = await makeRig();
    const head = utf8(`${'X-Filler: abcdefghij\r\n'.repeat(200)}Subject: far\r\n\r\n`);
    await rig.accept(...sealMail(concat(head, pattern(3000))).reverse());
    expect(subjectsOf(await rig.mails())).toEqual(['far']);
  });
});

describe('readers', () => {
  it('each have their own position; a mail goes when all are done', async () => {
    const rig = await makeRig({ readers: ['pop3', 'maildir'] });
    await rig.accept(...sealMail(mailOf(500, 'one')), ...sealMail(mailOf(10, 'two')));
    const [first] = rig.inbox.list('pop3')._unsafeUnwrap();
    (await rig.inbox.done('pop3', [first?.id ?? '', 'unknown']))._unsafeUnwrap();
    await rig.reopen();
    expect(subjectsOf(await rig.mails('pop3'))).toEqual(['two']);
    expect(subjectsOf(await rig.mails('maildir'))).toEqual(['one', 'two']);
    (await rig.inbox.done('maildir', [first?.id ?? '']))._unsafeUnwrap();
    expect(rig.inbox.count).toBe(1);
    expect(await partCount(rig)).toBe(1);
    expect((await rig.inbox.read(first?.id ?? ''))._unsafeUnwrapErr().kind).toBe('no-such-mail');
  });

  it('that do not exist are refused', async () => {
    const rig = await makeRig();
    expect(rig.inbox.list('x')._unsafeUnwrapErr()).toEqual({ kind: 'unknown-reader', reader: 'x' });
    expect((await rig.inbox.done('x', []))._unsafeUnwrapErr().kind).toBe('unknown-reader');
    expect(() => rig.inbox.receive('x')).toThrow(RangeError);
    await expect(makeRig({ readers: [] })).rejects.toThrow(RangeError);
  });

  it('receive what is there, then what comes, in order of arrival', async () => {
    const rig = await makeRig({ known: [publicKey(ALICE)] });
    await rig.accept(...sealMail(mailOf(1, 'one')));
    const stop = new AbortController();
    const mails = rig.inbox.receive('inbox', stop.signal)[Symbol.asyncIterator]();
    const one = await take(mails);
    const waiting = take(mails);
    await rig.accept(...sealMail(mailOf(900, 'two'), { from: MALLORY }));
    const two = await waiting;
    expect(subjectsOf([one.bytes, two.bytes])).toEqual(['one', 'two']);
    expect([one.sender, two.sender]).toEqual(['alice@p1.test', undefined]);
    expect(one.account).toBe('bob@p2.test');
    (await two.done())._unsafeUnwrap();
    const end = mails.next();
    stop.abort();
    expect((await end).done).toBe(true);
    await rig.reopen();
    expect(subjectsOf(await rig.mails())).toEqual(['one']);
  });

  it('are woken by the end', async () => {
    const rig = await makeRig();
    const waiting = rig.inbox.receive('inbox')[Symbol.asyncIterator]().next();
    await rig.inbox.close();
    expect((await waiting).done).toBe(true);
    expect((await rig.inbox.accept(pattern(320)))._unsafeUnwrapErr().kind).toBe('store-closed');
  });

  it('keep the order over restarts', async () => {
    const rig = await makeRig();
    for (const subject of ['a', 'b', 'c', 'd']) {
      await rig.accept(...sealMail(mailOf(1, subject)));
      await rig.reopen();
    }
    const [, b] = rig.inbox.list('inbox')._unsafeUnwrap();
    (await rig.inbox.done('inbox', [b?.id ?? '']))._unsafeUnwrap();
    await rig.accept(...sealMail(mailOf(1, 'e')));
    expect(subjectsOf(await rig.mails())).toEqual(['a', 'c', 'd', 'e']);
  });

  it('let mails go that no reader is left for', async () => {
    const rig = await makeRig({ readers: ['pop3', 'maildir'] });
    await rig.accept(...sealMail(mailOf(1)));
    const ids = rig.inbox
      .list('pop3')
      ._unsafeUnwrap()
      .map(({ id }) => id);
    (await rig.inbox.done('pop3', ids))._unsafeUnwrap();
    await rig.inbox.close();
    await rig.store.close();
    const fewer = await makeRig({ readers: ['pop3'], stores: rig.stores });
    expect(fewer.inbox.count).toBe(0);
    expect(await partCount(fewer)).toBe(0);
  });
});

describe('repetitions', () => {
  it('late ones create nothing, for 14 days past the last sight', async () => {
    const rig = await makeRig();
    const [single, several] = [sealMail(mailOf(1)), sealMail(mailOf(700))];
    await rig.accept(...single, ...several);
    for (const days of [1, 3, 10, 13]) {
      await rig.clock.advance(days * DAY_MS);
      await rig.accept(...several.slice(1), ...single);
      await rig.reopen();
    }
    expect([rig.inbox.count, rig.inbox.fragments]).toEqual([2, 0]);
    expect(await rig.records(PARTIALS)).toBe(0);
    await rig.clock.advance(16 * DAY_MS);
    expect(await rig.records(SEEN_MESSAGES.collection)).toBe(0);
  });

  it('one message id from two senders, or with two totals, is as many mails', async () => {
    const rig = await makeRig();
    const messageId = repeated(5, 16);
    await rig.accept(...sealMail(mailOf(1, 'alice'), { messageId }));
    await rig.accept(...sealMail(mailOf(1, 'mallory'), { messageId, from: MALLORY }));
    await rig.accept(...sealMail(mailOf(300, 'longer'), { messageId }));
    expect(subjectsOf(await rig.mails())).toEqual(['alice', 'mallory', 'longer']);
  });

  it('of a block with other content change nothing and are noticed', async () => {
    const rig = await makeRig();
    const messageId = repeated(6, 16);
    const [one, other] = [mailOf(300, 'one!'), mailOf(300, 'othr')];
    const sealed = sealMail(one, { messageId });
    await rig.accept(...sealed.slice(0, 1), ...sealMail(other, { messageId }).slice(0, 1));
    await rig.accept(...sealed);
    expect(subjectsOf(await rig.mails())).toEqual(['one!']);
    expect(rig.log.lines.filter((line) => line.includes('two contents'))).toHaveLength(1);
  });
});

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
    expect(
      encodeBlock(geometry, {
        messageId: repeated(1, 16),
        total: 1,
        index: 3,
        payload: pattern(1),
      }),
    ).toHaveLength(224);
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
    const rig = await makeRig();
    await rig.accept(...sealMail(utf8('X-A: b\r\n'.repeat(40_000))));
    expect(subjectsOf(await rig.mails())).toEqual(['Malformed message, Not IMF']);
  });
});

describe('incomplete mails', () => {
  it('stay for ever by default', async () => {
    const rig = await makeRig();
    const sealed = sealMail(mailOf(700));
    await rig.accept(...sealed.slice(1));
    await rig.clock.advance(100 * DAY_MS);
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
    sealMail(mailOf(5000), { from }).slice(0, blocks);

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

describe('deposit', () => {
  it('commits other changes with the report, all or nothing', async () => {
    const rig = await makeRig();
    const also = [
      { kind: 'put', collection: 'other', key: pattern(1), value: pattern(2) },
    ] as const;
    rig.stores.failCommits({ kind: 'store-full' });
    expect((await rig.inbox.deposit(mailOf(1), also))._unsafeUnwrapErr().kind).toBe('store-full');
    expect([rig.inbox.count, await rig.records('other')]).toEqual([0, 0]);
    rig.stores.failCommits(undefined);
    const report = mailOf(200_000);
    const id = (await rig.inbox.deposit(report, also))._unsafeUnwrap();
    await rig.reopen();
    expect(await rig.records('other')).toBe(1);
    expect((await rig.inbox.read(id))._unsafeUnwrap()).toEqual(report);
  });
});

describe('size', () => {
  it('a large mail takes time in proportion', async () => {
    const rig = await makeRig();
    const mail = mailOf(800_000);
    const sealed = sealMail(mail);
    await rig.accept(...sealed);
    const [received = pattern(0)] = await rig.mails();
    expect(splitMail(received).body).toEqual(splitMail(mail).body);
    expect(sealed.length).toBeGreaterThan(4000);
  });
});
