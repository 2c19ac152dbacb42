/**
 * `postern doctor`: looks at everything that mail needs, one line each, with what to do.
 * @module
 */
import { Option, type Command } from 'commander';
import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import type { JsonObject } from '../../../src/control/json.js';
import type { Io } from '../../../src/io/contracts.js';
import { nodeIo } from '../../../src/io/node.js';
import { readDaemonConfig } from '../../daemon/config.js';
import { withInherited } from '../../daemon/inherit.js';
import { examine } from '../../doctor/doctor.js';
import type { Finding } from '../../doctor/finding.js';
import { diagnose } from '../../doctor/sentences.js';
import { finishWith, printData, type Cli } from '../cli.js';
import { durationMs } from '../duration.js';
import type { CliError } from '../errors.js';
import { configPath, readConfigFile } from '../files.js';

interface DoctorOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly clockOffset?: number;
}

export const addDoctor = (program: Command, cli: Cli): void => {
  program
    .command('doctor')
    .description('look at clock, network, keys, disk and permissions; say what to do')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .addOption(
      new Option('--clock-offset <time>', 'pretend that the clock is so much ahead')
        .argParser(durationMs)
        .hideHelp(),
    )
    .action((options: DoctorOptions) => finishWith(cli, doctor(cli, options)));
};

const doctor = (cli: Cli, options: DoctorOptions): ResultAsync<void, CliError> => {
  const path = configPath(cli.terminal, options.config);
  return readConfigFile(path, readDaemonConfig)
    .map((config) => withInherited(config, cli.terminal.env))
    .andThen((config) =>
      ResultAsync.fromSafePromise(examine(worldOf(options.clockOffset), path, config)),
    )
    .orElse((error) =>
      error.kind === 'config-problems'
        ? okAsync(problemsOf(error.problems, path))
        : errAsync(error),
    )
    .mapErr((error): CliError => error)
    .andThen((findings) => report(cli, findings, options.json));
};

const problemsOf = (
  problems: readonly Extract<Finding['verdict'], { kind: 'config-bad' }>['problem'][],
  about: string,
): readonly Finding[] =>
  problems.map((problem) => ({
    check: 'configuration',
    about,
    verdict: { kind: 'config-bad', problem },
  }));

/** Its own log would be between the lines. */
const worldOf = (offsetMs = 0): Io => {
  const io = nodeIo();
  const { clock } = io;
  return {
    ...io,
    clock: { ...clock, now: () => clock.now() + offsetMs },
    log: { write: () => undefined },
  };
};

const CHECK_WIDTH = 13;

const report = (
  cli: Cli,
  findings: readonly Finding[],
  json: boolean | undefined,
): ResultAsync<void, CliError> => {
  const diagnosed = findings.map(({ check, about, verdict }) => ({
    check,
    about,
    kind: verdict.kind,
    ...diagnose(verdict),
  }));
  const failed = diagnosed.filter(({ ok }) => !ok).length;
  const data: JsonObject = { ok: failed === 0, findings: diagnosed };
  const lines = diagnosed.map(({ ok, check, about, text, remedy }) => {
    const what = `${ok ? 'ok  ' : 'FAIL'}  ${check.padEnd(CHECK_WIDTH)} ${about}: ${text}`;
    return remedy === undefined ? what : `${what}; ${remedy}`;
  });
  printData(cli, data, { json, lines });
  return failed === 0 ? okAsync(undefined) : errAsync({ kind: 'not-well', failed });
};
