/**
 * Means and quantiles.
 * @module
 */

/** NaN where there are no values. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The value below which `part` of the ascending values lie, between two of them in proportion. */
export const quantile = (ascending: readonly number[], part: number): number => {
  const place = part * (ascending.length - 1);
  const below = ascending[Math.floor(place)] ?? NaN;
  const above = ascending[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
};
