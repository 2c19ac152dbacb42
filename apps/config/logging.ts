/**
 * The log as a configuration file asks for it.
 * @module
 */
import { closeSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type * as z from 'zod';
import type { LogLevel } from '../../src/io/contracts.js';
import { nodeLog, openLogFile, type NodeLog, type NodeLogOptions } from '../../src/io/node.js';
import type { loggingSchema } from './keys.js';
import { codeOf, plainFileProblem } from './plain-file.js';

export interface LoggingConfig {
  readonly disabled: boolean;
  /** Absolute; standard output where absent. */
  readonly file?: string;
  readonly level: LogLevel;
  /** At `debug`, names and keys are printed as they are. */
  readonly unsafeDebug: boolean;
  /** Lines go to standard output too, wherever else they go. */
  readonly echo?: boolean;
  /** Nothing goes to standard output; errors that would go there go to standard error. */
  readonly quiet?: boolean;
}

/** Ours, and those of mixminiond that differ. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  FATAL: 'error',
  ERROR: 'error',
  WARN: 'warning',
  WARNING: 'warning',
  NOTICE: 'notice',
  INFO: 'info',
  DEBUG: 'debug',
  TRACE: 'debug',
};

/** A level by its name, whatever its case. */
export const levelNamed = (name: string): LogLevel | undefined => LEVELS[name.toUpperCase()];

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
  let logs = makeLogs(config);
  const close = (): void => logs.forEach((log) => log.close());
  return {
    write: (...line) => logs.forEach((log) => log.write(...line)),
    reopen: () => logs.forEach((log) => log.reopen()),
    close,
    configure: (next) => {
      close();
      logs = makeLogs(next);
    },
  };
};

/** The log, and its echo where that goes elsewhere. */
const makeLogs = (config: LoggingConfig): readonly NodeLog[] => {
  const { echo = false, quiet = false, file, disabled, level, unsafeDebug } = config;
  const isElsewhere = disabled || file !== undefined;
  const log = makeLog(config);
  if (!echo || quiet || !isElsewhere) return [log];
  return [log, makeLog({ disabled: false, level, unsafeDebug })];
};

const makeLog = (config: LoggingConfig): NodeLog => {
  if (config.disabled) return SILENT;
  const isDebug = config.level === 'debug';
  const tooMuch = isDebug && !config.unsafeDebug;
  const log = nodeLog({
    level: tooMuch ? 'info' : config.level,
    unsafeDebug: isDebug && config.unsafeDebug,
    ...placeOf(config),
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

const placeOf = ({ file, quiet = false }: LoggingConfig): NodeLogOptions => {
  if (file !== undefined) return { file };
  return quiet ? { level: 'error' } : { write: toStandardOutput };
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
