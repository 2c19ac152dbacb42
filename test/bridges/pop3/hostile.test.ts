import fc from 'fast-check';
import { err, ok } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { encodeResponse, LOST, type Pieces } from '../../../bridges/pop3/response.js';
import { topOf } from '../../../bridges/pop3/top.js';
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

/** A mail as the inbox gives it: in two pieces. */
async function* piecesOf(mail: Uint8Array, at: number): Pieces {
  await Promise.resolve();
  yield ok(mail.slice(0, at));
  yield ok(mail.slice(at));
}

const textOf = async (pieces: AsyncIterable<Uint8Array | typeof LOST>): Promise<string> => {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) if (piece !== LOST) all.push(piece);
  return Buffer.concat(all).toString('latin1');
};

describe('a mail in a response', () => {
  const mails = fc
    .array(fc.constantFrom('.', '\r\n', '\n', '\r', 'x', '..', '\r\n.\r\n'), { maxLength: 40 })
    .map((parts) => parts.join(''));

  it('ends nowhere but at its end, and comes out as it was', async () => {
    await fc.assert(
      fc.asyncProperty(mails, fc.nat(80), async (text, at) => {
        const mail = piecesOf(utf8(text), at);
        const said = await textOf(encodeResponse({ kind: 'mail', text: 'x', mail }));
        const body = said.slice('+OK x\r\n'.length);
        const lines = body.split('\n');
        expect(lines.findIndex((each) => each === '.' || each === '.\r')).toBe(lines.length - 2);
        const unstuffed = lines.slice(0, -2).map((each) => each.replace(/^\./, ''));
        const got = unstuffed.map((each) => `${each}\n`).join('');
        const isEnded = text === '' || text.endsWith('\r\n');
        expect(got).toBe(isEnded ? text : `${text}\r\n`);
        // Whoever knows no other line end than CR LF finds the end too.
        expect(said.indexOf('\r\n.\r\n')).toBe(said.length - 5);
      }),
    );
  });

  it('can be cut after its header and some lines, wherever its pieces are cut', async () => {
    const top = (text: string, lines: number, at = 0): Promise<string> =>
      textOf(bytesOf(topOf(piecesOf(utf8(text), at), lines)));
    for (let at = 0; at < 20; at++) {
      expect(await top('A: 1\r\n\r\n1\r\n2\r\n', 1, at)).toBe('A: 1\r\n\r\n1\r\n');
      expect(await top('A: 1\r\n\r\n1\r\n2\r\n', 0, at)).toBe('A: 1\r\n\r\n');
      expect(await top('A: 1\r\n\r\n1\r\n2', 9, at)).toBe('A: 1\r\n\r\n1\r\n2');
      expect(await top('A: 1\r\nB: 2\r\n', 1, at)).toBe('A: 1\r\nB: 2\r\n');
      expect(await top('', 1, at)).toBe('');
      expect(await top('A: 1\n\n1\n2\n', 1, at)).toBe('A: 1\n\n1\n');
    }
    await fc.assert(
      fc.asyncProperty(mails, fc.nat(5), fc.nat(80), async (text, lines, at) => {
        const cut = await top(text, lines, at);
        expect(text.startsWith(cut)).toBe(true);
        expect(await top(text, lines)).toBe(cut);
      }),
    );
  });

  it('is not read further than its top', async () => {
    const asked: string[] = [];
    const counted = async function* (): Pieces {
      for (const piece of ['A: 1\r\n', '\r\n1\r\n', '2\r\n']) {
        await Promise.resolve();
        asked.push(piece);
        yield ok(utf8(piece));
      }
    };
    expect(await textOf(bytesOf(topOf(counted(), 1)))).toBe('A: 1\r\n\r\n1\r\n');
    expect(asked).toHaveLength(2);
  });

  it('ends without its dot where the rest of it is lost', async () => {
    const broken = async function* (): Pieces {
      await Promise.resolve();
      yield ok(utf8('A: 1\r\n'));
      yield err('broken');
    };
    const said: (Uint8Array | typeof LOST)[] = [];
    for await (const piece of encodeResponse({ kind: 'mail', text: 'x', mail: broken() })) {
      said.push(piece);
    }
    expect(said.at(-1)).toBe(LOST);
    expect(said).toHaveLength(3);
  });
});

async function* bytesOf(pieces: Pieces): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) yield piece.unwrapOr(new Uint8Array());
}
