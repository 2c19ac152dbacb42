import { describe, expect, it } from 'vitest';
import {
  formatNumber,
  formatReport,
  isMet,
  type BenchReport,
  type Requirement,
} from '../../bench/report.js';
import { single, summarise } from '../../bench/stats.js';

const requirement = (value: number, bound: Requirement['bound']): Requirement => ({
  name: 'speed',
  value,
  unit: 'x',
  bound,
  limit: 8,
});

const report: BenchReport = {
  machine: {
    cpu: 'Some CPU',
    cores: 2,
    memoryMb: 4096,
    platform: 'linux x64',
    node: 'v20.19.0',
    openssl: '3.0.0',
    load: 0.25,
  },
  quick: true,
  startedAt: '2026-01-01T00:00:00.000Z',
  tookMs: 61_400,
  areas: [
    {
      area: 'sphinx',
      measures: [
        { name: 'unwrap', unit: 'us', summary: summarise([200, 210, 220]) },
        { name: 'memory of it all', unit: 'MB', summary: single(1.25) },
      ],
      requirements: [requirement(9, 'at-least'), requirement(9, 'at-most')],
    },
  ],
  crashed: ['wire'],
};

describe('a requirement', () => {
  it('is met at its limit and on the right side of it', () => {
    expect([7.99, 8, 8.01].map((value) => isMet(requirement(value, 'at-least')))).toEqual([
      false,
      true,
      true,
    ]);
    expect([7.99, 8, 8.01].map((value) => isMet(requirement(value, 'at-most')))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('is not met by a value that is no number', () => {
    expect(isMet(requirement(NaN, 'at-least'))).toBe(false);
    expect(isMet(requirement(NaN, 'at-most'))).toBe(false);
  });
});

describe('a report', () => {
  it('names machine and run, then every measure and every verdict', () => {
    const lines = formatReport(report).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'Some CPU, 2 cores, 4096 MB, linux x64',
      'Node.js v20.19.0, OpenSSL 3.0.0, load before 0.3',
      '2026-01-01T00:00:00.000Z, took 61 s, quick',
    ]);
    expect(lines).toContain('sphinx');
    expect(lines).toContain('  unwrap               210   200   202   218  us');
    expect(lines).toContain('  memory of it all    1.25  1.25  1.25  1.25  MB');
    expect(lines).toContain('  speed  9  >=  8  x      met');
    expect(lines).toContain('  speed  9  <=  8  x  not met');
    expect(lines).toContain('  wire crashed: not met');
  });

  it('rounds to what can be believed', () => {
    expect([0, 0.8512, 12.34, 99.95, 123.4, 51_216].map(formatNumber)).toEqual([
      '0',
      '0.851',
      '12.3',
      '100',
      '123',
      '51216',
    ]);
  });
});
