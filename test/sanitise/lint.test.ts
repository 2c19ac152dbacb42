/** What the lint finds, and what it leaves alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import type { Leak } from '../../src/sanitise/leaks.js';
import { findLeaks } from '../../src/sanitise/lint.js';
import { clean, FULL } from './support.js';

const leaksIn = (text: string, type = 'text/plain'): readonly Leak['kind'][] =>
  clean(`Content-Type: ${type}; charset=utf-8\n\n${text}\n`, {
    ...FULL,
    secrets: ['leaky-host', 'alice-login'],
  }).leaks.map(({ kind }) => kind);

describe('the lint', () => {
  it.each([
    ['On Fri, Nov 20, 2026 at 10:26:14PM +0900, Bob wrote:', 'attribution'],
    ['Am 20.11.2026 um 22:26 schrieb Bob:', 'attribution'],
    ['Le 20/11/2026 à 22:26, Bob\nBuilder a écrit :', 'attribution'],
    ['Gesendet: Freitag, 20. November 2026 22:26', 'attribution'],
    ['see /home/alice/mail or so', 'path'],
    ['C:\\Users\\alice\\Desktop', 'path'],
    ['from leaky-host with love', 'secret'],
    ['Alice-Login', 'secret'],
    ['Sent from my phone', 'device-line'],
    ['Von meinem iPhone gesendet', 'device-line'],
    ['-- \nAlice\n+49 30 1234567', 'phone'],
  ])('finds %j', (text, kind) => {
    expect(leaksIn(text)).toEqual([kind]);
  });

  it.each([
    ...['Bob wrote:', 'I wrote 2 letters in 2026.', '> On Fri, 20 Nov 2026 22:26, A wrote:'],
    ...['call +49 30 1234567', 'it was sent from Rome', 'a/home/b', 'Dear Bob,\n\n1984: a book.'],
  ])('leaves %j alone', (text) => {
    expect(leaksIn(text)).toEqual([]);
  });

  it.each([
    ['<img alt="" src="https://t.test/a.gif">', 'remote-content'],
    ['<td background=//t.test/a.gif>', 'remote-content'],
    ['<p style="background:url( \'http://t.test/\' )">', 'remote-content'],
    ['<meta name=Generator content="Microsoft Word 15">', 'html-program'],
    ['<p class="MsoNormal">', 'html-program'],
    ['<div class="moz-cite-prefix">', 'html-program'],
  ])('finds %j in HTML', (text, kind) => {
    expect(leaksIn(text, 'text/html')).toEqual([kind]);
  });

  it('leaves links and plain HTML alone', () => {
    expect(leaksIn('<a href="https://a.test">x</a><p>src=http://</p>', 'text/html')).toEqual([]);
  });

  it.each([
    ['%PDF-1.4\n/Producer (LibreOffice)', 'pdf'],
    ['PK\u0003\u0004 docProps/core.xml', 'office'],
    ['x\u009f>"', 'tnef'],
  ])('finds what is in %j', (content, format) => {
    const bytes = Uint8Array.from(content, (char) => char.charCodeAt(0));
    const head = 'Content-Type: application/x-a\nContent-Transfer-Encoding: base64\n\n';
    expect(clean(head + toBase64(bytes)).leaks).toEqual([
      { kind: 'file-metadata', part: '1', format },
    ]);
  });

  it('throws at nothing, and takes no long time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, isHtml) => {
        const head = utf8(`Content-Type: text/${isHtml ? 'html' : 'plain'}; charset=latin1\n\n`);
        findLeaks(concat(head, bytes), FULL, {});
        findLeaks(bytes, FULL, {});
      }),
      { numRuns: 2000 },
    );
    const started = performance.now();
    for (const text of ['<img ', ' url( ', 'a:', '+4 ', '> ', 'gesendet ', '/home/', 'cid:%40']) {
      const long = text.repeat(100_000);
      leaksIn(long, 'text/html');
      leaksIn(long.replace(/.{60}/g, '$&\n'));
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
