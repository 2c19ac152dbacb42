/**
 * The two-sample Kolmogorov-Smirnov test: whether two samples may come from one distribution.
 *
 * The p-value is the asymptotic one with Stephens' correction for small samples. Equal values are
 * stepped over together, so times in whole milliseconds do no harm.
 */

export interface Comparison {
  /** Largest distance between the two empirical distributions, 0 to 1. */
  readonly distance: number;
  /** How often two samples of one distribution are at least so far apart. */
  readonly p: number;
}

/** Terms of the series below which nothing changes any more. */
const LAST_TERM = 1e-12;
const MOST_TERMS = 200;
/** Below this the series does not converge, and the probability is 1 to more digits than it has. */
const SMALLEST = 0.2;

/** Probability that the limit distribution exceeds `x`: 2 Σ (-1)^(k-1) exp(-2 k² x²). */
export const kolmogorovTail = (x: number): number => {
  if (x < SMALLEST) return 1;
  let sum = 0;
  for (let k = 1; k <= MOST_TERMS; k++) {
    const term = 2 * Math.exp(-2 * k * k * x * x);
    sum += k % 2 === 1 ? term : -term;
    if (term < LAST_TERM) break;
  }
  return Math.min(1, Math.max(0, sum));
};

/** How many of the ascending `values` from `from` on are at most `limit`, counted from the start. */
const stepTo = (values: readonly number[], from: number, limit: number): number => {
  let at = from;
  while ((values[at] ?? Infinity) <= limit) at++;
  return at;
};

const distanceOf = (a: readonly number[], b: readonly number[]): number => {
  let [inA, inB, distance] = [0, 0, 0];
  while (inA < a.length && inB < b.length) {
    const value = Math.min(a[inA] ?? Infinity, b[inB] ?? Infinity);
    inA = stepTo(a, inA, value);
    inB = stepTo(b, inB, value);
    distance = Math.max(distance, Math.abs(inA / a.length - inB / b.length));
  }
  return distance;
};

/** Compares two samples. No values at all in one of them throws: that is a broken measurement. */
export const compareSamples = (a: readonly number[], b: readonly number[]): Comparison => {
  if (a.length === 0 || b.length === 0) throw new RangeError('a sample without values');
  const ascending = (values: readonly number[]) => values.toSorted((x, y) => x - y);
  const distance = distanceOf(ascending(a), ascending(b));
  const root = Math.sqrt((a.length * b.length) / (a.length + b.length));
  return { distance, p: kolmogorovTail((root + 0.12 + 0.11 / root) * distance) };
};
