/** The header's normal form, in both modes: HS-1 to HS-8. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { readHead, splitMail } from '../../src/mail/header.js';
import type { SanitisePolicy } from '../../src/sanitise/policy.js';
import { sanitise } from '../../src/sanitise/sanitise.js';
import { ALICE, cleanText, FULL, HEADERS, makerOf, NOW_MS } from './support.js';

const LEAKS = [
  'Received: from leaky-host (leaky-host [192.168.0.7]); Fri, 20 Nov 2026 22:26:14 +0900',
  'User-Agent: Mutt/2.2.9',
  'X-Mailer: swaks',
  'Organization: leaky',
  'Sender: leaky@leaky-host',
  'Return-Path: <leaky@leaky-host>',
  'Thread-Index: AQ',
  'Autocrypt: addr=leaky@leaky-host; keydata=AAAA',
  'DKIM-Signature: leaky',
  'Resent-From: leaky@leaky-host',
  'Date: Fri, 20 Nov 2026 22:26:14 +0900',
  'Message-ID: <20261120222614.123@leaky-host>',
  'Bcc: secret@p1.test',
];

/** The fields of a mail with a body, by name. */
const headOf = (lines: readonly string[], policy: SanitisePolicy = HEADERS): string =>
  cleanText([...lines, '', 'x', ''].join('\r\n'), policy).split('\r\n\r\n')[0]!;
const lineOf = (name: string, lines: readonly string[], policy = HEADERS): string | undefined =>
  headOf(lines, policy)
    .replace(/\r\n /g, ' ')
    .split('\r\n')
    .find((line) => line.startsWith(`${name}: `))
    ?.slice(name.length + 2);

describe.each([HEADERS, FULL])('the header in mode $mode', (policy) => {
  it('is the same whatever program wrote the mail', () => {
    const body = '\r\n\r\nbody\r\n';
    const from = `from: ${ALICE}`;
    const one = cleanText(
      ['subject: hi', 'TO: "B" <b@p2.test>', from, ...LEAKS].join('\r\n') + body,
      policy,
    );
    const other = cleanText(
      [`From: <${ALICE}>`, 'To: b@p2.test (work)', 'Subject: hi'].join('\n') + '\n' + body.slice(2),
      policy,
    );
    expect(one).toBe(other);
    expect(one).not.toMatch(/leaky|0900|mutt|swaks|received|bcc|autocrypt/i);
    expect(one.split('\r\n')).toEqual([
      `From: ${ALICE}`,
      'To: b@p2.test',
      'Subject: hi',
      expect.stringMatching(/^Date: \w{3}, \d{2} \w{3} 2026 \d{2}:\d{2}:00 \+0000$/),
      expect.stringMatching(/^Message-ID: <[0-9a-f]{32}@anonymous\.invalid>$/),
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 7bit',
      '',
      'body',
      '',
    ]);
  });

  it.each([
    [`Alice <${ALICE}>`, `Alice <${ALICE}>`],
    [`"Alice, A." <${ALICE}>`, `"Alice, A." <${ALICE}>`],
    [`=?iso-8859-1?Q?Al=EFce?= <${ALICE.toUpperCase()}>`, `=?UTF-8?B?QWzDr2Nl?= <${ALICE}>`],
    ['Root <root@leaky-host.test>', ALICE],
    [`root@leaky.test, Alice <${ALICE}>`, `Alice <${ALICE}>`],
    [`<@relay.test:${ALICE}>`, ALICE],
    ['nonsense', ALICE],
  ])('writes From %s as %s', (written, expected) => {
    expect(lineOf('From', [`From: ${written}`], policy)).toBe(expected);
  });

  it('gives From the name that the account wants', () => {
    const from = [`From: Alice <${ALICE}>`];
    expect(lineOf('From', from, { ...policy, displayName: { kind: 'none' } })).toBe(ALICE);
    const fixed: SanitisePolicy = { ...policy, displayName: { kind: 'fixed', text: 'No One' } };
    expect(lineOf('From', from, fixed)).toBe(`No One <${ALICE}>`);
  });

  it.each([
    ['Friends: "B, b" <b@p2.test>, c@p2.test (C);', 'b@p2.test, c@p2.test'],
    ['undisclosed-recipients:;', undefined],
    ['b@p2.test, B <b@P2.test>', 'b@p2.test'],
    ['<@a.test,@b.test:b@p2.test>', 'b@p2.test'],
  ])('writes To %s as %s', (written, expected) => {
    expect(lineOf('To', [`From: ${ALICE}`, `To: ${written}`], policy)).toBe(expected);
  });

  it.each([
    ['AW: hallo', 'Re: hallo'],
    ['SV: Re: AW: hallo', 'Re: hallo'],
    ['回复：hallo', 'Re: hallo'],
    ['=?utf-8?B?UmU6IA==?= =?utf-8?Q?gr=C3=BC=C3=9Fe?=', '=?UTF-8?B?UmU6IGdyw7zDn2U=?='],
    ['Re[2]: hallo', 'Re: hallo'],
    ['WG: Re: hallo', 'Fwd: Re: hallo'],
    ['a\r\n  folded   one', 'a folded one'],
    ['=?utf-8?B?YQpCY2M6IHhAeS56?=', 'a Bcc: x@y.z'],
  ])('writes the subject %j as %j', (written, expected) => {
    expect(lineOf('Subject', [`Subject: ${written}`], policy)).toBe(expected);
  });

  it('puts characters together that programs have cut apart', () => {
    const cut = 'Subject: =?UTF-8?B?w?= =?UTF-8?B?7w=?=';
    expect(() => headOf([cut], policy)).not.toThrow();
    const two = 'Subject: =?UTF-8?Q?=C3?= =?UTF-8?Q?=BC?=';
    expect(lineOf('Subject', [two], policy)).toBe('=?UTF-8?B?w7w=?=');
  });

  it('lets no id of elsewhere out, and both fields of its own', () => {
    const known = '<0123456789abcdef0123456789abcdef@anonymous.invalid>';
    const lines = [`References: <a@leaky> ${known}`, 'In-Reply-To: <b@leaky>'];
    expect(lineOf('References', lines, policy)).toBe(known);
    expect(lineOf('In-Reply-To', lines, policy)).toBe(known);
    expect(headOf(['References: <a@leaky>'], policy)).not.toMatch(/References|In-Reply-To/);
  });

  it('keeps a thread together by the ids that are known', () => {
    const threads = {
      pseudonym: (id: string) =>
        id === '<mine@leaky>' ? '<00000000000000000000000000000001@anonymous.invalid>' : undefined,
      isKnown: (id: string) => id === '<theirs@elsewhere.test>',
    };
    const mail = utf8(
      `Message-ID: <new@leaky>\nReferences: <mine@leaky> <theirs@elsewhere.test> <x@y>\n\nx`,
    );
    const done = sanitise(mail, policy, { ...makerOf(), threads })._unsafeUnwrap();
    const text = fromUtf8(done.mail);
    expect(text).toContain('In-Reply-To: <theirs@elsewhere.test>\r\n');
    expect(text).toMatch(/<0{31}1@anonymous\.invalid>\s+<theirs@elsewhere.test>\r\n/);
    expect(text).not.toMatch(/leaky|x@y/);
    expect(done.renamed?.from).toBe('<new@leaky>');
    expect(text).toContain(`Message-ID: ${done.renamed!.to}\r\n`);
    expect(done.leaks).toEqual([]);
  });

  it('keeps what the account keeps, and dates in its steps', () => {
    const lines = ['Reply-To: A <a@x.test>', 'Autocrypt: addr=a@x.test; keydata=\n AAAA', 'X-Y: z'];
    const keep: SanitisePolicy = {
      ...policy,
      keep: ['Reply-To', 'Autocrypt'],
      dateStepMs: 86_400_000,
    };
    const head = headOf(lines, keep);
    expect(head).toMatch(/Reply-To: a@x.test\r\nAutocrypt: addr=a@x.test; keydata= AAAA$/);
    expect(head).toContain(' 00:00:00 +0000');
  });

  it('has no field outside the list and no line of its own, whatever it reads', () => {
    const name = fc.constantFrom(
      'From',
      'To',
      'Subject',
      'References',
      'Content-Type',
      'X-A',
      'Cc',
    );
    const word = fc.constantFrom(
      ...['a@b.test', '"', '(', '<', '>', '=?utf-8?Q?=0D=0ABcc:_x?=', '\u{1f600}', ';', ',', ':'],
      ...[
        'x'.repeat(200),
        'multipart/mixed',
        'boundary=',
        '\\',
        '\r',
        '\u2028Bcc: x',
        '<a@b.test>',
      ],
    );
    const line = fc.tuple(name, fc.array(word, { maxLength: 6 }));
    const list =
      /^(?:From|To|Cc|Subject|Date|Message-ID|In-Reply-To|References|MIME-Version|Content-Type|Content-Transfer-Encoding)$/;
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const mail = utf8(`${lines.map(([n, words]) => `${n}: ${words.join(' ')}\n`).join('')}\nx`);
        const done = sanitise(mail, { ...policy, unsanitisable: 'send' }, makerOf());
        if (done.isErr()) return;
        const { head } = splitMail(done.value.mail);
        for (const each of readHead(head)._unsafeUnwrap().lines) expect(each.name).toMatch(list);
        for (const row of fromUtf8(head).split('\r\n')) expect(row).not.toMatch(/[\r\n]/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('mode headers', () => {
  it('never touches a body, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (body, head) => {
        const mail = concat(utf8(`Subject: x\r\n${head}`), utf8('\r\n\r\n'), body);
        const result = sanitise(mail, HEADERS, makerOf());
        if (result.isErr()) return;
        const { bodyStart } = readHead(mail)._unsafeUnwrap();
        const after = readHead(result.value.mail)._unsafeUnwrap().bodyStart;
        expect(toHex(result.value.mail.subarray(after))).toBe(toHex(mail.subarray(bodyStart)));
      }),
    );
  });

  it('says of the body only what is true of it', () => {
    const typeOf = (...lines: string[]): string =>
      headOf(lines).split('MIME-Version: 1.0\r\n')[1]!.replaceAll('\r\n', '|');
    const flowed = 'Content-Type: text/plain; format=flowed; charset=US-ASCII; reply-type=original';
    expect(typeOf(flowed)).toBe(
      'Content-Type: text/plain; charset=utf-8; format=flowed|Content-Transfer-Encoding: 7bit',
    );
    expect(typeOf('Content-Type: text/plain; charset=ISO-2022-JP')).toContain(
      'charset=iso-2022-jp',
    );
    const multi = 'Content-Type: multipart/Mixed; x-a=1; boundary=Apple-Mail=_1';
    expect(typeOf(multi)).toBe('Content-Type: multipart/mixed;| boundary="Apple-Mail=_1"');
    const base64 = 'Content-Transfer-Encoding: BASE64';
    expect(typeOf(base64)).toContain('Content-Transfer-Encoding: base64');
  });

  it('has the time of its maker', () => {
    expect(lineOf('Date', ['A: b'])).toBe(
      new Date(NOW_MS - (NOW_MS % 60_000)).toUTCString().replace('GMT', '+0000'),
    );
  });
});
