import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attemptTimes,
  describeRetryPlanError,
  MAX_ATTEMPTS,
  parseRetryPlan,
  printRetryPlan,
  retryGapMs,
  type RetryStep,
} from '../../src/io/retry-plan.js';

const HOUR = 3_600_000;
const USUAL = 'every 1 hour for 1 day, every 7 hours for 5 days';

const read = (text: string) => parseRetryPlan(text)._unsafeUnwrap();

describe('a retry plan', () => {
  it.each([
    [USUAL, USUAL],
    ['EVERY 60 Minutes  for 24 hours,every 7 hour for 5 days', USUAL],
    ['.5 months', '15 days'],
    ['5 minutes', '5 minutes'],
    ['every 1.5 hours for 1 week', 'every 90 minutes for 7 days'],
    ['every 90 sec for 1 hr', 'every 90 seconds for 1 hour'],
    ['1. second, 2 min', '1 second, 2 minutes'],
    ['every 1 day for 1 year', 'every 1 day for 365 days'],
    ['1.25 seconds', '1.25 seconds'],
    ['every 1 hour for 60 minutes', '1 hour'],
  ])('reads %s', (text, canonical) => {
    expect(printRetryPlan(read(text))).toBe(canonical);
  });

  it.each([
    ['', 'not-a-step', 1],
    ['every 1 hour', 'not-a-step', 1],
    ['5', 'not-a-step', 1],
    ['every 1 hour for 1 day,', 'not-a-step', 2],
    ['-1 hour', 'not-a-step', 1],
    ['1e3 hours', 'not-a-step', 1],
    ['1 fortnight', 'unknown-unit', 1],
    ['1 hour, every 0 hours for 1 day', 'too-short', 2],
    ['every 2 days for 1 day', 'no-attempt', 1],
    ['every 1 second for 1 day', 'too-many', 1],
  ])('refuses %j: %s', (text, kind, step) => {
    const error = parseRetryPlan(text)._unsafeUnwrapErr();
    expect(error).toEqual({ kind, step });
    expect(describeRetryPlanError(error)).not.toBe('');
  });

  it('lists its attempts: hourly for a day, then every seven hours', () => {
    const hours = attemptTimes(read(USUAL)).map((ms) => ms / HOUR);
    const first = Array.from({ length: 24 }, (_, index) => index + 1);
    const then = Array.from({ length: 17 }, (_, index) => 24 + 7 * (index + 1));
    expect(hours).toEqual([...first, ...then]);
    expect(hours.at(-1)).toBe(143);
  });

  const step = fc
    .record({
      everyMs: fc.integer({ min: 1000, max: 100 * HOUR }),
      times: fc.integer({ min: 1, max: 40 }),
      over: fc.double({ min: 0, max: 0.99, noNaN: true }),
    })
    .map(({ everyMs, times, over }): RetryStep => {
      return { everyMs, forMs: everyMs * times + Math.floor(over * everyMs) };
    });
  const plan = fc.array(step, { minLength: 1, maxLength: 5 });

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(plan, (steps) => {
        expect(read(printRetryPlan(steps))).toEqual(steps);
      }),
    );
  });

  it('pauses between attempts as its list says, and goes on with the last step', () => {
    fc.assert(
      fc.property(plan, (steps) => {
        const times = attemptTimes(steps);
        let atMs = 0;
        for (const [failures, expectedMs] of times.entries()) {
          atMs += retryGapMs(steps, failures);
          expect(atMs).toBe(expectedMs);
        }
        const last = steps.at(-1)?.everyMs;
        expect(retryGapMs(steps, times.length)).toBe(last);
        expect(retryGapMs(steps, times.length + MAX_ATTEMPTS)).toBe(last);
      }),
    );
  });

  it('never throws', () => {
    const words = fc.constantFrom('every', 'for', '1', '.5', 'hour', 'days', ',', ' ', '-', '∞');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((all) => all.join(' ')),
        ),
        (text) => {
          parseRetryPlan(text).map((steps) =>
            expect(attemptTimes(steps).length).toBeGreaterThan(0),
          );
        },
      ),
    );
  });
});
