import { describe, expect, it } from 'vitest';
import { noticeJson, noticesOf, type Notice } from '../../../apps/notify/notices.js';
import { manualClock } from '../../../src/io/memory.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { repeated } from '../../support/bytes.js';

const [BOB, CAROL, ALICE] = ['bob@p2.test', 'carol@p1.test', 'alice@p1.test'];
const MAIL = 'From: mallory@p1.test\r\nSubject: secret plans\r\n\r\nx\r\n';

const setup = (content = false) => {
  const client = new FakeClient({
    accounts: [BOB, CAROL],
    recipients: { [ALICE]: repeated(7, 32) },
  });
  const clock = manualClock();
  const stop = new AbortController();
  const told: Notice[] = [];
  const notices = noticesOf({ client, clock, content, signal: stop.signal });
  const ended = (async () => {
    for await (const notice of notices) told.push(notice);
  })();
  return { client, clock, stop, told, ended };
};

describe('notices', () => {
  it('tell the account and how many, and nothing else', async () => {
    const { client, clock, told, stop, ended } = setup();
    client.deliver(BOB, MAIL, repeated(7, 32));
    await clock.advance(1);
    expect(told).toEqual([{ account: BOB, count: 1 }]);
    expect(noticeJson(told[0] ?? { account: '', count: 0 })).toEqual({ account: BOB, count: 1 });
    stop.abort();
    await ended;
  });

  it('come at once, and then together once a second, for each account', async () => {
    const { client, clock, told } = setup();
    client.deliver(BOB, MAIL);
    await clock.advance(1);
    for (let i = 0; i < 1000; i++) client.deliver(i % 4 === 0 ? CAROL : BOB, MAIL);
    await clock.advance(500);
    expect(told).toHaveLength(1);
    await clock.advance(600);
    expect(told.slice(1)).toEqual([
      { account: CAROL, count: 250 },
      { account: BOB, count: 750 },
    ]);
    await clock.advance(5000);
    expect(told).toHaveLength(3);
  });

  it('are of mail alone', async () => {
    const { client, clock, told } = setup();
    client.announce({ kind: 'clock-skew', account: BOB, skewMs: 5 });
    await clock.advance(2000);
    expect(told).toEqual([]);
  });

  it('tell who, what and how large only where that is asked for', async () => {
    const { client, clock, told } = setup(true);
    client.deliver(BOB, MAIL, repeated(7, 32));
    client.deliver(BOB, 'Subject: \x1b[2J\x07bell\r\n\r\n');
    client.deliver(BOB, `Subject: ${'long '.repeat(100)}\r\n\r\n`);
    client.deliver(BOB, 'no header at all');
    await clock.advance(2500);
    const mails = told.flatMap((notice) => notice.mails ?? []);
    expect(mails.slice(0, 2)).toEqual([
      // By the key, whatever From says.
      { sender: ALICE, subject: 'secret plans', size: MAIL.length },
      { sender: undefined, subject: ' [2J bell', size: 22 },
    ]);
    expect(mails[2]?.subject).toHaveLength(200);
    expect(mails[3]?.subject).toBeUndefined();
    expect(mails).toHaveLength(4);
  });

  it('describe a few of many mails, and those that are gone without a subject', async () => {
    const { client, clock, told } = setup(true);
    client.failures.read = { kind: 'no-such-mail', id: 'x' };
    for (let i = 0; i < 500; i++) client.deliver(BOB, MAIL);
    await clock.advance(3000);
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(500);
    for (const { mails } of told) expect(mails?.length).toBeLessThanOrEqual(20);
    expect(told[0]?.mails?.[0]?.subject).toBeUndefined();
  });

  it('end with the client', async () => {
    const { client, ended } = setup();
    await client.close();
    await ended;
  });
});
