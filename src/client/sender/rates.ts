/**
 * Rates: how often an account sends and retrieves. They follow from the document and the
 * configuration only, never from what waits.
 *
 * See docs/security.md, "Cover traffic", for why.
 * @module
 */
import type { Rate } from '../../pki/document-codec.js';
import type { NetworkView } from '../../pki/view.js';

/** The processes of one account. */
export interface SendRates {
  /** Always fires: mail, or a decoy in its place. */
  readonly lambdaP: Rate;
  /** Loop decoys. */
  readonly lambdaL: Rate;
  /** Drop decoys. */
  readonly lambdaD: Rate;
}

/** Above this share of the provider's limit the decoys give way. */
const USABLE_SHARE = 0.8;
const MINUTE_MS = 60_000;
/** ln(100000): the 0.99999 quantile of an exponential, in means; authorities cut there too. */
const LONGEST_WAIT_MEANS = 11.5129;

const scaled = ({ perMs, maxMs }: Rate, factor: number): Rate => ({ perMs: perMs * factor, maxMs });

/** The document's rates, with λL and λD lowered until a provider's limit leaves room; never λP. */
export const sendRates = ({ rates, sendRatePerMinute }: NetworkView): SendRates => {
  const { lambdaP, lambdaL, lambdaD } = rates;
  const usable = (USABLE_SHARE * sendRatePerMinute) / MINUTE_MS;
  const decoys = lambdaL.perMs + lambdaD.perMs;
  const unlimited = sendRatePerMinute <= 0 || sendRatePerMinute > MINUTE_MS;
  if (unlimited || decoys <= 0 || lambdaP.perMs + decoys <= usable) {
    return { lambdaP, lambdaL, lambdaD };
  }
  const factor = Math.max(0, usable - lambdaP.perMs) / decoys;
  return { lambdaP, lambdaL: scaled(lambdaL, factor), lambdaD: scaled(lambdaD, factor) };
};

/** What comes back per ms at most on average: every packet with a reply block returns one item. */
export const replyRatePerMs = ({ rates }: NetworkView): number =>
  rates.lambdaP.perMs + rates.lambdaL.perMs;

/**
 * The retrieval process.
 *
 * @param meanMs - configured mean; by default twice as often as replies come
 */
export const retrievalRate = (view: NetworkView, meanMs: number | undefined): Rate => {
  const perMs = meanMs === undefined ? 2 * replyRatePerMs(view) : 1 / meanMs;
  return { perMs, maxMs: perMs > 0 ? Math.ceil(LONGEST_WAIT_MEANS / perMs) : 0 };
};
