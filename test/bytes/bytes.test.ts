import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equal, isZero, wipe } from '../../src/bytes/compare.js';
import { parse } from '../../src/bytes/reader.js';
import { fromBase64, fromHex, parseKeyText, toBase64, toHex } from '../../src/bytes/text.js';
import { concat, Writer } from '../../src/bytes/writer.js';

describe('reader and writer', () => {
  it('are inverses, field by field', () => {
    const fields = fc.record({
      a: fc.integer({ min: 0, max: 0xff }),
      b: fc.integer({ min: 0, max: 0xffff }),
      c: fc.integer({ min: 0, max: 0xffffffff }),
      d: fc.maxSafeNat(),
      e: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fields, ({ a, b, c, d, e }) => {
        const bytes = new Writer(15 + e.length + 3)
          .u8(a)
          .u16(b)
          .u32(c)
          .u64(d)
          .padded(e, e.length + 3)
          .done();
        const read = parse(bytes, (from) => {
          const value = {
            a: from.u8('a'),
            b: from.u16('b'),
            c: from.u32('c'),
            d: from.u64('d'),
            e: from.take(e.length, 'e'),
          };
          from.zeros(3, 'padding');
          return value;
        });
        expect(read._unsafeUnwrap()).toEqual({ a, b, c, d, e });
      }),
    );
  });

  it('name what is wrong', () => {
    const one = Uint8Array.of(1);
    expect(parse(one, (from) => from.u16('length'))._unsafeUnwrapErr()).toEqual({
      kind: 'truncated',
      field: 'length',
    });
    expect(parse(one, () => 0)._unsafeUnwrapErr()).toEqual({ kind: 'trailing', extra: 1 });
    const refused = parse(one, (from) => {
      from.zeros(1, 'padding');
    });
    expect(refused._unsafeUnwrapErr()).toEqual({
      kind: 'invalid',
      field: 'padding',
      rule: 'all zero',
    });
    const huge = new Uint8Array(8).fill(0xff);
    expect(parse(huge, (from) => from.u64('epoch'))._unsafeUnwrapErr().kind).toBe('invalid');
  });

  it('let mistakes of the program through', () => {
    expect(() =>
      parse(new Uint8Array(0), () => {
        throw new TypeError('mistake');
      }),
    ).toThrow('mistake');
    expect(() => new Writer(1).u16(1)).toThrow(RangeError);
    expect(() => new Writer(1).done()).toThrow(RangeError);
    expect(() => new Writer(1).padded(new Uint8Array(2), 1)).toThrow(RangeError);
  });
});

describe('text forms', () => {
  it('round-trip', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  it('refuse what is neither', () => {
    for (const text of ['0', '0g', ' 00']) expect(fromHex(text)).toBeUndefined();
    for (const text of ['A', 'AA=', 'A===', 'AA-_', 'AAAA\n'])
      expect(fromBase64(text)).toBeUndefined();
  });

  it('read a key as hex first, then base64, of the right length only', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect(parseKeyText(toHex(key).toUpperCase())).toEqual(key);
    expect(parseKeyText(toBase64(key))).toEqual(key);
    expect(parseKeyText(toHex(key.subarray(1)))).toBeUndefined();
  });
});

describe('comparisons', () => {
  it('see every difference', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(equal(a, b)).toBe(toHex(a) === toHex(b));
        expect(equal(a, a.slice())).toBe(true);
        expect(isZero(a)).toBe(!/[^0]/.test(toHex(a)));
      }),
    );
  });

  it('joins and wipes', () => {
    const secret = Uint8Array.of(1, 2);
    expect(concat(secret, Uint8Array.of(3))).toEqual(Uint8Array.of(1, 2, 3));
    wipe(secret);
    expect(isZero(secret)).toBe(true);
  });
});
