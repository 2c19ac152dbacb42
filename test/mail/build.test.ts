import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { seededRandom } from '../../src/io/memory.js';
import { buildMail, type MailDraft } from '../../src/mail/build.js';
import { pattern } from '../support/bytes.js';
import { decodeWords, field, readPart } from './mime-reader.js';

const build = (draft: MailDraft): Uint8Array =>
  buildMail(draft, {
    from: 'alice@p1.test',
    to: ['bob@p2.test'],
    nowMs: Date.UTC(2026, 10, 20, 21, 26, 14),
    random: seededRandom('build'),
  });

describe('buildMail', () => {
  it('writes a plain mail in the normal form', () => {
    const lines = fromUtf8(build({ subject: 'Hello', text: 'one\ntwo' })).split('\r\n');
    expect(lines).toEqual([
      'From: alice@p1.test',
      'To: bob@p2.test',
      'Subject: Hello',
      'Date: Fri, 20 Nov 2026 21:26:00 +0000',
      expect.stringMatching(/^Message-ID: <[0-9a-f]{32}@anonymous\.invalid>$/),
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 7bit',
      '',
      'one',
      'two',
      '',
    ]);
  });

  it('depends on its arguments alone', () => {
    const draft = { subject: 's', text: 't', html: '<p>t', attachments: [] };
    expect(build(draft)).toEqual(build(draft));
  });

  it('nests text, HTML and attachments', () => {
    const mail = readPart(
      build({
        subject: 'Grüße',
        text: 'Grüße = Küsse',
        html: '<p>Grüße</p>',
        attachments: [
          { name: '/home/alice/naïve "x".pdf', type: 'application/pdf', content: pattern(1000) },
          { name: '', type: 'text/html\r\nX: y', content: pattern(0) },
          { name: 'mail.eml', type: 'message/rfc822', content: pattern(3) },
        ],
      }),
    );
    expect(decodeWords(field(mail, 'Subject'))).toBe('Grüße');
    expect(mail.type).toBe('multipart/mixed');
    const [body, pdf, odd, eml] = mail.parts;
    expect(body?.type).toBe('multipart/alternative');
    expect(body?.parts.map(({ type }) => type)).toEqual(['text/plain', 'text/html']);
    expect(fromUtf8(body?.parts[0]?.content ?? pattern(0))).toBe('Grüße = Küsse\r\n');
    expect(pdf?.content).toEqual(pattern(1000));
    expect(pdf && field(pdf, 'Content-Disposition')).toBe(
      `attachment; filename*=utf-8''na%C3%AFve%20%22x%22.pdf`,
    );
    expect([odd?.type, eml?.type]).toEqual([
      'application/octet-stream',
      'application/octet-stream',
    ]);
    expect(odd && field(odd, 'Content-Disposition')).toBe('attachment; filename="attachment"');
  });

  it('lets no text open a field', () => {
    const mail = readPart(build({ subject: 'a\r\nBcc: eve@x\r\n\r\nb', text: 'c' }));
    expect(field(mail, 'Bcc')).toBe('');
    expect(field(mail, 'Subject')).toBe('a Bcc: eve@x b');
  });

  it('carries any content through, in lines and tokens that everybody keeps', () => {
    const anyText = fc.string({ unit: 'grapheme', maxLength: 300, size: 'max' });
    fc.assert(
      fc.property(anyText, anyText, fc.uint8Array(), (subject, text, content) => {
        const attachments = [{ name: subject, type: 'x/y', content }];
        const bytes = build({ subject, text, html: text, attachments });
        const mail = readPart(bytes);
        const flat = subject.replace(/\p{Cc}+/gu, ' ').trim();
        expect(decodeWords(field(mail, 'Subject'))).toBe(flat);
        const written = fromUtf8(mail.parts[0]?.parts[0]?.content ?? content);
        const normal = text.replace(/\r\n|\r|\n/g, '\n').replace(/\n$/, '');
        expect(written).toBe(`${normal}\n`.replaceAll('\n', '\r\n'));
        expect(mail.parts[1]?.content).toEqual(content);
        for (const line of fromUtf8(bytes).split('\r\n')) {
          expect(line).not.toMatch(/[\r\n]/);
          expect(utf8(line).length).toBeLessThanOrEqual(998);
        }
        const lines = fromUtf8(bytes.subarray(0, mail.head.bodyStart)).split(/\r\n|[ \t]/);
        for (const token of lines) expect(token.length).toBeLessThanOrEqual(75);
      }),
    );
  });

  it('quotes long and binary-looking lines', () => {
    const text = `${'x'.repeat(2000)}\ntab\t\nspace \n=\n`;
    const mail = readPart(build({ subject: '', text }));
    expect(field(mail, 'Content-Transfer-Encoding')).toBe('quoted-printable');
    expect(fromUtf8(mail.content)).toBe(text.replaceAll('\n', '\r\n'));
  });
});
