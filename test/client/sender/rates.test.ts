import { describe, expect, it } from 'vitest';
import { retrievalRate, sendRates } from '../../../src/client/sender/rates.js';
import type { NetworkView } from '../../../src/pki/view.js';

const rate = (perMs: number) => ({ perMs, maxMs: 1000 });

const viewWith = (sendRatePerMinute: number): NetworkView => ({
  epoch: 1,
  layers: [],
  entries: [],
  exits: [],
  rates: {
    mu: rate(1),
    lambdaP: rate(0.001),
    lambdaL: rate(0.0006),
    lambdaD: rate(0.0002),
    lambdaM: rate(1),
  },
  sendRatePerMinute,
  validUntilMs: Infinity,
});

const sum = (view: NetworkView): number => {
  const { lambdaP, lambdaL, lambdaD } = sendRates(view);
  return 60_000 * (lambdaP.perMs + lambdaL.perMs + lambdaD.perMs);
};

describe('sendRates', () => {
  it('are the document’s below 80 % of the limit, without a limit, and above 60000', () => {
    for (const limit of [0, 136, 60_001])
      expect(sendRates(viewWith(limit)).lambdaL.perMs).toBe(0.0006);
  });

  it('lower the decoys alike, but never λP', () => {
    const { lambdaP, lambdaL, lambdaD } = sendRates(viewWith(100));
    expect(sum(viewWith(100))).toBeCloseTo(80);
    expect(lambdaP.perMs).toBe(0.001);
    expect(lambdaL.perMs / lambdaD.perMs).toBeCloseTo(3);
    expect(sendRates(viewWith(10))).toMatchObject({
      lambdaP: { perMs: 0.001 },
      lambdaL: { perMs: 0 },
      lambdaD: { perMs: 0 },
    });
  });
});

describe('retrievalRate', () => {
  it('is twice the rate of replies, unless configured', () => {
    expect(retrievalRate(viewWith(0), undefined).perMs).toBeCloseTo(0.0032);
    expect(retrievalRate(viewWith(0), 30).perMs).toBeCloseTo(1 / 30);
  });
});
