/**
 * The log as a configuration file asks for it.
 * @module
 */
import { isAbsolute, join } from 'node:path';
import type { z } from 'zod';
import type { LogLevel } from '../../src/io/contracts.js';
import { nodeLog, type NodeLog } from '../../src/io/node.js';
import type { loggingSchema } from './keys.js';

export interface LoggingConfig {
  readonly disabled: boolean;
  /** Absolute; standard output where absent. */
  readonly file?: string;
  readonly level: LogLevel;
  /** Names and keys are printed as they are. */
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
  const file = logging?.File;
  return {
    disabled: logging?.Disable ?? false,
    level,
    unsafeDebug,
    ...(file === undefined ? {} : { file: isAbsolute(file) ? file : join(dataDir, file) }),
  };
};

const SILENT: NodeLog = {
  write: () => undefined,
  reopen: () => undefined,
  close: () => undefined,
};

/** Opens the log; `DEBUG` without `UnsafeDebug` is `INFO`, and says so once. */
export const openLog = (config: LoggingConfig): NodeLog => {
  if (config.disabled) return SILENT;
  const tooMuch = config.level === 'debug' && !config.unsafeDebug;
  const level = tooMuch ? 'info' : config.level;
  const log = nodeLog({
    level,
    unsafeDebug: config.unsafeDebug,
    ...(config.file === undefined ? { write: toStandardOutput } : { file: config.file }),
  });
  if (tooMuch) log.write('warning', 'log', 'DEBUG needs UnsafeDebug = true; the level is INFO');
  return log;
};

const toStandardOutput = (line: string): void => void process.stdout.write(`${line}\n`);
