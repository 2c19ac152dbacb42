/**
 * `npm run sim`: simulates a network and prints what it gives its users; or draws the curves.
 *
 * The report goes to the standard output, with `--json` as JSON. Exit codes: 0 done, 1 some mail
 * never came or a file could not be written, 2 wrong usage or settings.
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describeProblem, type ConfigProblem } from '../apps/config/toml.js';
import { mixingWarnings } from '../apps/node/mixing.js';
import { drawCurves } from './curves.js';
import { formatReport } from './print.js';
import { reportOf } from './report.js';
import { FLAGS, readSettings, type Settings } from './settings.js';
import { isPollingTooSlow, simulate } from './simulate.js';

interface Options {
  readonly config?: string;
  readonly json?: boolean;
  readonly curves?: string;
}

const program = new Command('npm run sim --')
  .description('simulate a mix network: latency, sender anonymity, traffic, cost')
  .option('--config <file>', 'TOML file with [Simulation], [Parameters] and [Mixing]')
  .option('--json', 'print JSON')
  .option('--curves <directory>', 'draw the pictures of docs/anonymity.md instead')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
for (const { flag, description } of FLAGS) program.option(`--${flag} <value>`, description);
program.parse();

const refuse = (problem: string): never => {
  process.stderr.write(`sim: ${problem}\n`);
  process.exit(2);
};

const sourceOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return refuse(`${file}: ${error instanceof Error ? error.message : 'cannot be read'}`);
  }
};

/** The flags that were given, by their names on the command line. */
const given = (): ReadonlyMap<string, string> => {
  const words = Object.entries(program.opts<Record<string, unknown>>());
  const names = new Map(
    program.options.map((option) => [option.attributeName(), option.long?.slice(2) ?? '']),
  );
  return new Map(
    words.flatMap(([name, word]) =>
      typeof word === 'string' ? [[names.get(name) ?? name, word] as const] : [],
    ),
  );
};

const problemText = (problem: ConfigProblem): string =>
  problem.file === 'settings' ? `${problem.key}: ${problem.problem}` : describeProblem(problem);

const warn = (settings: Settings): void => {
  const warnings = mixingWarnings(settings.Mixing).map(({ key, problem }) => `${key} ${problem}`);
  if (isPollingTooSlow(settings)) {
    warnings.push('PollingInterval is slower than replies come: what waits at providers grows');
  }
  for (const warning of warnings) process.stderr.write(`sim: warning: ${warning}\n`);
};

const draw = (directory: string): void => {
  mkdirSync(directory, { recursive: true });
  for (const [name, picture] of drawCurves((text) => process.stderr.write(`${text}\n`))) {
    writeFileSync(join(directory, name), picture);
  }
};

const { config, json, curves } = program.opts<Options>();
if (curves !== undefined) draw(curves);
else {
  const file = config ?? '';
  const source = config === undefined ? '' : sourceOf(config);
  const settings = readSettings({ source, file }, given()).match(
    (read) => read,
    (problems) => refuse(problems.map(problemText).join('\nsim: ')),
  );
  warn(settings);
  const report = reportOf(settings, simulate(settings));
  process.stdout.write(`${json === true ? JSON.stringify(report) : formatReport(report)}\n`);
  process.exitCode = report.unfinished > 0 ? 1 : 0;
}
