/** Heads, addresses and claims in mails from anybody. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { seededRandom } from '../../src/io/memory.js';
import { splitAddresses } from '../../src/mail/address-list.js';
import { normaliseAddress } from '../../src/mail/address.js';
import { findBody, readHead, splitMail, withoutFields } from '../../src/mail/header.js';
import { claimsSender } from '../../src/mail/sender-field.js';
import { normalForm, sanitise } from '../../src/sanitise/sanitise.js';
import { readOutgoing } from '../../bridges/files/outgoing.js';
import { repeated } from '../support/bytes.js';
import { expectFlat } from './memory.js';
import { mutants } from './mutants.js';
import { describeParser } from './parser.js';

const ALICE = 'alice@p1.test';
const mail = utf8(
  'From: <alice@p1.test>\r\nTo: "Bob, B." <bob@p2.test>,\r\n\tcarol@p1.test\r\n' +
    'Subject: caf\u00e9\r\nBcc: dave@p2.test\r\n\r\nbody\r\n',
);
const maker = { nowMs: 0, random: seededRandom('mail') };

describeParser('the head of a mail', {
  read: readHead,
  valid: [mail, utf8('A: 1\n\nx')],
  // A body is no part of the head, and a head may end anywhere; folds and line ends are not values.
  cut: 'any',
  ignored: (at, valid) => at >= (findBody(valid) ?? 0),
});

/** Everything that is done with a mail on its way out or in; nothing of it may throw. */
const handle = (bytes: Uint8Array): void => {
  const { head, body } = splitMail(bytes);
  expect(head.length + body.length).toBe(bytes.length);
  withoutFields(bytes, ({ name }) => name.toLowerCase() === 'bcc');
  normalForm(bytes, { mode: 'full' }, maker);
  readOutgoing(ALICE, bytes).map((options) => {
    if (!(options.mail instanceof Uint8Array)) throw new Error('no bytes');
    expect(fromUtf8(splitMail(options.mail).head)).not.toMatch(/(?:^|\n)bcc[ \t]*:/i);
  });
  claimsSender(head);
};

describe('a mail', () => {
  it('spoilt in any way throws nowhere, and lets no blind copy be seen', () => {
    for (const { bytes } of mutants(mail)) {
      handle(bytes);
      sanitise(bytes, { mode: 'headers' }, maker);
    }
    const line = fc.constantFrom(
      ...['Bcc: x@y.z', 'bcc : x@y.z', ' folded', '\tfolded', 'To: <a@b.c', 'From:', ': x', 'A'],
      ...['To: a@b.c, "', 'To: (', '__proto__: x', 'constructor: y', '\u0000: 1', 'X\ud800: 1', ''],
    );
    const end = fc.constantFrom('\r\n', '\n', '\r', '\r\r\n', '\u2028', '');
    fc.assert(
      fc.property(fc.array(fc.tuple(line, end), { maxLength: 12 }), (lines) => {
        handle(utf8(lines.flat().join('')));
      }),
      { numRuns: 3000 },
    );
  });

  it('leaves nothing behind, 100,000 times', async () => {
    await expectFlat([mail, ...[...mutants(mail, 20)].map(({ bytes }) => bytes)], handle);
  });
});

/** Ms that it takes. */
const timed = (work: () => unknown): number => {
  const started = performance.now();
  work();
  return performance.now() - started;
};

const MEGABYTES_10 = 10 * 1024 * 1024;

describe('a head of ten megabytes', () => {
  it.each([
    ['one line', concat(utf8('X: '), repeated(0x61, MEGABYTES_10), utf8('\r\n\r\n'))],
    ['one line without an end', repeated(0x61, MEGABYTES_10)],
    ['a name full of spaces', concat(utf8('X'), repeated(0x20, MEGABYTES_10), utf8('X: 1\r\n'))],
    ['spaces before the colon', concat(utf8('X'), repeated(0x20, MEGABYTES_10), utf8(': 1\r\n'))],
    ['a folded line', utf8('X: 1\r\n'.concat(' a\r\n'.repeat(2_000_000)))],
    ['two million fields', utf8('A:\n'.repeat(2_000_000))],
    ['half a million recipients fields', utf8('To:a@b.c\n'.repeat(500_000))],
    ['open quotes and brackets', utf8(`To: ${'"<(\\'.repeat(2_000_000)}\n\n`)],
    ['line ends', repeated(0x0a, MEGABYTES_10)],
    ['NUL', repeated(0, MEGABYTES_10)],
  ])('is read or refused in no time: %s', (_, bytes) => {
    expect(
      timed(() => {
        readHead(bytes);
        withoutFields(bytes, ({ name }) => name === 'Bcc');
        sanitise(bytes, { mode: 'full' }, maker);
        findBody(bytes);
      }),
    ).toBeLessThan(20_000);
  });

  it('of recipients is refused at its first bad one', () => {
    const many = utf8(`To: ${'x,'.repeat(1_000_000)}\r\n\r\n`);
    expect(timed(() => readOutgoing(ALICE, many))).toBeLessThan(20_000);
    expect(readOutgoing(ALICE, many)._unsafeUnwrapErr().kind).toBe('bad-address');
  });
});

describe('a claim to a sender', () => {
  // The inbox looks at heads of about 400 kB at most.
  const HALF_MEGABYTE = 512 * 1024;

  it.each([' ', '()', '(', 'Authentication-Results:', '\r\n', 'X-Katzenpost-Sender '])(
    'is looked for in no time, whatever is repeated: %j',
    (text) => {
      const filler = text.repeat(HALF_MEGABYTE / text.length);
      for (const head of [filler, `Authentication-Results:${filler}`, `${filler}:`]) {
        expect(timed(() => claimsSender(utf8(head)))).toBeLessThan(5000);
      }
    },
  );
});

describe('an address', () => {
  const part = fc.constantFrom(
    ...['alice', '@', '.', '"', '\\', '(', ')', '<', '>', ',', ' ', 'p1.test', 'xn--', 'ALICE'],
    ...['\u212a', '\uff41', '\uff20', '\u200d', '\u202e', '\u0000', '\ud800', '\u00ad', '\u0130'],
    ...['\u3002', '\u0340', 'a\u0301', '\u05d0', '\u0661', '\u06f1', '__proto__', 'constructor'],
  );
  const text = fc.oneof(
    fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.array(part, { maxLength: 5 }).map((parts) => `${parts.join('')}@p1.test`),
    fc.string({ unit: 'binary', maxLength: 100 }),
  );

  it('of any characters is refused, or has one form that stays', () => {
    fc.assert(
      fc.property(text, fc.boolean(), (address, caseSensitive) => {
        normaliseAddress(address, { caseSensitive }).map((normal) => {
          const again = normaliseAddress(normal.address, { caseSensitive })._unsafeUnwrap();
          expect(again).toEqual(normal);
          expect(normal.domain).toMatch(/^[a-z0-9.-]+$/);
          expect(normal.user).not.toMatch(/[\u0000-\u001f\u007f@\u200b-\u200f\u202a-\u202e\ud800]/);
        });
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['a full-width at sign', 'alice\uff20p1.test'],
    ['a zero-width joiner', 'ali\u200dce@p1.test'],
    ['a soft hyphen', 'ali\u00adce@p1.test'],
    ['a direction mark', 'alice\u202e@p1.test'],
    ['half a surrogate pair', 'alice\ud800@p1.test'],
    ['a NUL', 'alice\u0000@p1.test'],
    ['an ideographic space', 'alice\u3000@p1.test'],
    ['a line end', 'alice\r\n@p1.test\r\nX: y'],
    ['two at signs', 'alice@p1.test@evil.test'],
    ['a quoted at sign', '"alice@p1.test"@evil.test'],
    ['a port', 'alice@p1.test:25'],
    ['a path', 'alice@p1.test/../x'],
    ['a percent sign in the domain', 'alice@p1%2etest'],
  ])('with %s is refused', (_, address) => {
    expect(normaliseAddress(address).isErr()).toBe(true);
  });

  it.each([
    ['the Kelvin sign', '\u212aate@p1.test', 'kate@p1.test'],
    ['full-width letters', '\uff41lice@p1.test', 'alice@p1.test'],
    ['an ideographic full stop', 'alice@p1\u3002test', 'alice@p1.test'],
    ['upper case', 'ALICE@P1.Test', 'alice@p1.test'],
  ])('with %s is the same as without', (_, address, plain) => {
    expect(normaliseAddress(address)._unsafeUnwrap().address).toBe(plain);
  });

  it('that is long is refused in no time, whatever is repeated', () => {
    for (const part of ['"', '\\', '(', '((', '<', 'a.', '"a"', '@', ' ', '(a)', '<a>', '""']) {
      for (const length of [100, 1990, 1_000_000]) {
        const repeated = part.repeat(Math.ceil(length / part.length));
        for (const address of [repeated, `${repeated}@p1.test`, `a@${repeated}`, `<${repeated}>`]) {
          expect(timed(() => normaliseAddress(address))).toBeLessThan(2000);
        }
      }
    }
  });

  it('in a list of any form is cut out without a throw', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        for (const each of splitAddresses(`${a},${b};${a}:${b}`)) normaliseAddress(each);
      }),
    );
  });

  it('leaves nothing behind, 100,000 times', async () => {
    const inputs = [
      ...['alice@p1.test', '"a b"@x.y', 'x'.repeat(3000), 'a@xn--', '\u05d0@p1.test', '(((a@b.c'],
      ...['Bob <bob@p2.test>', 'a@\ud800', 'a@b..c', '<>', ''],
    ];
    await expectFlat(inputs, (address) => [normaliseAddress(address), splitAddresses(address)]);
  });
});
