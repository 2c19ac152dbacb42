/**
 * Retry plans: when a destination that cannot be reached is tried again.
 *
 * `every 1 hour for 1 day, every 7 hours for 5 days` is the grammar of Mixminion's `Retry`; a step
 * may also be one interval alone, `5 minutes`. Numbers may have a fraction, `.5 months`; a month
 * has 30 days, a year 365.
 * @module
 */
import { err, ok, Result } from 'neverthrow';

/** An attempt each `everyMs`, as often as fits into `forMs`; whole ms. */
export interface RetryStep {
  readonly everyMs: number;
  readonly forMs: number;
}

/** At least one step; the first begins when the destination is lost, each where the last ended. */
export type RetryPlan = readonly RetryStep[];

/** Which step of the text cannot be used, counted from 1, and why. */
export interface RetryPlanError {
  readonly kind:
    /** It is neither `every X for Y` nor an interval. */
    | 'not-a-step'
    /** A second has no name like that. */
    | 'unknown-unit'
    /** An interval under a second, or none at all. */
    | 'too-short'
    /** It ends before its first attempt. */
    | 'no-attempt'
    /** More than {@link MAX_ATTEMPTS} in all. */
    | 'too-many';
  readonly step: number;
}

export const MAX_ATTEMPTS = 10_000;

const LEAST_MS = 1000;
const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['second', 1000],
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
  ['week', 604_800_000],
  ['month', 2_592_000_000],
  ['year', 31_536_000_000],
]);
const SHORT_UNITS: ReadonlyMap<string, string> = new Map([
  ['sec', 'second'],
  ['min', 'minute'],
  ['hr', 'hour'],
  ['mon', 'month'],
]);
/** What intervals are printed in, the largest first. */
const PRINTED_UNITS = ['day', 'hour', 'minute', 'second'] as const;

const INTERVAL = /^(\d+\.?\d*|\.\d+)\s*([a-z]+)$/;
const REPEATED = /^every\s+(.+?)\s+for\s+(.+)$/;

/**
 * Reads a plan; letters of any case, spaces as one likes.
 *
 * @errors see {@link RetryPlanError}
 */
export const parseRetryPlan = (text: string): Result<RetryPlan, RetryPlanError> => {
  const steps = text.split(',').map((part, index) => {
    const read = parseStep(part.trim().toLowerCase());
    return read.mapErr((kind): RetryPlanError => ({ kind, step: index + 1 }));
  });
  return Result.combine(steps).andThen((plan): Result<RetryPlan, RetryPlanError> =>
    countAttempts(plan) > MAX_ATTEMPTS ? err({ kind: 'too-many', step: plan.length }) : ok(plan),
  );
};

/** The same plan in its canonical words: what {@link parseRetryPlan} reads as an equal plan. */
export const printRetryPlan = (plan: RetryPlan): string =>
  plan
    .map(({ everyMs, forMs }) =>
      everyMs === forMs
        ? printInterval(everyMs)
        : `every ${printInterval(everyMs)} for ${printInterval(forMs)}`,
    )
    .join(', ');

/** All attempts of a plan, ms after the destination was lost. */
export const attemptTimes = (plan: RetryPlan): readonly number[] => {
  let atMs = 0;
  return plan.flatMap((step) =>
    Array.from({ length: timesOf(step) }, () => (atMs += step.everyMs)),
  );
};

/** The pause after so many attempts that failed in a row, ms; the last step goes on for ever. */
export const retryGapMs = (plan: RetryPlan, failures: number): number => {
  let left = failures;
  for (const step of plan) {
    if (left < timesOf(step)) return step.everyMs;
    left -= timesOf(step);
  }
  return plan.at(-1)?.everyMs ?? LEAST_MS;
};

/** A sentence for whoever wrote the text. */
export const describeRetryPlanError = ({ kind, step }: RetryPlanError): string => {
  switch (kind) {
    case 'not-a-step':
      return `step ${step} must read like \`every 1 hour for 1 day\` or \`5 minutes\``;
    case 'unknown-unit':
      return `step ${step} has a unit other than second, minute, hour, day, week, month or year`;
    case 'too-short':
      return `step ${step} has an interval under a second`;
    case 'no-attempt':
      return `step ${step} is over before its first attempt`;
    case 'too-many':
      return `it has more than ${MAX_ATTEMPTS} attempts`;
  }
};

const parseStep = (text: string): Result<RetryStep, RetryPlanError['kind']> => {
  const [, every, duration] = REPEATED.exec(text) ?? [];
  if (every === undefined || duration === undefined) {
    return parseInterval(text).map((ms) => ({ everyMs: ms, forMs: ms }));
  }
  return Result.combine([parseInterval(every), parseInterval(duration)]).andThen(
    ([everyMs, forMs]) => (everyMs > forMs ? err('no-attempt' as const) : ok({ everyMs, forMs })),
  );
};

const parseInterval = (text: string): Result<number, RetryPlanError['kind']> => {
  const [, digits, word] = INTERVAL.exec(text) ?? [];
  if (digits === undefined || word === undefined) return err('not-a-step');
  const singular = word.replace(/s$/, '');
  const unitMs = UNITS_MS.get(SHORT_UNITS.get(singular) ?? singular);
  if (unitMs === undefined) return err('unknown-unit');
  const ms = Math.round(Number(digits) * unitMs);
  return ms < LEAST_MS ? err('too-short') : ok(ms);
};

/** In the largest unit of which it is a whole number, else in seconds. */
const printInterval = (ms: number): string => {
  const unit = PRINTED_UNITS.find((name) => ms % unitMsOf(name) === 0) ?? 'second';
  const count = ms / unitMsOf(unit);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
};

const unitMsOf = (name: (typeof PRINTED_UNITS)[number]): number => UNITS_MS.get(name) ?? LEAST_MS;

const timesOf = ({ everyMs, forMs }: RetryStep): number => Math.floor(forMs / everyMs);

const countAttempts = (plan: RetryPlan): number =>
  plan.reduce((sum, step) => sum + timesOf(step), 0);
