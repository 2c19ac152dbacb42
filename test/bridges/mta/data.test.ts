import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAmbiguous, stuffed } from '../../../bridges/mta/data.js';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { withCrlf } from '../../../src/mail/line-ends.js';

describe('what goes over the wire', () => {
  it.each([
    ['', '.\r\n'],
    ['a', 'a\r\n.\r\n'],
    ['.\r\n', '..\r\n.\r\n'],
    ['a\n.b\n', 'a\r\n..b\r\n.\r\n'],
    ['..\r\na.', '...\r\na.\r\n.\r\n'],
  ])('is %j as %j', (mail, expected) => {
    expect(fromUtf8(stuffed(withCrlf(utf8(mail))))).toBe(expected);
  });

  it.each([
    ['a\n', 'a\n\r\n.\r\n'],
    ['a\r', 'a\r\r\n.\r\n'],
    ['a\nb\rc\r\r\n.', 'a\nb\rc\r\r\n..\r\n.\r\n'],
  ])('leaves a lone CR or LF alone: %j as %j', (mail, expected) => {
    expect(fromUtf8(stuffed(utf8(mail)))).toBe(expected);
  });
});

describe('a mail that servers read in two ways', () => {
  it.each(['a\n.', 'a\r.', '\n.\n', 'a\r\n\n.b\r\n', 'a.\r\n.\r\nb\r.'])('is %j', (mail) => {
    expect(isAmbiguous(utf8(mail))).toBe(true);
  });

  it.each(['', '.', '.\n', 'a\r\n.\n', '\r\r\n.\r', 'a\nb.c\rd.'])('is not %j', (mail) => {
    expect(isAmbiguous(utf8(mail))).toBe(false);
  });

  it('holds every end that a careless server would see before ours', () => {
    const bytes = fc.array(fc.constantFrom('\r', '\n', '.', 'x'), { maxLength: 12 });
    fc.assert(
      fc.property(bytes, (pieces) => {
        const mail = pieces.join('');
        const wire = fromUtf8(stuffed(utf8(mail)));
        const isEarly = /(?:^|[\r\n])\.[\r\n]/.test(wire.slice(0, -2));
        expect(isAmbiguous(utf8(mail)) || !isEarly, JSON.stringify(mail)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
