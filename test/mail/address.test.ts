import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseAddress, normaliseUser } from '../../src/mail/address.js';
import { normaliseDomain } from '../../src/mail/domain.js';

const normal = (text: string): string => {
  const result = normaliseAddress(text);
  return result.isOk() ? result.value.address : result.error.problem;
};

describe('normaliseAddress', () => {
  it.each([
    ['BOB@P2.TEST', 'bob@p2.test'],
    ['Bob <bob@x>', 'bob@x'],
    ['"Bob, the \\"Builder\\" <x@y>" <bob@x>', 'bob@x'],
    ['bob@x (a (nested) comment)', 'bob@x'],
    ['alice@playground', 'alice@playground'],
    [' alice @ playground ', 'alice@playground'],
    ['straße@BÜCHER.test', 'straße@xn--bcher-kva.test'],
    ['+keyserver@p', '+keyserver@p'],
    ['_x@p', '_x@p'],
    ['ａｌｉｃｅ@p', 'alice@p'],
    ['ÀB@p', 'àb@p'],
    ['"a,b"@x', '"a,b"@x'],
    ['"quoted"@x', 'quoted@x'],
    ['"a/b"@x', 'a/b@x'],
    ['bob@127.0.0.1', 'bob@127.0.0.1'],
    ['bob@1.2', 'bob@1.2'],
    ['bob@abc.onion', 'bob@abc.onion'],
  ])('takes %s', (text, wanted) => {
    expect(normal(text)).toBe(wanted);
  });

  it.each([
    ['', 'syntax'],
    ['bob', 'syntax'],
    ['a..b@x', 'syntax'],
    ['.a@x', 'syntax'],
    ['a@b@c', 'syntax'],
    ['bob@[1.2.3.4]', 'syntax'],
    ['a@x, b@y', 'syntax'],
    ['group: a@x;', 'syntax'],
    ['bob@x (open', 'syntax'],
    ['bob@x)', 'syntax'],
    ['"open@x', 'syntax'],
    ['<bob@x', 'syntax'],
    ['bob@', 'syntax'],
    ['"a b"@x', 'user'],
    ['"a@b"@x', 'user'],
    ['ﬁ@x', 'user'],
    ['a\0@x', 'syntax'],
    ['bad\u202euser@p2.test', 'user'],
    ['a\u00a0b@x', 'user'],
    ['a\u200db@x', 'user'],
    ['☃@x', 'user'],
    ['\u0661@x', 'user'],
    ['a\u05d0@x', 'user'],
    ['l\u00b7x@x', 'user'],
    [`${'a'.repeat(65)}@x`, 'user-too-long'],
    [`${'ä'.repeat(33)}@x`, 'user-too-long'],
    ['bob@foo_bar', 'domain'],
    ['bob@-a.com', 'domain'],
    ['bob@a-.com', 'domain'],
    ['bob@a..com', 'domain'],
    ['bob@x/y', 'domain'],
    ['bob@a%41', 'domain'],
    ['bob@xn--a.test', 'domain'],
    ['bob@１.２', 'domain'],
  ])('refuses %j', (text, problem) => {
    expect(normal(text)).toBe(problem);
  });

  it('keeps case where told, and gives the parts', () => {
    expect(normaliseAddress('Bob <BoB@X.Test>', { caseSensitive: true })._unsafeUnwrap()).toEqual({
      address: 'BoB@x.test',
      user: 'BoB',
      domain: 'x.test',
    });
    expect(normaliseAddress('"a,b"@x')._unsafeUnwrap().user).toBe('a,b');
  });

  it('lets letters of one direction pass', () => {
    expect(normaliseUser('\u05d0\u05d1')).toBe('\u05d0\u05d1');
    expect(normaliseUser('\u0628\u0661')).toBe('\u0628\u0661');
    expect(normaliseUser('l\u00b7l')).toBe('l\u00b7l');
    expect(normaliseUser('\u30a2\u30fb')).toBe('\u30a2\u30fb');
    expect(normaliseUser('\u0628\u0661\u06f1')).toBeUndefined();
  });

  it('is idempotent and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        for (const text of [a, `${a}@${b}`, `"${a}"@x`, `${b} <${a}@x>`, `a@${b}`]) {
          const first = normaliseAddress(text);
          if (first.isErr()) continue;
          const again = normaliseAddress(first.value.address);
          expect(again._unsafeUnwrap()).toEqual(first.value);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('takes every printable ASCII user that PRECIS takes, quoted where needed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 64 }), (text) => {
        fc.pre(/^[\x21-\x7e]+$/.test(text) && !text.includes('@'));
        const quoted = `"${text.replace(/["\\]/g, '\\$&')}"@x`;
        const result = normaliseAddress(quoted)._unsafeUnwrap();
        expect(result.user).toBe(text.toLowerCase());
        expect(normaliseAddress(result.address)._unsafeUnwrap()).toEqual(result);
      }),
    );
  });
});

describe('normaliseDomain', () => {
  it('is idempotent and gives host names only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const domain = normaliseDomain(text);
        if (domain === undefined) return;
        expect(domain).toMatch(/^[a-z0-9.-]+$/);
        expect(normaliseDomain(domain)).toBe(domain);
      }),
      { numRuns: 1000 },
    );
  });
});
