/**
 * Durations and sizes as people write them.
 * @module
 */
import { InvalidArgumentError } from 'commander';

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SIZE = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|KiB|MiB)?$/i;
const UNITS_BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1_000_000,
  kib: 1024,
  mib: 1_048_576,
};

const PART = /^(\d+(?:\.\d+)?)(%)?$/;

/** `100ms`, `1.5s`, `12h`; in ms. */
export const durationMs = (text: string): number => {
  const [, digits, unit = ''] = DURATION.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  if (digits === undefined || unitMs === undefined) {
    throw new InvalidArgumentError('A duration looks like 100ms, 1.5s, 20m, 12h or 4d.');
  }
  return Number(digits) * unitMs;
};

/** `5MB`, `64KiB`, `1000`; in bytes. */
export const sizeBytes = (text: string): number => {
  const [, digits, unit = 'B'] = SIZE.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('A size looks like 5MB or 64KiB.');
  return Math.round(Number(digits) * (UNITS_BYTES[unit.toLowerCase()] ?? 1));
};

/** `30%` or `0.3`. */
export const fraction = (text: string): number => {
  const [, digits, percent] = PART.exec(text) ?? [];
  const part = Number(digits) / (percent === undefined ? 1 : 100);
  if (!(part >= 0 && part <= 1)) {
    throw new InvalidArgumentError('A part looks like 30% or 0.3, and is at most 1.');
  }
  return part;
};
