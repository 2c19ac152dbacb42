/**
 * A log that keeps its lines, written exactly as a node writes them.
 * @module
 */
import type { Clock, Log, LogLevel } from './contracts.js';
import { lineLog } from './log-line.js';

export interface MemoryLog extends Log {
  readonly lines: readonly string[];
}

export interface MemoryLogOptions {
  /** Times are in UTC; without a clock it is always midnight. */
  readonly clock?: Clock;
  /** Default `debug`: everything. */
  readonly level?: LogLevel;
  readonly secret?: Uint8Array;
  readonly unsafeDebug?: boolean;
}

/** Collects lines; identifiers are hidden with a fixed key unless one is given. */
export const memoryLog = (options: MemoryLogOptions = {}): MemoryLog => {
  const { clock, level = 'debug', secret = new Uint8Array(32), unsafeDebug = false } = options;
  const lines: string[] = [];
  const timeOfDayMs = (): number => clock?.now() ?? 0;
  const write = (line: string): void => void lines.push(line);
  return { ...lineLog({ level, secret, unsafeDebug, timeOfDayMs, write }), lines };
};
