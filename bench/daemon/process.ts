/**
 * A daemon as a process of its own, as people run it, and what the system tells of it.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, 'postern.js');
/** Linux counts CPU time in these. */
const TICKS_PER_S = 100;
const BYTES_PER_KB = 1024;

export interface DaemonProcess {
  /** When it was started, on the clock of `performance`. */
  readonly startedMs: number;
  /** Resident, MB of a million bytes. */
  residentMb(): number;
  /** With all threads. */
  cpuSeconds(): number;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts `postern daemon`; what it says goes to our standard error stream. */
export const startDaemonProcess = (config: string): DaemonProcess => {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [PROGRAM, 'daemon', '-f', config], {
    stdio: ['ignore', 2, 2],
  });
  // Also when the bench itself dies.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const about = (file: string): string => readFileSync(`/proc/${child.pid ?? 0}/${file}`, 'utf8');
  return {
    startedMs,
    residentMb: () => (fieldOf(about('status'), 'VmRSS') * BYTES_PER_KB) / 1e6,
    cpuSeconds: () => ticksOf(about('stat')) / TICKS_PER_S,
    stop: () => stop(child),
  };
};

/** Whether the system tells what processes use. */
export const canMeasure = process.platform === 'linux';

const stop = async (child: ChildProcess): Promise<void> => {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await gone;
};

const fieldOf = (status: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? NaN);

/** proc(5): utime and stime are the 12th and 13th fields behind the name, which may hold spaces. */
const ticksOf = (stat: string): number => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
};
