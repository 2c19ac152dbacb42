import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { seededRandom } from '../../src/io/memory.js';
import { isAutomatic } from '../../src/mail/automatic.js';
import { buildReport } from '../../src/mail/report.js';

const mailWith = (field: string): Uint8Array => utf8(`From: a@p1.test\r\n${field}\r\n\r\nbody\r\n`);

describe('isAutomatic', () => {
  it('knows our own reports, whatever they lose on their way', () => {
    const context = { account: 'alice@p1.test', nowMs: 0, random: seededRandom('automatic') };
    const mail = mailWith('Subject: x');
    const report = buildReport({ kind: 'bounce', recipient: 'bob@p2.test', mail }, context);
    expect(isAutomatic(report)).toBe(true);
  });

  it.each([
    'Return-Path: <>',
    'return-path:   <> ',
    'Auto-Submitted: auto-replied',
    'Auto-Submitted: auto-generated; x=1',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    'Content-Type: Multipart/Report;\r\n boundary=b',
  ])('knows a machine by %j', (field) => {
    expect(isAutomatic(mailWith(field))).toBe(true);
  });

  it.each([
    'Return-Path: <a@p1.test>',
    'Auto-Submitted: no',
    'Content-Type: multipart/reports; boundary=b',
    'Content-Type: text/plain',
    'Subject: multipart/report',
  ])('takes %j for a person’s', (field) => {
    expect(isAutomatic(mailWith(field))).toBe(false);
  });

  it('takes bytes that are no mail for nothing', () => {
    expect(isAutomatic(utf8('no header at all'))).toBe(false);
    expect(isAutomatic(new Uint8Array())).toBe(false);
  });
});
