import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import {
  readJson,
  toInteger,
  writeJson,
  type Json,
  type JsonFields,
  type Writable,
} from '../../src/pki/json.js';

const text = (value: Writable): string => fromUtf8(writeJson(value));
const read = <T>(json: string, take: (from: JsonFields) => T) => readJson(utf8(json), take);
const refusal = (json: string, take: (from: JsonFields) => unknown): string =>
  read(json, take).match(
    () => 'ok',
    ({ field, rule }) => `${field}: ${rule}`,
  );

describe('writing', () => {
  it.each([
    [0.00025, '0.00025'],
    [15, '15.0'],
    [0, '0.0'],
    [100, '100.0'],
    [1e-6, '0.000001'],
    [1e-7, '1e-07'],
    [1.5e-12, '1.5e-12'],
    [1e22, '1e+22'],
    [1e21, '1e+21'],
    [1e15, '1000000000000000.0'],
    [1e16, '10000000000000000'],
    [1 / 3, '0.3333333333333333'],
  ])('the float %d', (value, expected) => {
    expect(text(value)).toBe(expected);
  });

  it('writes integers as text and bytes as base64', () => {
    expect(text([9n, 2n ** 64n - 1n, Uint8Array.of(1, 2), new Uint8Array(0), null, true])).toBe(
      '["9","18446744073709551615","AQI=","",null,true]',
    );
  });

  it('sorts numbers by value and names by bytes', () => {
    expect(text(new Map([10, 9, 11].map((key) => [key, 0n])))).toBe('{"9":"0","10":"0","11":"0"}');
    const names = ['b', 'a', 'B', '10', '9', '\u{1f600}', '\uffee', 'ab'];
    expect(text(new Map(names.map((name) => [name, null])))).toBe(
      '{"10":null,"9":null,"B":null,"a":null,"ab":null,"b":null,"\uffee":null,"\u{1f600}":null}',
    );
  });

  it('escapes what HTML and scripts could trip over', () => {
    expect(text('<a>&\u2028\u2029\u0001"\\/\u007fé\n')).toBe(
      '"\\u003ca\\u003e\\u0026\\u2028\\u2029\\u0001\\"\\\\/\u007fé\\n"',
    );
  });
});

describe('reading', () => {
  it.each([
    ['5', 5],
    ['5.0', 5],
    ['"5"', 5],
    ['""', 0],
    ['null', 0],
    ['"18446744073709551615"', Number.MAX_SAFE_INTEGER],
  ])('takes %s as an integer', (json, value) => {
    expect(read(`{"n":${json}}`, (from) => from.integer('n'))._unsafeUnwrap()).toBe(value);
  });

  it.each(['"0x10"', '" 5"', '-1', '"-1"', '1.5', '"1.5"', '"18446744073709551616"', '[]', 'true'])(
    'refuses %s as an integer',
    (json) => {
      expect(refusal(`{"n":${json}}`, (from) => from.integer('n'))).toMatch(/^n: /);
    },
  );

  it.each([
    ['0.5', 0.5],
    ['"0.5"', 0.5],
    ['1e-07', 1e-7],
    ['"1e-07"', 1e-7],
    ['null', 0],
  ])('takes %s as a float', (json, value) => {
    expect(read(`{"x":${json}}`, (from) => from.float('x'))._unsafeUnwrap()).toBe(value);
  });

  it.each(['-1', '1e999', '"NaN"', '"Infinity"', '""', '" 1"', '{}'])(
    'refuses %s as a float',
    (json) => {
      expect(refusal(`{"x":${json}}`, (from) => from.float('x'))).toBe('x: finite number');
    },
  );

  it('treats what is missing as empty, and ignores what it does not know', () => {
    const seen = read('{"other":{"deep":[1]}}', (from) => [
      from.text('a'),
      from.bytes('a'),
      from.list('a'),
      from.map('a'),
    ]);
    expect(seen._unsafeUnwrap()).toEqual(['', new Uint8Array(0), undefined, undefined]);
  });

  it('takes the last of two members of one name', () => {
    expect(read('{"a":1,"a":2}', (from) => from.integer('a'))._unsafeUnwrap()).toBe(2);
  });

  it('wants whole keys and whole base64', () => {
    expect(refusal('{"k":"AQI="}', (from) => from.key('k'))).toBe('k: 32 bytes');
    expect(refusal('{"k":"AQI"}', (from) => from.bytes('k'))).toBe('k: base64');
    expect(refusal('{"k":[1,2]}', (from) => from.bytes('k'))).toBe('k: text');
    expect(refusal('{"k":{}}', (from) => from.list('k'))).toBe('k: list');
    expect(refusal('{"k":[]}', (from) => from.map('k'))).toBe('k: object');
  });

  it.each(['', '[]', '5', '{', '{}x', 'null', '\ufeff{}'])('refuses %j as a whole', (json) => {
    expect(refusal(json, () => 0)).not.toBe('ok');
  });

  it('refuses malformed UTF-8, too much and too deep', () => {
    expect(readJson(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), () => 0).isErr()).toBe(true);
    expect(readJson(new Uint8Array((1 << 20) + 1).fill(0x20), () => 0).isErr()).toBe(true);
    expect(refusal(`{"a":${'['.repeat(15)}${']'.repeat(15)}}`, () => 0)).toBe('ok');
    expect(refusal(`{"a":${'['.repeat(16)}${']'.repeat(16)}}`, () => 0)).toBe(
      ': at most 16 levels',
    );
    expect(refusal(`{"a":${'['.repeat(500_000)}`, () => 0)).toBe(': JSON');
    expect(refusal('{"a":'.repeat(100_000) + '0' + '}'.repeat(100_000), () => 0)).not.toBe('ok');
  });

  it('gives names no meaning to the language', () => {
    const map = read('{"m":{"__proto__":{"x":1},"constructor":2}}', (from) => from.map('m'));
    const value: Json | undefined = map._unsafeUnwrap()?.get('constructor');
    expect(value).toBe(2);
    expect(map._unsafeUnwrap()?.get('toString')).toBeUndefined();
    expect('x' in {}).toBe(false);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.string(), (json, name) => {
        const takeAll = (from: JsonFields) => [from.text(name), from.key(name), from.float(name)];
        expect(() => readJson(utf8(json), takeAll)).not.toThrow();
        expect(() => readJson(utf8(`{"a":${json}}`), (from) => from.map('a'))).not.toThrow();
      }),
    );
  });

  it('reads what was written', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.double({ min: 0, noNaN: true }), fc.string(), (n, x, s) => {
        fc.pre(Number.isFinite(x));
        const members = new Map<string, Writable>([
          ['n', BigInt(n)],
          ['x', x],
          ['s', s],
          ['m', new Map([[n, s]])],
        ]);
        const back = readJson(writeJson(members), (from) => [
          from.integer('n'),
          from.float('x'),
          from.text('s'),
          [...(from.map('m') ?? [])].map(([key, value]) => [toInteger(key, 'm'), value]),
        ]);
        expect(back._unsafeUnwrap()).toEqual([n, x, s, [[n, s]]]);
      }),
    );
  });
});
