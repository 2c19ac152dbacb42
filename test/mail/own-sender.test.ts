import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { hasFrom, ownSender } from '../../src/mail/own-sender.js';

const ALICE = 'alice@p1.test';
const mailOf = (...lines: readonly string[]): string =>
  `${lines.join('\r\n')}\r\n\r\nFrom: body\r\n`;
const judged = (mail: string, policy: 'refuse' | 'rewrite' = 'refuse') =>
  ownSender(utf8(mail), ALICE, policy).map(fromUtf8);

describe('the sender that a mail names', () => {
  it.each([
    mailOf('Subject: nobody'),
    mailOf('From: alice@p1.test'),
    mailOf('From: "Eve <eve@p1.test>, really" <ALICE@P1.TEST> (a comment, <eve@p1.test>)'),
    mailOf('from : alice', 'SENDER: Alice <alice@p1.test>'),
    mailOf('From: alice@p1.test,', ' Alice <alice@p1.test>'),
  ])('may be the account (%#)', (mail) => {
    expect(judged(mail)._unsafeUnwrap()).toBe(mail);
    expect(judged(mail, 'rewrite')._unsafeUnwrap()).toBe(mail);
  });

  it.each([
    [['From: eve@p1.test'], 'From', 'eve@p1.test'],
    [['From: eve'], 'From', 'eve'],
    [['From: alice@p2.test'], 'From', 'alice@p2.test'],
    [['From: alice@p1.test, Eve <eve@x.test>'], 'From', 'Eve <eve@x.test>'],
    [['From: alice@p1.test', 'From: eve@x.test'], 'From', 'eve@x.test'],
    [['From: alice@p1.test', 'X: y', 'sEnder : eve@x.test'], 'Sender', 'eve@x.test'],
    [['From: "alice@p1.test" <eve@x.test>'], 'From', '"alice@p1.test" <eve@x.test>'],
    [['From:', '\teve@x.test'], 'From', 'eve@x.test'],
    [['From: group: alice@p1.test, eve@x.test;'], 'From', 'eve@x.test'],
    [['From: undisclosed:;'], 'From', ''],
    [['From: =?utf-8?q?alice=40p1.test?='], 'From', '=?utf-8?q?alice=40p1.test?='],
  ])('may not be somebody else (%#)', (lines, field, named) => {
    const mail = mailOf(...lines);
    expect(judged(mail)._unsafeUnwrapErr()).toEqual({ kind: 'foreign-from', field, named });
    const rewritten = judged(mail, 'rewrite')._unsafeUnwrap();
    expect(rewritten).toMatch(/^From: alice@p1\.test\r\n/);
    expect(rewritten.split('\r\n\r\n')[0]).not.toMatch(/eve|sender/i);
    expect(rewritten).toContain('\r\n\r\nFrom: body\r\n');
    expect(judged(rewritten)._unsafeUnwrap()).toBe(rewritten);
  });

  it('is not looked for in what is no mail', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        ownSender(bytes, ALICE, 'refuse').match(
          (mail) => expect(mail).toBe(bytes),
          ({ field }) => expect(['From', 'Sender']).toContain(field),
        );
        const rewritten = ownSender(bytes, ALICE, 'rewrite')._unsafeUnwrap();
        expect(ownSender(rewritten, ALICE, 'refuse').isOk()).toBe(true);
      }),
    );
  });

  it('is there or not', () => {
    expect(hasFrom(utf8(mailOf('Subject: x')))).toBe(false);
    expect(hasFrom(utf8(mailOf('fRoM : x')))).toBe(true);
    expect(hasFrom(utf8('no header'))).toBe(false);
  });
});
