/**
 * Dates as mails write them (RFC 5322 §3.3), always in UTC so that no time zone shows.
 * @module
 */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Days in 400 years, in 100 without, and in 4 with, a leap year at their end. */
const ERA_DAYS = 146_097;
const CENTURY_DAYS = 36_524;
const OLYMPIAD_DAYS = 1461;

/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAYS = 719_468;

interface CivilDate {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
}

/** A moment (ms since the Unix epoch, not before it) as `Fri, 20 Nov 2026 21:26:14 +0000`. */
export const mailDate = (ms: number): string => {
  const days = Math.floor(ms / DAY_MS);
  const { year, month, day } = civilDate(days);
  const seconds = Math.floor((ms - days * DAY_MS) / 1000);
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(twoDigits).join(':');
  return `${DAYS[days % 7] ?? ''}, ${twoDigits(day)} ${MONTHS[month] ?? ''} ${year} ${time} +0000`;
};

/** The same with the time cut down to whole steps, by default minutes: what others may see. */
export const coarseDate = (ms: number, stepMs = MINUTE_MS): string => mailDate(ms - (ms % stepMs));

const twoDigits = (value: number): string => String(Math.floor(value)).padStart(2, '0');

/** The Gregorian date `days` after 1970-01-01, counting years from March so leap days come last. */
const civilDate = (days: number): CivilDate => {
  const shifted = days + EPOCH_DAYS;
  const era = Math.floor(shifted / ERA_DAYS);
  const dayOfEra = shifted - era * ERA_DAYS;
  const leaps =
    Math.floor(dayOfEra / (OLYMPIAD_DAYS - 1)) -
    Math.floor(dayOfEra / CENTURY_DAYS) +
    Math.floor(dayOfEra / (ERA_DAYS - 1));
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = (marchMonth + 2) % 12;
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  return { year: era * 400 + yearOfEra + (month < 2 ? 1 : 0), month, day };
};
