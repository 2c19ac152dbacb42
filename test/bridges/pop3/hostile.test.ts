import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeResponse, octetsOf, topOf } from '../../../bridges/pop3/response.js';
import { utf8 } from '../../../src/bytes/text.js';
import { concat } from '../../../src/bytes/writer.js';
import { transcript } from '../peer.js';
import { BOB, PASSWORD, pop3Setup } from './setup.js';

const MAIL = 'Subject: x\r\n\r\nbody\r\n';

const words = fc.constantFrom(
  '',
  '1',
  '2',
  '0',
  '-1',
  '1e9',
  'PLAIN',
  '=',
  '*',
  BOB,
  PASSWORD,
  '\xff',
);
const verbs = fc.constantFrom(
  ...[
    'USER',
    'PASS',
    'AUTH',
    'CAPA',
    'STAT',
    'LIST',
    'RETR',
    'TOP',
    'DELE',
    'UIDL',
    'RSET',
    'NOOP',
  ],
  ...['UTF8', 'STLS', 'quit', '', 'constructor', '__proto__'],
);
const line = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(verbs, fc.array(words, { maxLength: 3 }))
      .map((all) => all.flat().join(' ')),
  },
  { weight: 1, arbitrary: fc.constantFrom(`USER ${BOB}`, `PASS ${PASSWORD}`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 600 }) },
);

describe('a POP3 session with a hostile peer', () => {
  it('ends whatever the lines are, and loses no mail without QUIT', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 60 }), async (lines) => {
        const { connect, clock, client, open } = pop3Setup([MAIL, MAIL]);
        let heard: string | undefined;
        const sent = lines.map((each) => `${each}\r\n`).join('');
        void transcript(connect(), sent).then((all) => (heard = all));
        expect(await clock.runUntil(() => heard !== undefined, 60_000)).toBe(true);
        await clock.advance(5000);
        expect(open.size).toBe(0);
        expect(heard).toMatch(/^\+OK POP3 server ready\r\n/);
        if (!lines.some((each) => /quit/i.test(each))) expect(client.kept).toHaveLength(2);
      }),
    );
  });

  it('takes a hundred thousand lines of garbage in flat memory', async () => {
    const { connect, clock, open } = pop3Setup();
    const garbage = concat(...Array.from({ length: 1000 }, (_, i) => utf8(`garbage \xff ${i}\n`)));
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 100; i++) {
      const heard = await transcript(connect(), garbage);
      expect(heard.split('-ERR')).toHaveLength(51);
    }
    await clock.advance(5000);
    expect(open.size).toBe(0);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('a mail in a response', () => {
  const mails = fc
    .array(fc.constantFrom('.', '\r\n', '\n', '\r', 'x', '..', '\r\n.\r\n'), { maxLength: 40 })
    .map((parts) => parts.join(''));
  const encode = (mail: Uint8Array): string =>
    Buffer.concat([...encodeResponse({ kind: 'mail', text: 'x', mail })]).toString('latin1');

  it('ends nowhere but at its end, and comes out as it was', () => {
    fc.assert(
      fc.property(mails, (text) => {
        const mail = utf8(text);
        const body = encode(mail).slice('+OK x\r\n'.length);
        const lines = body.split('\n');
        expect(lines.findIndex((each) => each === '.' || each === '.\r')).toBe(lines.length - 2);
        const unstuffed = lines.slice(0, -2).map((each) => each.replace(/^\./, ''));
        const got = unstuffed.map((each) => `${each}\n`).join('');
        expect(got === text || got === `${text}\r\n`).toBe(true);
        expect(got.length).toBe(octetsOf(mail));
      }),
    );
  });

  it('can be cut after its header and some lines', () => {
    const top = (text: string, lines: number): string =>
      Buffer.from(topOf(utf8(text), lines)).toString('latin1');
    expect(top('A: 1\r\n\r\n1\r\n2\r\n', 1)).toBe('A: 1\r\n\r\n1\r\n');
    expect(top('A: 1\r\n\r\n1\r\n2\r\n', 0)).toBe('A: 1\r\n\r\n');
    expect(top('A: 1\r\n\r\n1\r\n2', 9)).toBe('A: 1\r\n\r\n1\r\n2');
    expect(top('A: 1\r\nB: 2\r\n', 1)).toBe('A: 1\r\nB: 2\r\n');
    expect(top('', 1)).toBe('');
    expect(top('A: 1\n\n1\n2\n', 1)).toBe('A: 1\n\n1\n');
    fc.assert(
      fc.property(mails, fc.nat(5), (text, lines) => {
        expect(text.startsWith(top(text, lines))).toBe(true);
      }),
    );
  });
});
