/**
 * How much may wait for a user, and for how long.
 * @module
 */
import type { SphinxGeometry } from '../../src/sphinx/geometry.js';

export interface SpoolOptions {
  /** Items that may wait for one user; default {@link SPOOL_QUOTA}. */
  readonly spoolQuota?: number;
  /** Bytes that may wait for one user; default {@link SPOOL_QUOTA_BYTES}. */
  readonly spoolQuotaBytes?: number;
  /** After how long what nobody has fetched is removed; never where absent or 0. */
  readonly spoolMaxAgeMs?: number;
}

export const SPOOL_QUOTA = 100_000;
export const SPOOL_QUOTA_BYTES = 50_000_000;

const SURB_ID_LENGTH = 16;

/**
 * Items that may wait for one user by both quotas, at least one. Items have one of two lengths and
 * all count as the longer, a reply, so that bytes need not be counted.
 */
export const spoolLimitOf = (
  { taggedPayloadLength }: SphinxGeometry,
  { spoolQuota = SPOOL_QUOTA, spoolQuotaBytes = SPOOL_QUOTA_BYTES }: SpoolOptions,
): number => {
  const byBytes = Math.floor(spoolQuotaBytes / (taggedPayloadLength + SURB_ID_LENGTH));
  return Math.max(1, Math.min(spoolQuota, byBytes));
};
