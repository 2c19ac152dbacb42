import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCrlf, toLf } from '../../../bridges/files/line-ends.js';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';

const bytes = fc.array(fc.constantFrom(13, 10, 65)).map((all) => Uint8Array.from(all));

describe('line ends', () => {
  it('of a file are LF, of a mail CRLF', () => {
    expect(fromUtf8(toLf(utf8('a\r\nb\r\n\r\nc\rd\r\r\n')))).toBe('a\nb\n\nc\rd\r\r\n');
    expect(fromUtf8(toCrlf(utf8('\na\nb\r\nc\rd')))).toBe('\r\na\r\nb\r\nc\rd');
  });

  it('come back, and nothing else changes', () => {
    fc.assert(
      fc.property(bytes, (some) => {
        const mail = toCrlf(some);
        expect(toCrlf(mail)).toEqual(mail);
        expect(toCrlf(toLf(mail))).toEqual(mail);
      }),
    );
  });
});
