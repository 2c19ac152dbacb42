import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readArguments } from '../../../apps/sendmail/arguments.js';
import { readLetter } from '../../../apps/sendmail/mail.js';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';

const ACCOUNTS = ['alice@p1.test', 'al@p1.test'];

const letter = (line: string, input: string, foreignFrom: 'refuse' | 'rewrite' = 'refuse') => {
  const told = readArguments(line.split(' '))._unsafeUnwrap();
  return readLetter({ accounts: ACCOUNTS, foreignFrom }, told, utf8(input)).map(
    ({ mail, ...envelope }) => ({ ...envelope, mail: fromUtf8(mail) }),
  );
};
const mailOf = (line: string, input: string): string => letter(line, input)._unsafeUnwrap().mail;
const problem = (line: string, input: string) => letter(line, input)._unsafeUnwrapErr();

describe('a mail for sendmail', () => {
  it('gets CRLF line ends and a From', () => {
    expect(mailOf('bob@x.test', 'Subject: a\n\nb\r\nc\n')).toBe(
      'From: alice@p1.test\r\nSubject: a\r\n\r\nb\r\nc\r\n',
    );
    expect(mailOf('-FAl"ice bob@x.test', 'Subject: a\n\n')).toMatch(
      /^From: "Alice" <alice@p1\.test>\r\n/,
    );
    expect(mailOf('bob@x.test', 'from : Al <AL@p1.test>\n\n')).toBe(
      'from : Al <AL@p1.test>\r\n\r\n',
    );
  });

  it('ends at a line with a dot, unless somebody says otherwise', () => {
    expect(mailOf('b@x.test', 'S: a\n\nb\n..\n .\n.x\n.\r\nc\n')).toMatch(
      /b\r\n\.\.\r\n \.\r\n\.x\r\n$/,
    );
    expect(mailOf('b@x.test', 'S: a\n\nb\n.')).toMatch(/\r\n\r\nb\r\n$/);
    expect(mailOf('-i b@x.test', 'S: a\n\nb\n.\nc')).toMatch(/b\r\n\.\r\nc$/);
  });

  it('may be a text, or begin with the line of an mbox', () => {
    expect(mailOf('b@x.test', 'hello world\n')).toBe('From: alice@p1.test\r\n\r\nhello world\r\n');
    expect(mailOf('b@x.test', '')).toBe('From: alice@p1.test\r\n\r\n');
    expect(mailOf('b@x.test', 'From alice Mon Jan 1\nS: a\n\nb\n')).toMatch(
      /\r\nS: a\r\n\r\nb\r\n$/,
    );
  });

  it('is sent by the account of -f, else that of From, else the first', () => {
    expect(letter('-f AL@p1.test b@x.test', 'S: a\n\n')._unsafeUnwrap().account).toBe('al@p1.test');
    expect(letter('b@x.test', 'From: Al <al@p1.test>\n\n')._unsafeUnwrap().account).toBe(
      'al@p1.test',
    );
    expect(letter('-f root b@x.test', 'S: a\n\n')._unsafeUnwrap().account).toBe('alice@p1.test');
    expect(problem('-f eve@p1.test b@x.test', 'S: a\n\n')).toEqual({
      kind: 'foreign-envelope',
      sender: 'eve@p1.test',
    });
  });

  it('names nobody else; cron’s bare names become the account', () => {
    expect(problem('b@x.test', 'From: eve@p1.test\n\n')).toMatchObject({ kind: 'foreign-from' });
    expect(problem('-f al@p1.test b@x.test', 'From: alice@p1.test\n\n')).toMatchObject({
      kind: 'foreign-from',
    });
    expect(mailOf('b@x.test', 'From: root (Cron Daemon)\nSubject: c\n\n')).toBe(
      'From: alice@p1.test\r\nSubject: c\r\n\r\n',
    );
    expect(letter('b@x.test', 'From: eve@p1.test\n\n', 'rewrite')._unsafeUnwrap().mail).toBe(
      'From: alice@p1.test\r\n\r\n',
    );
  });

  it('is for those who are named', () => {
    const head = 'To: bob@x.test, Carol <carol@y.test>\nCc: dan\nBcc: eve@z.test\n\n';
    expect(letter('BOB@x.test', head)._unsafeUnwrap().to).toEqual(['bob@x.test']);
    expect(letter('-t zoe@x.test', head)._unsafeUnwrap().to).toEqual([
      'zoe@x.test',
      'bob@x.test',
      'carol@y.test',
      'dan@p1.test',
      'eve@z.test',
    ]);
    expect(letter('-t', `Resent-To: new@x.test\n${head}`)._unsafeUnwrap().to).toEqual([
      'new@x.test',
    ]);
    expect(problem('-t', 'Subject: x\n\n')).toEqual({ kind: 'no-recipient' });
    expect(problem('-t', 'To: undisclosed-recipients:;\n\n')).toEqual({ kind: 'no-recipient' });
    expect(problem('b@-x', 'S: a\n\n')).toEqual({ kind: 'bad-address', address: 'b@-x' });
  });

  it('is refused with the line that is none of a header', () => {
    expect(problem('b@x.test', 'S: a\nno colon\n\n')).toEqual({
      kind: 'bad-mail',
      problem: 'no-colon, line 2',
    });
  });

  it('can be anything without a throw', () => {
    const told = readArguments(['-t', 'b@x.test'])._unsafeUnwrap();
    const deps = { accounts: ACCOUNTS, foreignFrom: 'refuse' } as const;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        readLetter(deps, told, bytes).match(
          ({ account }) => expect(ACCOUNTS).toContain(account),
          ({ kind }) => expect(kind).toBeTypeOf('string'),
        );
      }),
    );
    expect(
      readLetter({ ...deps, accounts: [] }, told, utf8('S: a\n\n'))._unsafeUnwrapErr(),
    ).toEqual({
      kind: 'no-account',
    });
  });
});
