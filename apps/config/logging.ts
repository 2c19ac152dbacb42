/**
 * The log as a configuration file asks for it.
 * @module
 */
import { closeSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type * as z from 'zod';
import type { LogLevel } from '../../src/io/contracts.js';
import { nodeLog, openLogFile, type NodeLog } from '../../src/io/node.js';
import type { loggingSchema } from './keys.js';
import { codeOf, plainFileProblem } from './plain-file.js';

export interface LoggingConfig {
  readonly disabled: boolean;
  /** Absolute; standard output where absent. */
  readonly file?: string;
  readonly level: LogLevel;
  /** At `debug`, names and keys are printed as they are. */
  readonly unsafeDebug: boolean;
}

const LEVELS: Readonly<Record<string, LogLevel>> = {
  ERROR: 'error',
  WARNING: 'warning',
  NOTICE: 'notice',
  INFO: 'info',
  DEBUG: 'debug',
};

/** Relative file names are under the data directory. */
export const loggingOf = (
  logging: z.output<typeof loggingSchema> | undefined,
  dataDir: string,
): LoggingConfig => {
  const level = LEVELS[logging?.Level ?? 'NOTICE'] ?? 'notice';
  const unsafeDebug = logging?.UnsafeDebug ?? false;
  const file = logging?.File ?? '';
  return {
    disabled: logging?.Disable ?? false,
    level,
    unsafeDebug,
    ...(file === '' ? {} : { file: isAbsolute(file) ? file : join(dataDir, file) }),
  };
};

/** The log of a program, which can become another while it is written to. */
export interface ProgramLog extends NodeLog {
  /** From the next line on. */
  configure(config: LoggingConfig): void;
}

const SILENT: NodeLog = {
  write: () => undefined,
  reopen: () => undefined,
  close: () => undefined,
};

/**
 * Opens the log; `DEBUG` without `UnsafeDebug` is `INFO`, and says so once. Names and keys are
 * printed at `DEBUG` only.
 */
export const openLog = (config: LoggingConfig): ProgramLog => {
  let log = makeLog(config);
  return {
    write: (...line) => log.write(...line),
    reopen: () => log.reopen(),
    close: () => log.close(),
    configure: (next) => {
      log.close();
      log = makeLog(next);
    },
  };
};

const makeLog = (config: LoggingConfig): NodeLog => {
  if (config.disabled) return SILENT;
  const isDebug = config.level === 'debug';
  const tooMuch = isDebug && !config.unsafeDebug;
  const log = nodeLog({
    level: tooMuch ? 'info' : config.level,
    unsafeDebug: isDebug && config.unsafeDebug,
    ...(config.file === undefined ? { write: toStandardOutput } : { file: config.file }),
  });
  checkFile(log, config);
  if (tooMuch) log.write('warning', 'log', 'DEBUG needs UnsafeDebug = true; the level is INFO');
  return {
    ...log,
    reopen: () => {
      log.reopen();
      checkFile(log, config);
    },
  };
};

/** Says, where all lines then go, the standard error stream, that and why they go there. */
const checkFile = (log: NodeLog, { file }: LoggingConfig): void => {
  if (file === undefined) return;
  try {
    closeSync(openLogFile(file));
  } catch (thrown) {
    const code = codeOf(thrown);
    const reason = code === 'ENOENT' ? 'there is no such directory' : plainFileProblem(code);
    log.write('error', 'log', 'the log file cannot be opened', { file, reason });
  }
};

const toStandardOutput = (line: string): void => void process.stdout.write(`${line}\n`);
