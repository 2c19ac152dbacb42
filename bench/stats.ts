/**
 * What a bench says about a series of numbers: its median, and how far the others were from it.
 * @module
 */

export interface Summary {
  readonly median: number;
  readonly min: number;
  /** A tenth of the samples are at most this. */
  readonly p10: number;
  /** Nine tenths of the samples are at most this. */
  readonly p90: number;
  readonly samples: number;
}

/** The value under which a `part` (0 to 1) of the sorted samples lies, between neighbours linearly. */
const quantile = (sorted: readonly number[], part: number): number => {
  const at = part * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
};

/** Throws without samples: a bench that measured nothing has nothing to say. */
export const summarise = (samples: readonly number[]): Summary => {
  if (samples.length === 0) throw new RangeError('no samples');
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    min: quantile(sorted, 0),
    p10: quantile(sorted, 0.1),
    p90: quantile(sorted, 0.9),
    samples: samples.length,
  };
};

/** A quantity of which there is one value only, such as a size. */
export const single = (value: number): Summary => summarise([value]);

/** Sample by sample: both series must come from the same rounds. */
export const ratios = (over: readonly number[], under: readonly number[]): readonly number[] =>
  over.map((value, round) => value / (under[round] ?? NaN));
