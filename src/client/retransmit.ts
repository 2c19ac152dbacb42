/**
 * When a block counts as lost, and when it is sent again.
 *
 * Source: architecture, Decisions "Retransmission" and "Loss time-out"; protocol/03 W-15, W-19.
 * @module
 */
import { exponential } from '../crypto/sample.js';
import type { Random } from '../io/contracts.js';

/** No two transmissions of a block are closer than this. */
export const MIN_SPACING_MS = 3_000;
/** Back-off ends here; the random extra delay comes on top. */
export const MAX_TIMEOUT_MS = 6 * 3_600_000;
/** Links, queues and schedulers on the way, which computed delays do not count. */
const MARGIN_MS = 5_000;
/** Retrievals come at random: this many times the mean until those outstanding have come. */
const RETRIEVAL_SPREAD = 1.5;
/** Where retrieval is slower than replies come, waiting for all of them would never end. */
const MAX_SLACK_MS = 3_600_000;
/** Mean of the random extra delay, as a share of the time-out. */
const EXTRA_SHARE = 0.25;

export interface SlackInput {
  /** Replies of every kind that may still come. */
  readonly outstanding: number;
  /** Mean ms from one retrieved item to the next. */
  readonly retrievalMs: number;
  /** Overrules the computation. */
  readonly configuredMs: number | undefined;
}

/** How long after the computed delays an acknowledgement may take. */
export const slackMs = ({ outstanding, retrievalMs, configuredMs }: SlackInput): number =>
  configuredMs ??
  Math.min(MAX_SLACK_MS, MARGIN_MS + RETRIEVAL_SPREAD * (outstanding + 1) * retrievalMs);

/**
 * Ms from a transmission until its block is lost, without the random part.
 *
 * @param baseMs - computed delays and slack
 * @param failures - earlier transmissions since the destination last acknowledged anything
 */
export const timeoutMs = (baseMs: number, failures: number): number =>
  Math.min(MAX_TIMEOUT_MS, Math.max(MIN_SPACING_MS, baseMs * 2 ** Math.min(failures, 32)));

/** The time-out with its random extra delay: when a block is sent again tells nothing. */
export const retransmitAfterMs = (random: Random, baseMs: number, failures: number): number => {
  const timeout = timeoutMs(baseMs, failures);
  return timeout + exponential(random, 1 / (EXTRA_SHARE * timeout));
};
