/**
 * The log on Node.js: to the standard error stream, a file, or wherever lines shall go.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Log, LogLevel } from '../contracts.js';
import { lineLog } from '../log-line.js';

export interface NodeLogOptions {
  /** What is less grave is left out; default `notice`. */
  readonly level?: LogLevel;
  /** Takes each line, without line feed; default the file, else the standard error stream. */
  readonly write?: (line: string) => void;
  /** Absolute path, appended to and made with mode 0600. */
  readonly file?: string;
  /** Prints identifiers as they are. */
  readonly unsafeDebug?: boolean;
  /** Key of the identifiers' hash; default random per process. */
  readonly secret?: Uint8Array;
}

export interface NodeLog extends Log {
  /** Opens the file anew, for after it was renamed. */
  reopen(): void;
  close(): void;
}

interface LineFile {
  readonly write: (line: string) => void;
  close(): void;
}

const FILE_MODE = 0o600;
/** A pipe that nobody reads, or whose reader is slow, must not hold up the program. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
const SECRET_LENGTH = 32;
const MINUTE_MS = 60_000;

/** One secret per process, so that one name looks the same in all its logs. */
let processSecret: Uint8Array | undefined;

const localTimeOfDayMs = (): number => {
  const now = new Date();
  return now.getTime() - now.getTimezoneOffset() * MINUTE_MS;
};

const writeToStandardError = (line: string): void => void process.stderr.write(`${line}\n`);

/** Opens what lines are appended to; throws what the system says. @returns the descriptor */
export const openLogFile = (path: string): number => openSync(path, APPEND, FILE_MODE);

/** Opened at the first line; what cannot be written to it goes to the standard error stream. */
const lineFile = (path: string): LineFile => {
  let descriptor: number | undefined;
  return {
    write: (line) => {
      try {
        descriptor ??= openLogFile(path);
        writeSync(descriptor, `${line}\n`);
      } catch {
        writeToStandardError(line);
      }
    },
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
};

/** A log with local times and identifiers hidden. */
export const nodeLog = (options: NodeLogOptions = {}): NodeLog => {
  const file = options.file === undefined ? undefined : lineFile(options.file);
  processSecret ??= new Uint8Array(randomBytes(SECRET_LENGTH));
  const log = lineLog({
    level: options.level ?? 'notice',
    secret: options.secret ?? processSecret,
    unsafeDebug: options.unsafeDebug ?? false,
    timeOfDayMs: localTimeOfDayMs,
    write: options.write ?? file?.write ?? writeToStandardError,
  });
  // The next line opens the file again.
  const close = (): void => file?.close();
  return { ...log, reopen: close, close };
};
