import { describe, expect, it } from 'vitest';
import { fromUtf8, toBase64, utf8 } from '../../src/bytes/text.js';
import { seededRandom } from '../../src/io/memory.js';
import { buildReport, type Report } from '../../src/mail/report.js';
import { pattern, repeated } from '../support/bytes.js';
import { field, readPart } from './mime-reader.js';

const context = {
  account: 'alice@p1.test',
  nowMs: Date.UTC(2026, 10, 20),
  random: seededRandom('report'),
};
const mail = utf8('Subject: caf\u00e9\r\n\r\nbody\nwith LF\n');
const senderKey = repeated(9, 32);

const reports: readonly { report: Report; facts: readonly string[]; file: string }[] = [
  {
    report: { kind: 'decryption-failure', ciphertext: pattern(300) },
    facts: ['Message decryption failure', '5.7.5 (Cryptographic failure)'],
    file: 'ciphertext.bin',
  },
  {
    report: { kind: 'malformed-mail', senderKey, mail: pattern(300) },
    facts: ['Malformed message, Not IMF', '5.6.1 (Media not supported)'],
    file: 'message_malformed.bin',
  },
  {
    report: { kind: 'spoofed-sender', senderKey, mail: pattern(300) },
    facts: ['Malformed message, spoofed sender', '5.7.7 (Message integrity failure)'],
    file: 'message_spoofed.bin',
  },
  {
    report: { kind: 'receive-timeout', senderKey, blocks: [pattern(300)], total: 1 },
    facts: ['Receive failure, timeout', '5.4.7 (Delivery time expired)'],
    file: 'message_partial.bin',
  },
];

describe('buildReport', () => {
  it.each(reports)('reports what came in: $report.kind', ({ report, facts, file }) => {
    const read = readPart(buildReport(report, context));
    expect(read.type).toBe('multipart/report');
    expect(field(read, 'MIME-Version')).toBe('1.0');
    expect(field(read, 'Return-Path')).toBe('<>');
    expect(field(read, 'To')).toBe('alice@p1.test');
    const [text, status, evidence] = read.parts;
    const groups = fromUtf8(status?.content ?? pattern(0)).split('\r\n\r\n');
    expect(field(read, 'Subject')).toBe(facts[0]);
    expect(groups[0]).toBe('Reporting-MTA: dns; katzenpost.localhost');
    expect(groups[1]).toBe(
      `Final-Recipient: rfc822; alice@p1.test\r\nAction: delivered\r\nStatus: ${facts[1]}\r\n`,
    );
    expect(evidence?.type).toBe('application/octet-stream');
    expect(evidence && field(evidence, 'Content-Disposition')).toContain(`filename="${file}"`);
    expect(evidence?.content).toEqual(pattern(300));
    const named = fromUtf8(text?.content ?? pattern(0)).includes(toBase64(senderKey));
    expect(named).toBe(report.kind !== 'decryption-failure');
  });

  it('returns a bounced mail byte for byte', () => {
    const read = readPart(buildReport({ kind: 'bounce', recipient: 'bob@p2.test', mail }, context));
    expect(field(read, 'Subject')).toBe('Delivery failure, timeout');
    expect(field(read, 'Content-Transfer-Encoding')).toBe('8bit');
    expect(fromUtf8(read.parts[1]?.content ?? mail)).toContain(
      'Final-Recipient: rfc822; bob@p2.test\r\nAction: failed\r\nStatus: 5.4.7',
    );
    expect(read.parts[2]?.type).toBe('message/rfc822');
    expect(read.parts[2]?.content).toEqual(mail);
  });

  it('names failed and accepted recipients apart', () => {
    const failed = ['straße@x'];
    const accepted = ['bob@x', 'eve@x'];
    const read = readPart(
      buildReport({ kind: 'enqueue-failure', failed, accepted, mail }, context),
    );
    const groups = fromUtf8(read.parts[1]?.content ?? mail).split('\r\n\r\n');
    expect(groups).toHaveLength(4);
    expect(groups[1]).toContain('utf-8; stra\\x{DF}e@x\r\nAction: failed\r\nStatus: 5.0.0');
    expect(groups[3]).toContain('eve@x\r\nAction: delayed\r\nStatus: 4.0.0');
    expect(fromUtf8(read.parts[2]?.content ?? mail)).toBe('Subject: caf\u00e9\r\n\r\n');
  });

  it('marks missing blocks', () => {
    const blocks = [undefined, utf8('two'), undefined];
    const report: Report = { kind: 'receive-timeout', senderKey, blocks, total: 9 };
    const read = readPart(buildReport(report, context));
    expect(fromUtf8(read.parts[2]?.content ?? mail)).toBe(
      '\r\n[MISSING BLOCK 1/9]\r\ntwo\r\n[MISSING BLOCK 3/9]\r\n\r\n[MISSING BLOCK 4-9/9]\r\n',
    );
  });

  it('tells of a key and whose it is', () => {
    const about = { recipient: 'bob@x', key: senderKey, code: 'acorn zebra' };
    const report: Report = { kind: 'key-discovered', ...about };
    const text = fromUtf8(readPart(buildReport(report, context)).parts[0]?.content ?? mail);
    expect(text).toContain('bob@x');
    expect(text).toContain(toBase64(senderKey));
    expect(text).toContain('acorn zebra');
    expect(text).not.toContain('alice');
  });
});
