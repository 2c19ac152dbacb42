import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/io/memory.js';
import { RateLimit } from '../../../servers/provider/rate-limit.js';

describe('the rate limit', () => {
  it('starts full, refills, and outlives connections', async () => {
    const clock = manualClock({ startMs: 1_700_000_000_000 });
    const limit = new RateLimit(clock, () => 60);
    const burst = () => Array.from({ length: 100 }, () => limit.take('bob')).filter(Boolean).length;
    expect(burst()).toBe(30);
    await clock.advance(5000);
    expect(burst()).toBe(5);
    expect(limit.take('alice')).toBe(true);
    limit.setBurst(2);
    await clock.advance(600_000);
    expect(burst()).toBe(2);
    limit.setPerMinute(0);
    expect(burst()).toBe(100);
  });
});
