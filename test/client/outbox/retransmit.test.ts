import { describe, expect, it } from 'vitest';
import {
  MAX_TIMEOUT_MS,
  MIN_SPACING_MS,
  retransmitAfterMs,
  slackMs,
  timeoutMs,
} from '../../../src/client/outbox/retransmit.js';
import { seededRandom } from '../../../src/io/memory.js';

const silent = (count: number) => ({ all: count, unanswered: count });

describe('slackMs', () => {
  it('grows with what is outstanding and with the time each retrieval takes', () => {
    const few = slackMs({ outstanding: 2, retrievalMs: 4000, configuredMs: undefined });
    const many = slackMs({ outstanding: 104, retrievalMs: 4000, configuredMs: undefined });
    expect(few).toBeGreaterThan(2 * 4000);
    expect(many).toBeGreaterThan(104 * 4000);
    expect(slackMs({ outstanding: 1e9, retrievalMs: 4000, configuredMs: undefined })).toBe(
      3_600_000,
    );
  });

  it('is what the configuration says, where it says something', () => {
    expect(slackMs({ outstanding: 104, retrievalMs: 4000, configuredMs: 300 })).toBe(300);
  });
});

describe('timeoutMs', () => {
  it('doubles up to six hours while a destination is silent', () => {
    expect([0, 1, 2, 3].map((count) => timeoutMs(10_000, silent(count)))).toEqual([
      10_000, 20_000, 40_000, 80_000,
    ]);
    expect(timeoutMs(10_000, silent(30))).toBe(MAX_TIMEOUT_MS);
    expect(timeoutMs(10_000, silent(255))).toBe(MAX_TIMEOUT_MS);
  });

  it('hardly grows while the destination lives', () => {
    expect(timeoutMs(10_000, { all: 7, unanswered: 0 })).toBe(10_000);
    expect(timeoutMs(10_000, { all: 20, unanswered: 1 })).toBe(40_000);
  });

  it('keeps transmissions apart', () => {
    expect(timeoutMs(1, silent(0))).toBe(MIN_SPACING_MS);
  });
});

describe('retransmitAfterMs', () => {
  it('adds a random delay that is never negative', () => {
    const random = seededRandom('extra');
    const waits = Array.from({ length: 500 }, () => retransmitAfterMs(random, 10_000, silent(0)));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(10_000);
    expect(new Set(waits).size).toBeGreaterThan(490);
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(mean).toBeGreaterThan(12_000);
    expect(mean).toBeLessThan(13_000);
  });
});
