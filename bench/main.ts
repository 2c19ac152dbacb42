/**
 * All benches, one after another, each in its own process, and what they say together.
 *
 * The table goes to the standard error stream and the JSON to a file or to standard output, as the
 * command line asks: `--quick`, `--long`, `--json`, `--json FILE`, and names of areas to run only
 * those.
 * @module
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { isLong, isQuick } from './measure.js';
import { parseArguments } from './arguments.js';
import { formatReport, type AreaReport, type BenchReport, type Machine } from './report.js';

const AREAS = [
  'crypto',
  'sphinx',
  'wire',
  'relay',
  'memory',
  'delivery',
  'start',
  'mailbox',
  'submit',
  'folders',
  'authority',
  'provider',
  'idle',
];

const machine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
  cores: cpus().length,
  memoryMb: Math.round(totalmem() / 1e6),
  platform: `${process.platform} ${process.arch}`,
  node: process.version,
  openssl: process.versions.openssl,
  load: loadavg()[0] ?? 0,
});

/** Runs one bench; `undefined` when it crashes, which it explains on the standard error stream. */
const runBench = (area: string): Promise<AreaReport | undefined> =>
  new Promise((resolve) => {
    const program = join(import.meta.dirname, `${area}.bench.js`);
    const flags = [...(isQuick() ? ['--quick'] : []), ...(isLong() ? ['--long'] : [])];
    const child = spawn(process.execPath, [program, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('close', (code) => {
      // Our own program wrote it.
      resolve(code === 0 ? (JSON.parse(output) as AreaReport) : undefined);
    });
  });

const runAll = async (areas: readonly string[]): Promise<BenchReport> => {
  const startedAt = new Date().toISOString();
  const before = machine();
  const startMs = performance.now();
  const reports: AreaReport[] = [];
  const crashed: string[] = [];
  for (const area of areas) {
    process.stderr.write(`${area} ...\n`);
    const areaReport = await runBench(area);
    if (areaReport === undefined) crashed.push(area);
    else reports.push(areaReport);
  }
  const tookMs = performance.now() - startMs;
  return { machine: before, quick: isQuick(), startedAt, tookMs, areas: reports, crashed };
};

const wanted = parseArguments(process.argv.slice(2), AREAS);
if (wanted.kind === 'unknown') {
  process.stderr.write(`no such bench: ${wanted.argument}; there are ${AREAS.join(', ')}\n`);
  process.exit(2);
}
const report = await runAll(wanted.areas);
process.stderr.write(`\n${formatReport(report)}\n`);
const json = `${JSON.stringify(report, undefined, 2)}\n`;
if (wanted.json === 'stdout') process.stdout.write(json);
else if (wanted.json !== undefined) await writeFile(wanted.json.file, json);
process.exitCode = report.crashed.length > 0 ? 1 : 0;
