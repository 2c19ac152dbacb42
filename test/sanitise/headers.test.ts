import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { seededRandom } from '../../src/io/memory.js';
import { readHead } from '../../src/mail/header.js';
import { normaliseHeader } from '../../src/sanitise/headers.js';

const NOW_MS = 1_795_296_374_000;
const normal = (mail: Uint8Array) =>
  normaliseHeader(mail, { nowMs: NOW_MS, random: seededRandom(1) });
const of = (mail: string): string => fromUtf8(normal(utf8(mail))._unsafeUnwrap());

const LEAKS = [
  'Received: from leaky-host (leaky-host [192.168.0.7]); Fri, 20 Nov 2026 22:26:14 +0900',
  'User-Agent: Mutt/2.2.9',
  'X-Mailer: swaks',
  'Date: Fri, 20 Nov 2026 22:26:14 +0900',
  'Message-ID: <20261120222614.123@leaky-host>',
  'Bcc: secret@p1.test',
];

describe('the normal form of a header', () => {
  it('is the same whatever program wrote the mail', () => {
    const body = '\r\n\r\nbody\r\n';
    const one = of(
      ['subject: hi', 'TO: b@p2.test', 'from: a@p1.test', ...LEAKS].join('\r\n') + body,
    );
    const other = of(
      ['From: a@p1.test', 'To: b@p2.test', 'Subject: hi'].join('\n') + '\n' + body.slice(2),
    );
    expect(one).toBe(other);
    expect(one).not.toMatch(/leaky|0900|mutt|swaks|received|bcc/i);
    expect(one.split('\r\n')).toEqual([
      'From: a@p1.test',
      'To: b@p2.test',
      'Subject: hi',
      expect.stringMatching(/^Date: \w{3}, \d{2} \w{3} 2026 \d{2}:\d{2}:00 \+0000$/),
      expect.stringMatching(/^Message-ID: <[0-9a-f]{32}@anonymous\.invalid>$/),
      '',
      'body',
      '',
    ]);
  });

  it('keeps folding, threading and MIME', () => {
    const text = of(
      'Subject: a\n b\nReferences: <1@x>\nIn-Reply-To: <2@x>\nMIME-Version: 1.0\nContent-Type: text/plain\n\nx',
    );
    expect(text).toContain('Subject: a\r\n b\r\n');
    expect(text).toMatch(
      /In-Reply-To: <2@x>\r\nReferences: <1@x>\r\nMIME-Version: 1.0\r\nContent-Type: text\/plain\r\n\r\nx$/,
    );
  });

  it('never touches a body, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (body, head) => {
        const mail = concat(utf8(`Subject: x\r\n${head}`), utf8('\r\n\r\n'), body);
        const result = normal(mail);
        if (result.isErr()) return;
        const { bodyStart } = readHead(mail)._unsafeUnwrap();
        const after = readHead(result.value)._unsafeUnwrap().bodyStart;
        expect(toHex(result.value.subarray(after))).toBe(toHex(mail.subarray(bodyStart)));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (mail) => {
        normal(mail);
      }),
    );
  });
});
