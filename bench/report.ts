/**
 * Reports: what the benches of one area measured, and whether that is enough.
 * @module
 */
import type { Summary } from './stats.js';

export type Unit = 'us' | 'ms' | 's' | '/s' | 'KB' | 'MB' | 'MB/s' | '%' | 'x' | 'packets';

/** One measured quantity. */
export interface Measure {
  readonly name: string;
  readonly unit: Unit;
  readonly summary: Summary;
}

/** What is asked of a measured quantity. */
export interface Requirement {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  readonly bound: 'at-least' | 'at-most';
  readonly limit: number;
}

/** The result of one bench program. */
export interface AreaReport {
  readonly area: string;
  readonly measures: readonly Measure[];
  readonly requirements: readonly Requirement[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly platform: string;
  readonly node: string;
  readonly openssl: string;
  /** Programs that wanted a core in the minute before: a busy machine measures badly. */
  readonly load: number;
}

export interface BenchReport {
  readonly machine: Machine;
  readonly quick: boolean;
  readonly startedAt: string;
  readonly tookMs: number;
  readonly areas: readonly AreaReport[];
  /** Areas that have no report. */
  readonly crashed: readonly string[];
}

export const isMet = ({ bound, limit, value }: Requirement): boolean =>
  bound === 'at-least' ? value >= limit : value <= limit;

/** Three significant digits; whole numbers from 100 on. */
export const formatNumber = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toString() : Number(value.toPrecision(3)).toString();

type Row = readonly string[];

/** Rows with their columns under each other, the first column to the left. */
const align = (rows: readonly Row[]): readonly string[] => {
  if (rows.length === 0) return [];
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd());
};

const MEASURE_HEAD: Row = ['', 'median', 'min', 'p10', 'p90', ''];

const measureRow = ({ name, unit, summary }: Measure): Row => {
  const { median, min, p10, p90 } = summary;
  return [name, ...[median, min, p10, p90].map(formatNumber), unit];
};

const requirementRow = (requirement: Requirement): Row => {
  const { name, value, bound, limit, unit } = requirement;
  const sign = bound === 'at-least' ? '>=' : '<=';
  const verdict = isMet(requirement) ? 'met' : 'not met';
  return [name, formatNumber(value), sign, formatNumber(limit), unit, verdict];
};

const machineLines = ({ machine, quick, startedAt, tookMs }: BenchReport): readonly string[] => [
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryMb} MB, ${machine.platform}`,
  `Node.js ${machine.node}, OpenSSL ${machine.openssl}, load before ${machine.load.toFixed(1)}`,
  `${startedAt}, took ${Math.round(tookMs / 1000)} s${quick ? ', quick' : ''}`,
];

/** The report for people. */
export const formatReport = (report: BenchReport): string => {
  const sections = report.areas.map(({ area, measures }) =>
    [area, ...align([MEASURE_HEAD, ...measures.map(measureRow)]).map(indented)].join('\n'),
  );
  const requirements = report.areas.flatMap((area) => area.requirements);
  const verdicts = [
    'requirements',
    ...align(requirements.map(requirementRow)).map(indented),
    ...report.crashed.map((area) => indented(`${area} crashed: not met`)),
  ];
  return [machineLines(report).join('\n'), ...sections, verdicts.join('\n')].join('\n\n');
};

const indented = (line: string): string => `  ${line}`;
