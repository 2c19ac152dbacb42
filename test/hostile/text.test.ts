/** Key files, encodings, configuration files, addresses of the network and log lines. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equal } from '../../src/bytes/compare.js';
import { decodePem, encodePem, PEM_KEYS } from '../../src/bytes/pem.js';
import {
  fromBase64,
  fromHex,
  fromUtf8,
  parseKeyText,
  toBase64,
  toHex,
  utf8,
} from '../../src/bytes/text.js';
import { parseAddress } from '../../src/io/address.js';
import { lineLog } from '../../src/io/log-line.js';
import { readDaemonConfig } from '../../apps/daemon/config.js';
import { readAuthorityConfig, readServerConfig } from '../../apps/node/config.js';
import { pattern } from '../support/bytes.js';
import { expectFlat } from './memory.js';
import { cuts, flips, mutants } from './mutants.js';
import { describeParser } from './parser.js';

const KEY = pattern(32);
const pem = utf8(encodePem(PEM_KEYS.x25519Public, KEY));
const EQUALS = 0x3d;
const isLoose = (at: number, valid: Uint8Array): boolean =>
  // The last base64 character has two bits that mean nothing; people may indent and break lines.
  valid[at + 1] === EQUALS || valid[at] === 0x0a;

describeParser('a key file', {
  read: (bytes) => decodePem(PEM_KEYS.x25519Public, bytes),
  valid: [pem],
  ignored: isLoose,
  // The line end behind the block is nobody's.
  cut: 'any',
});

describe('a key file', () => {
  it('of another type, twice, or with words around it is refused', () => {
    const text = fromUtf8(pem);
    for (const each of [
      text + text,
      `x\n${text}`,
      `${text}x`,
      text.replaceAll('PUBLIC', 'PRIVATE'),
    ]) {
      expect(decodePem(PEM_KEYS.x25519Public, utf8(each)).isErr()).toBe(true);
    }
  });

  it('that is cut before its last line is refused', () => {
    for (const { bytes, what } of cuts(pem.subarray(0, pem.length - 1))) {
      expect(decodePem(PEM_KEYS.x25519Public, bytes).isErr(), what).toBe(true);
    }
  });

  it('of ten megabytes is refused in no time', () => {
    const started = performance.now();
    for (const text of [' ', '-----BEGIN ', '-----BEGIN X-----\n', 'A', '\n', '-']) {
      const bytes = utf8(text.repeat(10_000_000 / text.length));
      expect(decodePem(PEM_KEYS.x25519Public, bytes).isErr()).toBe(true);
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describeParser('hex', {
  read: (bytes) => fromHex(fromUtf8(bytes)),
  valid: [utf8(toHex(KEY))],
  // Either case says the same.
  ignored: (at) => at % 8 === 5,
  cut: 'another',
});

describeParser('base64', {
  read: (bytes) => fromBase64(fromUtf8(bytes)),
  valid: [utf8(toBase64(KEY)), utf8(toBase64(pattern(33)))],
  ignored: (at, valid) => valid[at + 1] === EQUALS,
  cut: 'another',
});

describe('base64', () => {
  it.each([
    'A',
    'AA',
    'AAA',
    'AA=A',
    'A===',
    'AAAA=',
    'AAAA====',
    'AA==AA==',
    'AA-_',
    'AA= ',
    ' AAA',
  ])('is not %j', (text) => {
    expect(fromBase64(text)).toBeUndefined();
  });

  it('of the largest mail is decoded, and spoilt at its end refused', () => {
    const mail = pattern(32 * 1024 * 1024);
    const text = toBase64(mail);
    expect(equal(fromBase64(text) ?? KEY, mail)).toBe(true);
    expect(fromBase64(`${text.slice(0, -1)}!`)).toBeUndefined();
    expect(fromHex('a'.repeat(40_000_000))?.length).toBe(20_000_000);
  });

  it('or hex gives a key of 32 bytes or none', async () => {
    const texts = [
      toHex(KEY),
      toBase64(KEY),
      'x'.repeat(44),
      'A'.repeat(44),
      '\ud800'.repeat(44),
      '',
    ];
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(parseKeyText(text)).toBeUndefined();
      }),
    );
    await expectFlat(texts, (text) => parseKeyText(text));
  });
});

describeParser('an address of the network', {
  read: (bytes) => parseAddress(fromUtf8(bytes)),
  valid: [utf8('127.0.0.1:30000'), utf8('[::1]:25'), utf8('unix:/run/x'), utf8('host.test:1')],
  cut: 'another',
});

describe('an address of the network', () => {
  it.each([
    ...[
      '',
      ':',
      ':1',
      'a:',
      'a:65536',
      'a:-1',
      'a:1e3',
      'a: 1',
      'a b:1',
      '[::1]',
      '[x]:1',
      'a:1:2',
    ],
    ...['unix:', 'unix:x', 'unix:/a\u0000b', `unix:/${'x'.repeat(200)}`, 'a:1\n', 'a:١'],
  ])('is not %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

const daemonConfig = `
[Proxy]
  DataDir = "/var/lib/postern"
[NonvotingAuthority.home]
  Address = "127.0.0.1:30000"
  PublicKey = "${toBase64(KEY)}"
[[Account]]
  User = "alice"
  Provider = "p1.test"
  Authority = "home"
`;

/** Any configuration file, read as each of the three kinds. */
const readAll = (text: string): void => {
  readDaemonConfig(text, 'c.toml');
  readAuthorityConfig(text, 'c.toml');
  readServerConfig(text, 'c.toml');
};

describe('a configuration', () => {
  it('is read when nothing was changed', () => {
    expect(readDaemonConfig(daemonConfig, 'c.toml').isOk()).toBe(true);
  });

  it('with any flipped byte, cut or spoilt, is read or refused with a line', () => {
    const valid = utf8(daemonConfig);
    for (const { bytes } of [...flips(valid), ...cuts(valid), ...mutants(valid, 40)]) {
      readDaemonConfig(fromUtf8(bytes), 'c.toml').mapErr((problems) => {
        expect(problems.length).toBeGreaterThan(0);
        for (const { line } of problems) expect(line).toBeGreaterThan(0);
      });
    }
  });

  it('with names that mean something to the language is refused, and changes nothing', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'prototype', '"__proto__"']) {
      for (const text of [
        `${daemonConfig}[${name}]\nx = 1\n`,
        `${daemonConfig}[Recipients]\n${name} = "${toBase64(KEY)}"\n`,
        `${daemonConfig}[NonvotingAuthority.${name}]\nAddress = "a:1"\n`,
        daemonConfig.replaceAll('home', name),
        `${name} = 1\n${daemonConfig}`,
        `${name}.x = 1`,
      ]) {
        readAll(text);
        expect({}).not.toHaveProperty('x');
        expect({}).not.toHaveProperty('Address');
      }
    }
  });

  it('that is deep, long or wide is refused in no time', () => {
    const started = performance.now();
    for (const text of [
      `x = ${'['.repeat(100_000)}`,
      `x = ${'{a='.repeat(20_000)}1${'}'.repeat(20_000)}`,
      `[${'a.'.repeat(20_000)}a]`,
      'a'.repeat(1_000_000),
      `${'a'.repeat(100_000)} = 1 1`,
      `${daemonConfig}${'a '.repeat(50_000)}`,
      `[${' '.repeat(100_000)}`,
      `x = """${'\n'.repeat(1_000_000)}`,
      `${daemonConfig}\n[x]\ny = '''\n${`${'k'.repeat(200)}\n`.repeat(2000)}'''\n`,
      '\u0000'.repeat(100_000),
      '\ud800'.repeat(1000),
      '=\n'.repeat(100_000),
    ]) {
      readAll(text);
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('leaves nothing behind, 100,000 times', async () => {
    // One in forty is a whole file, which takes a millisecond.
    const inputs = Array.from({ length: 39 }, (_, at) => `x${at} = `);
    await expectFlat([daemonConfig, ...inputs], (text) => readDaemonConfig(text, 'c.toml'));
  });
});

describe('a line of the log', () => {
  it('is one line, whatever is in it', async () => {
    const lines: string[] = [];
    const log = lineLog({
      level: 'debug',
      secret: KEY,
      timeOfDayMs: () => 0,
      write: (line) => void (lines[0] = line),
    });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        log.write('info', 'test', text, { fact: text, of: { identifier: text } });
        expect(lines[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
      }),
    );
    await expectFlat(['a', '\n', 'x'.repeat(100)], (text) => {
      log.write('info', 'test', text, { of: { identifier: text } });
    });
  });
});
