import { describe, expect, it } from 'vitest';
import { describeProblem } from '../../apps/config/toml.js';
import { drawChart } from '../../sim/chart.js';
import { FLAGS, readSettings } from '../../sim/settings.js';

const read = (source: string, given: Readonly<Record<string, string>> = {}) =>
  readSettings({ source, file: 's.toml' }, new Map(Object.entries(given)));

describe('settings of a simulation', () => {
  it('are the file’s, then the command line’s', () => {
    const source =
      '[Parameters]\nMu = 0.001\n[Mixing]\nStrategy = "pool"\n[Simulation]\nUsers = 7\n';
    const settings = read(source, {
      users: '9',
      'mix-pool-rate': '0.5',
      decoys: 'false',
      seed: 'a',
    })._unsafeUnwrap();
    expect(settings.Parameters).toMatchObject({ Mu: 0.001, LambdaP: 0.00025 });
    expect(settings.Mixing).toEqual({ Strategy: 'pool', MixPoolRate: 0.5 });
    expect(settings.Simulation).toMatchObject({ Users: 9, Decoys: false, Seed: 'a', Layers: 3 });
  });

  it('have a flag for each key, by a name of its own', () => {
    expect(new Set(FLAGS.map(({ flag }) => flag)).size).toBe(FLAGS.length);
    expect(FLAGS.map(({ flag }) => flag)).toEqual(
      expect.arrayContaining(['users', 'mu', 'lambda-p', 'mix-pool-min-size', 'mails-per-hour']),
    );
    for (const { flag, description } of FLAGS) expect(description, flag).toMatch(/^\S/);
  });

  it.each([
    [
      '[Simulation]\nUsrs = 1\n',
      {},
      /^s\.toml:2: Simulation\.Usrs: unknown key, did you mean Users/,
    ],
    ['', { users: '0' }, /Users: /],
    ['', { strategy: 'cottrell' }, /Strategy: must be poisson, timed, pool or binomial/],
    ['', { 'mails-per-hour': '900' }, /MailsPerHour: is more than LambdaP sends/],
  ])('are refused when they cannot be: %j %j', (source, given, expected) => {
    const [problem] = read(source, given)._unsafeUnwrapErr();
    expect(problem && describeProblem(problem)).toMatch(expected);
  });
});

describe('a chart', () => {
  const chart = (height: number) =>
    drawChart({
      title: 'a < b',
      x: 'x',
      y: 'y',
      logX: true,
      lines: [
        {
          name: 'one',
          points: [
            [1, 0],
            [10, height],
            [100, 2 * height],
          ],
        },
      ],
    });

  it('has its points where the axes say', () => {
    expect(chart(5)).toContain('points="60.0,290.0 245.0,165.0 430.0,40.0"');
    expect(chart(5)).toContain('a &lt; b');
    expect(chart(5)).toBe(chart(5));
    expect(chart(5)).not.toBe(chart(4));
  });
});
