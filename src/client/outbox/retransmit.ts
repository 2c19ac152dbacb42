/**
 * When a block counts as lost, and when it is sent again.
 *
 * Source: end_to_end.rst, stop-and-wait ARQ; the back-off and the slack under load are ours.
 * @module
 */
import { exponential } from '../../crypto/sample.js';
import type { Random } from '../../io/contracts.js';

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
/** With half of all packets lost, one block in 256 is lost so often in a row. */
const UNLUCKY_ATTEMPTS = 8;
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

/** Earlier transmissions of a block. */
export interface Attempts {
  readonly all: number;
  /** Those since the destination last gave a sign of life. */
  readonly unanswered: number;
}

/**
 * Ms from a transmission until its block is lost, without the random part.
 *
 * It doubles with every transmission to a destination that gives no sign of life, and much slower
 * where the destination lives and only this block is without luck.
 *
 * @param baseMs - computed delays and slack
 */
export const timeoutMs = (baseMs: number, { all, unanswered }: Attempts): number => {
  const doublings = Math.max(unanswered, Math.floor(all / UNLUCKY_ATTEMPTS));
  return Math.min(MAX_TIMEOUT_MS, Math.max(MIN_SPACING_MS, baseMs * 2 ** Math.min(doublings, 32)));
};

/** The time-out with its random extra delay: when a block is sent again tells nothing. */
export const retransmitAfterMs = (random: Random, baseMs: number, attempts: Attempts): number => {
  const timeout = timeoutMs(baseMs, attempts);
  return timeout + exponential(random, 1 / (EXTRA_SHARE * timeout));
};
