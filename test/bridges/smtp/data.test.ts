/** DATA byte by byte: where a mail ends, and which dots are whose. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataParser } from '../../../bridges/smtp/data.js';

/** Feeds pieces; gives the mail, and the commands that were seen after it. */
const parse = async (pieces: readonly Buffer[]): Promise<readonly [Buffer, readonly string[]]> => {
  const parser = new DataParser();
  const mail: Buffer[] = [];
  const commands: string[] = [];
  const state = { ended: false };
  parser.oncommand = (command, next) => {
    commands.push(command.toString('latin1'));
    next?.();
  };
  const stream = parser.startDataMode();
  stream.on('data', (bytes: Buffer) => mail.push(bytes));
  stream.on('end', () => {
    state.ended = true;
    parser.continue();
  });
  for (const piece of pieces) {
    await new Promise((resolve) => parser.write(piece, resolve));
  }
  await new Promise((resolve) => setImmediate(resolve));
  parser.destroy();
  return [Buffer.concat(mail), state.ended ? commands : ['never ended']];
};

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
/** What a client does (RFC 5321 §4.5.2): only CR LF ends a line. */
const stuffed = (mail: string): string => mail.replace(/(^|\r\n)\./g, '$1..');

/** Cuts a text at random places. */
const cutAt = (text: string, cuts: readonly number[]): readonly Buffer[] => {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, i) => latin1(text.slice(from, places[i] ?? text.length)));
};

describe('DATA', () => {
  it('gives back what a client means, in whatever pieces it comes', async () => {
    const nasty = fc.array(fc.constantFrom('.', '\r', '\n', '\r\n', '\r\n.', '..', 'x', '\0\xff'));
    await fc.assert(
      fc.asyncProperty(nasty, fc.array(fc.nat(60)), async (parts, cuts) => {
        const mail = `${parts.join('')}\r\n`;
        const wire = `${stuffed(mail)}.\r\nNOOP\r\nRSET\r\n`;
        const [content, commands] = await parse(cutAt(wire, cuts));
        expect(content.toString('latin1')).toBe(mail);
        expect(commands).toEqual(['NOOP', 'RSET']);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['\n.\n', '\n.\r\n', '\r.\r', '\r\n.\n', '\r\n.\r', '\r.\r\n', '\n.\r', '\r\n\0.\r\n'])(
    'does not end at %j, so that no mail holds another',
    async (end) => {
      const mail = `a${end}MAIL FROM:<eve@x.test>\r\n`;
      for (const size of [1, 2, 3, 100]) {
        const wire = `${mail}.\r\nNOOP\r\n`;
        const pieces = Array.from({ length: Math.ceil(wire.length / size) }, (_, i) =>
          latin1(wire.slice(i * size, (i + 1) * size)),
        );
        const [content, commands] = await parse(pieces);
        expect(content.toString('latin1')).toBe(mail);
        expect(commands).toEqual(['NOOP']);
      }
    },
  );

  it('may be empty, and keeps a dot that nobody has stuffed', async () => {
    expect(await parse([latin1('.\r\n')])).toEqual([Buffer.alloc(0), []]);
    expect((await parse([latin1('.x\r\n..\r\n.\r\n')]))[0].toString()).toBe('.x\r\n.\r\n');
  });
});
