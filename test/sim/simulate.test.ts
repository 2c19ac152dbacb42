import { describe, expect, it } from 'vitest';
import { reportOf } from '../../sim/report.js';
import { isPollingTooSlow, simulate, type Outcome } from '../../sim/simulate.js';
import { mean, quantile } from '../../sim/statistics.js';
import { kolmogorovTail } from '../support/kolmogorov-smirnov.js';
import { settingsOf } from './support.js';

const LAMBDA_P_MS = 20;

/** A network in which nearly only the delays at its hops take time. */
const delaysOnly = (layers: number): Outcome =>
  simulate(
    settingsOf({
      Simulation: {
        ...{ Users: 20, Layers: layers, LinkDelay: 0, WarmUpMinutes: 0, Minutes: 20 },
        ...{ MailsPerHour: 600, Decoys: false, PollingInterval: 5, Seed: layers },
      },
      Parameters: { Mu: 0.00025, LambdaP: 1 / LAMBDA_P_MS },
    }),
  );

/** Of the sum of `stages` exponentials of mean 1: 1 - e^-x Σ x^k / k!. */
const erlang = (stages: number, x: number): number => {
  let [term, sum] = [1, 1];
  for (let k = 1; k < stages; k++) sum += term *= x / k;
  return 1 - Math.exp(-x) * sum;
};

describe('latency', () => {
  it.each([1, 2, 3])('is the sum of the exponentials of all hops: %i layers', (layers) => {
    const { toSpoolMs, unfinished } = delaysOnly(layers);
    expect(unfinished).toBe(0);
    const stages = layers + 1;
    const count = toSpoolMs.length;
    expect(count).toBeGreaterThan(3500);
    // Half a millisecond more at each hop, since delays are whole ones from 1 on; and the wait for
    // a moment of LambdaP.
    const delays = toSpoolMs
      .map((ms) => (ms - stages / 2 - LAMBDA_P_MS) / 4000)
      .sort((a, b) => a - b);
    expect(Math.abs(mean(delays) - stages)).toBeLessThan(3 * Math.sqrt(stages / count));
    const distances = delays.map((x, i) => {
      const expected = x > 0 ? erlang(stages, x) : 0;
      return Math.max(Math.abs(expected - i / count), Math.abs(expected - (i + 1) / count));
    });
    expect(kolmogorovTail(Math.sqrt(count) * Math.max(...distances))).toBeGreaterThan(0.01);
    for (const part of [0.5, 0.9, 0.99]) {
      const error = 4 * Math.sqrt((part * (1 - part)) / count);
      expect(Math.abs(erlang(stages, quantile(delays, part)) - part)).toBeLessThan(error);
    }
  });

  it('has the wait for LambdaP in front: that of a queue with one server', () => {
    const perMs = 0.00025;
    const outcome = simulate(
      settingsOf({
        Simulation: { Users: 60, LinkDelay: 0, Minutes: 60, MailsPerHour: 450, Decoys: false },
        Parameters: { Mu: 1, LambdaP: perMs },
      }),
    );
    // Half of the moments are used: 1 / (λ - mails), and four hops of 1.5 ms.
    const expected = 1 / (perMs - 450 / 3_600_000);
    expect(Math.abs(mean(outcome.toSpoolMs) / expected - 1)).toBeLessThan(0.04);
  });
});

describe('the packets in a node', () => {
  it('are as many as Little’s law says', () => {
    const settings = settingsOf({
      Simulation: { Users: 40, MixesPerLayer: 1, Minutes: 15, MixDecoys: true },
    });
    const { stations, measuredMs } = simulate(settings);
    expect(stations).toHaveLength(5);
    for (const { name, counts } of stations) {
      const held = counts.heldMs / measuredMs;
      const perMs = counts.packetsOut / measuredMs;
      expect(Math.abs(held / (perMs * 4000) - 1), name).toBeLessThan(0.05);
    }
  });
});

describe('anonymity', () => {
  const bits = (Simulation: Readonly<Record<string, unknown>>, Mixing = {}) => {
    const settings = settingsOf({ Simulation: { Minutes: 4, ...Simulation }, Mixing });
    return reportOf(settings, simulate(settings)).senderEntropy;
  };

  it('of one user alone is none at all', () => {
    const { mean: none, most } = bits({ Users: 1, Decoys: false, MailsPerHour: 600 });
    expect({ none, most }).toEqual({ none: 0, most: 0 });
  });

  it('of users with cover is nearly that of equally likely ones', () => {
    const { mean: some, p1, most } = bits({ Users: 32 });
    expect(most).toBe(5);
    expect(some).toBeLessThanOrEqual(5);
    expect(p1).toBeGreaterThan(4.5);
  });

  it('is less where little is sent, and more in pools then', () => {
    const quiet = { Users: 16, Decoys: false, MailsPerHour: 60, WarmUpMinutes: 20, Minutes: 30 };
    const alone = bits(quiet);
    expect(alone.mean).toBeLessThan(bits({ Users: 16 }).mean - 0.5);
    const pool = bits(quiet, { Strategy: 'pool', MixPoolMinSize: 10 });
    expect(pool.mean).toBeGreaterThan(alone.mean);
  });
});

describe('a simulation', () => {
  const settings = settingsOf({ Simulation: { Users: 20, Minutes: 2, MixDecoys: true } });

  it('is the same for the same seed, and another for another', () => {
    const report = reportOf(settings, simulate(settings));
    expect(reportOf(settings, simulate(settings))).toEqual(report);
    const other = settingsOf({ ...settings, Simulation: { ...settings.Simulation, Seed: 2 } });
    expect(reportOf(other, simulate(other))).not.toEqual(report);
  });

  it('sends as many packets, of as many bytes, as the rates say', () => {
    const long = settingsOf({ Simulation: { Users: 20, Minutes: 20 } });
    const { user, unfinished } = reportOf(long, simulate(long));
    expect(unfinished).toBe(0);
    // Three processes at 0.25 a second, and twice two answers of them.
    expect(Math.abs(user.packetsPerSecond / 0.75 - 1)).toBeLessThan(0.03);
    expect(user.bytesPerSecondUp / user.packetsPerSecond).toBeGreaterThan(51_676 + 6);
    expect(Math.abs(user.bytesPerSecondDown / 51_274 - 1)).toBeLessThan(0.03);
  });

  it('tells polling that cannot keep up', () => {
    const slow = settingsOf({ Simulation: { PollingInterval: 5 } });
    expect([settings, slow].map(isPollingTooSlow)).toEqual([false, true]);
  });
});
