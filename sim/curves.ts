/**
 * The curves of docs/anonymity.md: one setting changes, all others stay.
 * @module
 */
import { drawChart, type Chart, type Line } from './chart.js';
import { reportOf, type Report } from './report.js';
import { settingsSchema } from './settings.js';
import { simulate } from './simulate.js';

interface Change {
  readonly Simulation?: Readonly<Record<string, unknown>>;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Mixing?: Readonly<Record<string, unknown>>;
}

const BASE = { Seed: 'curves', Minutes: 5, MailsPerHour: 60 } as const;

const run = (change: Change): Report => {
  const Simulation = { ...BASE, ...change.Simulation };
  const settings = settingsSchema.parse({ ...change, Simulation });
  return reportOf(settings, simulate(settings));
};

/** Makes one line: for each x the report of its network. */
const lineOf = (name: string, xs: readonly number[], point: (x: number) => number): Line => ({
  name,
  points: xs.map((x) => [x, point(x)] as const),
});

/** Pools fill slowly where there is nothing but mail. */
const QUIET = { Decoys: false, WarmUpMinutes: 20, Minutes: 10 } as const;

/** Mean delays per hop, seconds. */
const DELAYS_S = [1, 2, 4, 8, 16];
const USERS = [10, 30, 100, 300];
/** Moments per minute of each sending process. */
const PER_MINUTE = [2, 5, 10, 15];

const perMs = (perMinute: number): number => perMinute / 60_000;
const ratesOf = (perMinute: number) => ({
  LambdaP: perMs(perMinute),
  LambdaL: perMs(perMinute),
  LambdaD: perMs(perMinute),
});

const latencyChart = (): Chart => {
  const xs = DELAYS_S;
  const reports = new Map(xs.map((s) => [s, run({ Parameters: { Mu: 1 / (s * 1000) } })] as const));
  const at = (of: (report: Report) => number) => (x: number) => {
    const report = reports.get(x);
    return report === undefined ? NaN : of(report);
  };
  return {
    title: 'From writing to reading, by the mean delay at each hop',
    x: '1 / Mu, seconds',
    y: 'seconds',
    logX: true,
    lines: [
      lineOf(
        '99 of 100',
        xs,
        at(({ toUser }) => toUser.p99),
      ),
      lineOf(
        '9 of 10',
        xs,
        at(({ toUser }) => toUser.p90),
      ),
      lineOf(
        'half',
        xs,
        at(({ toUser }) => toUser.p50),
      ),
      lineOf(
        'half, spooled',
        xs,
        at(({ toSpool }) => toSpool.p50),
      ),
    ],
  };
};

const usersChart = (): Chart => ({
  title: 'Who wrote it, by the number of users',
  x: 'users',
  y: 'bits of entropy, mean',
  logX: true,
  lines: [
    lineOf('equally likely', USERS, (users) => Math.log2(users)),
    ...[15, 5, 2].map((rate) =>
      lineOf(`${rate} a minute`, USERS, (Users) => {
        const { senderEntropy } = run({ Simulation: { Users }, Parameters: ratesOf(rate) });
        return senderEntropy.mean;
      }),
    ),
  ],
});

const strategiesChart = (): Chart => {
  const strategy = (Mixing: NonNullable<Change['Mixing']>, Users: number): number =>
    run({ Simulation: { ...QUIET, Users }, Mixing }).senderEntropy.p10;
  return {
    title: 'Without cover traffic: what nine of ten mails have at least',
    x: 'users, each with a mail a minute',
    y: 'bits of entropy',
    logX: true,
    lines: (['poisson', 'timed', 'pool', 'binomial'] as const).map((Strategy) =>
      lineOf(Strategy, USERS, (users) => strategy({ Strategy }, users)),
    ),
  };
};

const bandwidthChart = (): Chart => {
  const reports = PER_MINUTE.map((rate) => [rate, run({ Parameters: ratesOf(rate) })] as const);
  const points = (of: (report: Report) => number) =>
    reports.map(([rate, report]) => [rate, of(report) / 1000] as const);
  return {
    title: 'Traffic of one user, by the rates',
    x: 'LambdaP, LambdaL and LambdaD, each, per minute',
    y: 'kB/s',
    lines: [
      { name: 'received', points: points(({ user }) => user.bytesPerSecondDown) },
      { name: 'sent', points: points(({ user }) => user.bytesPerSecondUp) },
    ],
  };
};

const CHARTS: readonly (readonly [file: string, make: () => Chart])[] = [
  ['latency.svg', latencyChart],
  ['users.svg', usersChart],
  ['strategies.svg', strategiesChart],
  ['bandwidth.svg', bandwidthChart],
];

/** Every picture by its file name, the same bytes each time. */
export const drawCurves = (progress: (text: string) => void): ReadonlyMap<string, string> =>
  new Map(
    CHARTS.map(([file, make]) => {
      progress(`${file} ...`);
      return [file, drawChart(make())] as const;
    }),
  );
