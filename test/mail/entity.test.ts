/** The reader of MIME: what it understands, and what it refuses. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/text.js';
import { decodeCharset } from '../../src/mail/charset.js';
import { decodeWords } from '../../src/mail/decode-words.js';
import { type Entity, fileNameOf, readEntity } from '../../src/mail/entity.js';
import { readParameters } from '../../src/mail/parameters.js';
import { decodeTransfer } from '../../src/mail/transfer-decode.js';
import { encodeBase64, encodeQuoted, encodeText, encodeWideText } from '../../src/mail/transfer.js';

const read = (mail: string): Entity => readEntity(utf8(mail))._unsafeUnwrap();
const problem = (mail: string, limits?: Parameters<typeof readEntity>[1]) =>
  readEntity(utf8(mail), limits)._unsafeUnwrapErr();
const bodies = ({ parts }: Entity): string[] => parts.map(({ body }) => fromUtf8(body));

const multi = (...lines: string[]): string =>
  ['Content-Type: multipart/mixed; boundary=b', '', ...lines].join('\r\n');

describe('a tree of entities', () => {
  it('has the parts between the delimiters, and nothing around them', () => {
    const mail = multi(
      'preamble',
      '--b',
      '',
      'one',
      '',
      '--b  ',
      'A: b',
      '',
      'two',
      '--b--',
      'end',
    );
    expect(bodies(read(mail))).toEqual(['one\r\n', 'two']);
    expect(bodies(read(mail.replaceAll('\r\n', '\n')))).toEqual(['one\n', 'two']);
    for (const { body, bodyStart } of read(mail).parts) {
      const whole = utf8(mail).subarray(bodyStart, bodyStart + body.length);
      expect(toHex(whole)).toBe(toHex(body));
    }
  });

  it('takes what programs get wrong', () => {
    expect(bodies(read(multi('--b', '', 'open end')))).toEqual(['open end']);
    expect(bodies(read(multi('--b', '--b--')))).toEqual(['']);
    expect(bodies(read(multi('--bb', '--b', '', 'x', '--b-', '--b--')))).toEqual(['x\r\n--b-']);
    expect(read('Content-Type: nonsense\n\nx').type.value).toBe('text/plain');
    const digest = read(multi('--b', '', 'x', '--b--').replace('mixed', 'digest'));
    expect(digest.parts[0]?.type.value).toBe('message/rfc822');
  });

  it('refuses what nobody can read, and names the part', () => {
    expect(problem(multi('no delimiter'))).toEqual({
      kind: 'bad-part',
      part: '',
      problem: 'no-boundary',
    });
    const inner = multi('--b', 'Content-Type: multipart/mixed; boundary=c', '', 'x', '--b--');
    expect(problem(inner)).toMatchObject({ part: '1', problem: 'no-boundary' });
    expect(problem(multi('--b', 'no field', '', '--b--'))).toMatchObject({ problem: 'header' });
    const encoded = `Content-Transfer-Encoding: base64\r\n${multi('--b', '', '--b--')}`;
    expect(problem(encoded)).toMatchObject({ problem: 'encoded-multipart' });
  });

  it('has limits', () => {
    const small = { depth: 2, parts: 3, fields: 3, line: 60 };
    const four = multi(...Array.from({ length: 4 }, () => '--b\r\n\r\nx'), '--b--');
    expect(problem(four, small)).toEqual({ kind: 'too-complex', what: 'parts' });
    expect(problem('A: 1\nB: 2\nC: 3\nD: 4\n\n', small)).toMatchObject({ what: 'fields' });
    expect(problem(`A: ${'x'.repeat(100)}\n\n`, small)).toMatchObject({ what: 'line' });
    const nested = (depth: number): string =>
      depth === 0
        ? '\r\nx'
        : `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n${nested(depth - 1)}\r\n--b${depth}--`;
    expect(readEntity(utf8(nested(20))).isOk()).toBe(true);
    expect(problem(nested(22))).toEqual({ kind: 'too-complex', what: 'depth' });
  });

  it('throws at nothing, and takes no long time', () => {
    const piece = fc.constantFrom(
      ...[
        '--b',
        '--b--',
        '\r\n',
        '\n',
        'Content-Type: multipart/mixed; boundary=b',
        ' ',
        ':',
        '\r',
      ],
      ...['Content-Type: multipart/signed; boundary="b"', 'A: b', '\u0000', '(', '"', ';', '=?'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.uint8Array(), (pieces, bytes) => {
        readEntity(utf8(pieces.join('')));
        readEntity(bytes);
      }),
      { numRuns: 3000 },
    );
    const started = performance.now();
    readEntity(utf8(multi('--b', '', 'x', '--b--').replace('x', '--b-\r\n'.repeat(300_000))));
    readEntity(utf8(`Content-Type: ${'('.repeat(200_000)}\n\n`));
    readEntity(utf8(`Content-Type: text/plain${';a'.repeat(100_000)}\n\n`));
    decodeWords('=?a?b?'.repeat(100_000));
    decodeWords('=?utf-8?q?a?= '.repeat(7000));
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('parameters', () => {
  it.each([
    ['text/Plain (a; b="c"); charset = "UTF-8" ; x="a;\\"b"', { charset: 'UTF-8', x: 'a;"b' }],
    ["a/b; filename*=UTF-8''%C3%BC%20x", { filename: 'ü x' }],
    ['a/b; filename*1*=%BC; filename*0*=utf-8\'\'%C3; filename*2="%41"', { filename: 'ü%41' }],
    ['a/b; name*0=one; name*1=two', { name: 'onetwo' }],
    ['a/b; name="=?utf-8?Q?=C3=BC?="', { name: 'ü' }],
    ['a/b; x=1; X=2; =3; ;; y', { x: '1' }],
    ['a/b; __proto__=1; constructor=2', { ['__proto__']: '1', constructor: '2' }],
  ])('reads %s', (text, expected) => {
    const { parameters } = readParameters(text);
    expect([...parameters]).toEqual(Object.entries(expected));
  });

  it('gives file names by either place', () => {
    const part = read('Content-Type: a/b; name=one\nContent-Disposition: attachment\n\n');
    expect(fileNameOf(part)).toBe('one');
  });

  it('throws at nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        readParameters(text);
        decodeWords(text);
        decodeCharset(utf8(text), text);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('encoded words and charsets', () => {
  it.each([
    ['=?utf-8?q?a_b=21?= c', 'a b! c'],
    ['=?utf-8?b?w7w=?=\t=?UTF-8?Q?=C3=BC?=', 'üü'],
    ['=?utf-8?b?w?= =?utf-8?b?7w=?=', '=?utf-8?b?w?=\ufffd'],
    ['=?iso-8859-1*en?q?=FC?=', 'ü'],
    ['=?x-unknown?q?a?=', '\ufffd'],
    ['=?utf-8?q?=FF?=', '\ufffd'],
    ['a =? b ?=', 'a =? b ?='],
  ])('reads %s', (value, expected) => {
    expect(decodeWords(value)).toBe(expected);
  });

  it('knows what the platform knows, and no more', () => {
    expect(decodeCharset(Uint8Array.of(0xa4), 'ISO-8859-15')).toBe('€');
    expect(decodeCharset(Uint8Array.of(0xff), 'utf-8')).toBeUndefined();
    expect(decodeCharset(utf8('a'), 'x-unknown')).toBeUndefined();
    expect(decodeCharset(utf8('a'), 'utf-7')).toBeUndefined();
    expect(decodeCharset(utf8('ü'), 'us-ascii')).toBe('ü');
  });
});

describe('transfer encodings', () => {
  it('come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const { bytes: encoded } = encodeBase64(bytes);
        expect(toHex(decodeTransfer(encoded, 'base64')!)).toBe(toHex(bytes));
        const quoted = encodeQuoted(bytes.filter((byte) => byte !== 13));
        const back = toHex(decodeTransfer(quoted.bytes, 'quoted-printable')!).replace(
          /0d0a/g,
          '0a',
        );
        expect(back).toBe(toHex(bytes.filter((byte) => byte !== 13)));
        expect(quoted.bytes.length === 0 || quoted.bytes.at(-1) === 10).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const lines = `${text.replace(/\r\n|\r/g, '\n').replace(/\n$/, '')}\n`;
        for (const { encoding, bytes } of [encodeText(text), encodeWideText(text)]) {
          const back = fromUtf8(decodeTransfer(bytes, encoding)!).replaceAll('\r\n', '\n');
          expect(back).toBe(lines);
        }
      }),
    );
  });

  it('take what programs write, and refuse what is none', () => {
    const of = (text: string, encoding: string) => {
      const bytes = decodeTransfer(utf8(text), encoding);
      return bytes && fromUtf8(bytes);
    };
    expect(of('YQ=\r\n=', 'base64')).toBe('a');
    expect(of(' Y W J j', 'base64')).toBe('abc');
    expect(of('YQ==YQ==', 'base64')).toBeUndefined();
    expect(of('Y*==', 'base64')).toBeUndefined();
    expect(of('a=  \r\nb \t\r\nc=', 'quoted-printable')).toBe('ab\r\nc');
    expect(of('a=ZZ=3d', 'quoted-printable')).toBe('a=ZZ=');
    expect(of('x', 'x-uuencode')).toBeUndefined();
  });

  it('write other letters as they are where lines allow', () => {
    expect(encodeWideText('ü\n').encoding).toBe('8bit');
    expect(encodeWideText('a\n').encoding).toBe('7bit');
    expect(encodeWideText('ü'.repeat(500)).encoding).toBe('quoted-printable');
    expect(encodeWideText('ü\u0000').encoding).toBe('quoted-printable');
  });
});
