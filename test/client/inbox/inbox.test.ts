import { describe, expect, it } from 'vitest';
import { equal } from '../../../src/bytes/compare.js';
import { fromHex, toBase64, utf8 } from '../../../src/bytes/text.js';
import { concat } from '../../../src/bytes/writer.js';
import { PARTIALS, PARTS, partKey } from '../../../src/client/inbox/records.js';
import { SEEN_MESSAGES } from '../../../src/client/inbox/seen-messages.js';
import { splitMail } from '../../../src/mail/header.js';
import { field, readPart } from '../../mail/mime-reader.js';
import { pattern, repeated } from '../../support/bytes.js';
import { ALICE, mailOf, makeRig, MALLORY, partCount, publicKey, sealMail, take } from './rig.js';

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
    const result = 'Authentication-Results: mix; x-katzenpost-sender=pass\r\n';
    const prefix = `Return-Path: <>\r\n${result}${sender}`;
    expect(received).toEqual(concat(utf8(prefix), mail));
    expect(rig.inbox.list('inbox')._unsafeUnwrap()).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        size: received.length,
        receivedAt: rig.clock.now(),
        senderKey: publicKey(ALICE),
        openEnd: true,
      },
    ]);
    expect(rig.events.map(({ kind }) => kind)).toEqual(['received']);
  });

  it('comes whole or in pieces, as it is asked for', async () => {
    const rig = await makeRig();
    const mail = mailOf(700, 'pieces');
    await rig.accept(...sealMail(mail));
    const [entry] = rig.inbox.list('inbox')._unsafeUnwrap();
    const whole = (await rig.inbox.read(entry?.id ?? ''))._unsafeUnwrap();
    const pieces: Uint8Array[] = [];
    for await (const piece of rig.inbox.pieces(entry?.id ?? '')) pieces.push(piece._unsafeUnwrap());
    expect(pieces).toHaveLength(4);
    expect(concat(...pieces)).toEqual(whole);
    for await (const piece of rig.inbox.pieces('unknown')) {
      expect(piece._unsafeUnwrapErr()).toEqual({ kind: 'no-such-mail', id: 'unknown' });
    }
  });

  it('ends in pieces with the part that cannot be read', async () => {
    const rig = await makeRig();
    await rig.accept(...sealMail(mailOf(700)));
    const [entry] = rig.inbox.list('inbox')._unsafeUnwrap();
    const id = fromHex(entry?.id ?? '') ?? pattern(0);
    const second = { kind: 'delete', collection: PARTS, key: partKey(id, 1) } as const;
    (await rig.store.commit([second]))._unsafeUnwrap();
    const kinds: string[] = [];
    for await (const piece of rig.inbox.pieces(entry?.id ?? '')) {
      kinds.push(
        piece.match(
          () => 'bytes',
          ({ kind }) => kind,
        ),
      );
    }
    expect(kinds).toEqual(['bytes', 'store-corrupt']);
  });

  it('is known to lack the end of its last line, wherever its blocks are cut', async () => {
    const rig = await makeRig();
    // 200 bytes fit a block: the last one begins at any byte of the end.
    for (const end of ['\r\n', '\n', '\r', '', '\r\n.', '\n\n']) {
      for (const length of [197, 198, 199, 200, 201]) {
        const head = 'Subject: x\r\n\r\n';
        const text = head + 'x'.repeat(length - head.length) + end;
        await rig.accept(...sealMail(utf8(text)));
        await rig.reopen();
        const entry = rig.inbox.list('inbox')._unsafeUnwrap().at(-1);
        expect([text.length, entry?.openEnd ?? false]).toEqual([text.length, end !== '\r\n']);
      }
    }
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

  it('calls the own mails that it answers as they are called here, wherever its head is cut', async () => {
    const ids = { '<outside@x>': '<a-much-longer-id-of-ours@host>' };
    const rig = await makeRig({ ids });
    for (const fill of [0, 1, 2, 5, 8, 20]) {
      const filler = 'X-Filler: abcdefghij\r\n'.repeat(fill);
      const thread = 'In-Reply-To: <outside@x>\r\nreferences: <other@x>\r\n <outside@x> (said)\r\n';
      const rest = concat(utf8('Subject: far\r\n\r\n'), pattern(fill * 50), utf8('\n\r\n'));
      await rig.accept(...sealMail(concat(utf8(filler + thread), rest)).reverse());
      await rig.reopen();
      const entry = rig.inbox.list('inbox')._unsafeUnwrap().at(-1);
      const mail = (await rig.inbox.read(entry?.id ?? ''))._unsafeUnwrap();
      const named = `In-Reply-To: ${ids['<outside@x>']}\r\nreferences: <other@x> ${ids['<outside@x>']}\r\n`;
      const wanted = concat(utf8(filler + named), rest);
      expect(mail.subarray(-wanted.length)).toEqual(wanted);
      expect([mail.length, entry?.openEnd]).toEqual([entry?.size, undefined]);
    }
  });

  it('that answers a mail of somebody else stays as it is', async () => {
    const rig = await makeRig({ ids: { '<outside@x>': '<ours@host>' } });
    const mail = utf8('In-Reply-To:<other@x>(said)\nX-Other: <outside@x>\n\n<outside@x>');
    await rig.accept(...sealMail(mail));
    const [received = pattern(0)] = await rig.mails();
    expect(received.subarray(-mail.length)).toEqual(mail);
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

  it('receive what comes after the inbox was empty', async () => {
    const rig = await makeRig();
    const mails = rig.inbox.receive('inbox')[Symbol.asyncIterator]();
    const subjects: string[] = [];
    for (const subject of ['one', 'two', 'three']) {
      await rig.accept(...sealMail(mailOf(1, subject)));
      const mail = await take(mails);
      (await mail.done())._unsafeUnwrap();
      subjects.push(...subjectsOf([mail.bytes]));
    }
    expect(subjects).toEqual(['one', 'two', 'three']);
    expect(rig.inbox.count).toBe(0);
    await rig.inbox.close();
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
    expect(equal((await rig.inbox.read(id))._unsafeUnwrap(), report)).toBe(true);
  });
});

describe('size', () => {
  it('a mail of hundreds of blocks comes whole', async () => {
    const rig = await makeRig();
    const mail = mailOf(80_000);
    await rig.accept(...sealMail(mail));
    const [received = pattern(0)] = await rig.mails();
    expect(equal(splitMail(received).body, splitMail(mail).body)).toBe(true);
  });
});
