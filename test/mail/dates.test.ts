import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coarseDate, mailDate } from '../../src/mail/dates.js';

const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

describe('mailDate', () => {
  it('is RFC 5322 in UTC', () => {
    expect(mailDate(Date.UTC(2026, 10, 20, 21, 26, 14, 999))).toBe(
      'Fri, 20 Nov 2026 21:26:14 +0000',
    );
    expect(mailDate(0)).toBe('Thu, 01 Jan 1970 00:00:00 +0000');
    expect(mailDate(Date.UTC(2000, 1, 29))).toBe('Tue, 29 Feb 2000 00:00:00 +0000');
  });

  it('agrees with the platform on every day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST_MS }), (ms) => {
        expect(mailDate(ms)).toBe(new Date(ms).toUTCString().replace('GMT', '+0000'));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('coarseDate', () => {
  it('shows whole steps only', () => {
    const ms = Date.UTC(2026, 10, 20, 21, 26, 14);
    expect(coarseDate(ms)).toBe('Fri, 20 Nov 2026 21:26:00 +0000');
    expect(coarseDate(ms, 86_400_000)).toBe('Fri, 20 Nov 2026 00:00:00 +0000');
  });
});
