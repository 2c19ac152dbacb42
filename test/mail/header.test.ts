import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import {
  encodeFields,
  findAll,
  findBody,
  prependFields,
  readHead,
  splitMail,
  withoutFields,
} from '../../src/mail/header.js';
import { claimsSender, senderFields } from '../../src/mail/sender-field.js';
import { repeated } from '../support/bytes.js';

const head = (text: string) => readHead(utf8(text))._unsafeUnwrap();
const problem = (text: string): string => readHead(utf8(text))._unsafeUnwrapErr().problem;

describe('readHead', () => {
  it('unfolds values and trims odd names', () => {
    const { lines, bodyStart } = head('Subject: a\r\n b\r\n\tc\r\nX-Odd \t: 1\nTo:x@y\n\nbody\n');
    expect(lines.map(({ name, value }) => [name, value])).toEqual([
      ['Subject', 'a b\tc'],
      ['X-Odd', '1'],
      ['To', 'x@y'],
    ]);
    expect(bodyStart).toBe('Subject: a\r\n b\r\n\tc\r\nX-Odd \t: 1\nTo:x@y\n\n'.length);
  });

  it('finds every field of a name in any case', () => {
    const mail = head('x-a: 1\r\nX-A : 2\r\nX-AB: 3\r\n\r\nX-A: 4\r\n');
    expect(findAll(mail, 'X-a').map(({ value }) => value)).toEqual(['1', '2']);
  });

  it.each([
    ['Subject: x\r\n', 1, 12],
    ['Subject: x', 1, 10],
    ['\r\nbody', 0, 2],
    ['a:\n\n', 1, 4],
  ])('takes %j', (text, lines, bodyStart) => {
    expect(head(text).lines).toHaveLength(lines);
    expect(head(text).bodyStart).toBe(bodyStart);
  });

  it.each([
    ['', 'empty'],
    [' Subject: x\r\n\r\n', 'leading-space'],
    ['Subject: x\r\nhello\r\n\r\n', 'no-colon'],
    ['From bob Mon 10:00\r\n\r\n', 'bad-name'],
    [': x\r\n\r\n', 'bad-name'],
    ['Sübject: x\r\n\r\n', 'bad-name'],
    ['a\0: x\r\n\r\n', 'bad-name'],
  ])('refuses %j', (text, wanted) => {
    expect(problem(text)).toBe(wanted);
  });

  it('says in which line', () => {
    expect(readHead(utf8('a: 1\n b\nbad\n\n'))._unsafeUnwrapErr().line).toBe(3);
  });

  it('takes linear time on many and long lines', () => {
    const many = utf8('a: b\r\n'.repeat(100_000));
    const folded = utf8(`a: b\r\n${' c\r\n'.repeat(200_000)}\r\n`);
    expect(readHead(many)._unsafeUnwrap().lines).toHaveLength(100_000);
    expect(readHead(folded)._unsafeUnwrap().lines).toHaveLength(1);
  });
});

const anyText = fc
  .array(fc.constantFrom('a', ':', '\r', '\n', '\r\n', ' ', '\t', '\0', 'é', 'Subject: x\r\n'))
  .map((parts) => parts.join(''));

describe('changes', () => {
  it('never touch the body', () => {
    fc.assert(
      fc.property(anyText, fc.uint8Array(), (text, body) => {
        const mail = concat(utf8(`Keep: 1\nDrop: 2\r\n fold\r\nKeep: 3\n${text}\n\n`), body);
        const changed = withoutFields(
          prependFields(mail, [{ name: 'X-New', value: 'here' }]),
          ({ name }) => name === 'Drop',
        );
        if (changed.isErr()) return;
        expect(splitMail(changed.value).body).toEqual(splitMail(mail).body);
        const before = readHead(mail)
          ._unsafeUnwrap()
          .lines.filter(({ name }) => name !== 'Drop');
        const after = readHead(changed.value)._unsafeUnwrap().lines;
        expect(after.map(({ raw }) => raw)).toEqual([
          utf8('X-New: here\r\n'),
          ...before.map(({ raw }) => raw),
        ]);
      }),
    );
  });

  it('agree on where the body starts, and never throw', () => {
    fc.assert(
      fc.property(fc.oneof(anyText.map(utf8), fc.uint8Array()), (mail) => {
        const read = readHead(mail);
        if (read.isOk()) expect(findBody(mail) ?? mail.length).toBe(read.value.bodyStart);
        const { head: front, body } = splitMail(mail);
        expect(concat(front, body)).toEqual(mail);
      }),
    );
  });

  it('do not let a value open a line of its own', () => {
    expect(() => encodeFields([{ name: 'A', value: 'b\r\nC: d' }])).toThrow(RangeError);
    expect(() => encodeFields([{ name: 'A', value: 'b\nC: d' }])).toThrow(RangeError);
    expect(fromUtf8(encodeFields([{ name: 'A', value: 'b\r\n c' }]))).toBe('A: b\r\n c\r\n');
  });
});

describe('claimsSender', () => {
  it.each([
    'X-Katzenpost-Sender: me\r\n',
    'Subject: x\r\nx-katzenpost-SENDER:me\r\n',
    'Subject: x\nX-Katzenpost-Sender \t: me\n',
    'X-Katzenpost-Sender:\r\n me\r\n',
    'Subject: x\rX-Katzenpost-Sender: me\r\n',
    'Subject: x\fX-Katzenpost-Sender: me\r\n',
    'Authentication-Results: mix; x-katzenpost-sender=pass\r\n',
    'authentication-results :\r\n (fake) MIX\r\n',
  ])('sees %j', (text) => {
    expect(claimsSender(utf8(text))).toBe(true);
  });

  it.each([
    'Subject: X-Katzenpost-Sender: me\r\n',
    'Subject: x\r\n X-Katzenpost-Sender: me\r\n',
    'X-Katzenpost-Unreliable: true\r\n',
    'X-Katzenpost-Senders: me\r\n',
    'Authentication-Results: mix.example; dkim=pass\r\n',
  ])('lets %j pass', (text) => {
    expect(claimsSender(utf8(text))).toBe(false);
  });

  it('sees what we write', () => {
    expect(claimsSender(encodeFields(senderFields(repeated(1, 32))))).toBe(true);
  });
});
