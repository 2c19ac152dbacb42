/**
 * The programs of a test network as processes in the background.
 * @module
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../src/io/contracts.js';
import { configFileOf, outputFileOf, type PartPlan, type UserPlan } from './plan.js';

/** The program that we are, for starting others of it. */
const PROGRAM = process.argv[1] ?? '';
const PRIVATE_FILE = 0o600;
const STOP_MS = 6000;
const LOOK_MS = 50;

export interface Started {
  readonly pid: number;
  /** Whether it has ended, for whatever reason. */
  readonly hasEnded: () => boolean;
}

/** Starts `postern` with these words, detached from us, its output in a file. */
export const startProgram = (
  words: readonly string[],
  place: { readonly directory: string },
): Started => {
  const output = openSync(outputFileOf(place), 'a', PRIVATE_FILE);
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: place.directory,
  });
  closeSync(output);
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  child.on('exit', end);
  child.on('error', end);
  child.unref();
  return { pid: child.pid ?? 0, hasEnded: () => ended };
};

export const startPartProcess = (part: PartPlan): Started =>
  startProgram(['node', part.role, 'run', '-f', configFileOf(part)], part);

export const startUserProcess = (user: UserPlan): Started =>
  startProgram(['daemon', '-f', configFileOf(user)], user);

/** The process that wrote this data directory's pid file, if it still is one of ours. */
export const runningPid = (place: {
  readonly directory: string;
  readonly dataDir: string;
}): number | undefined => {
  const pid = Number(readText(join(place.dataDir, 'pid')));
  return pid > 0 && isOurs(pid, place.directory) ? pid : undefined;
};

/** Whether the process is alive and was started with something of this directory. */
export const isOurs = (pid: number, directory: string): boolean =>
  isAlive(pid) && (commandLineOf(pid)?.includes(directory) ?? true);

/** What the process was started with, where the system tells; a dead one has nothing. */
const commandLineOf = (pid: number): string | undefined => {
  if (process.platform !== 'linux') return undefined;
  return readText(`/proc/${pid}/cmdline`);
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** Asks processes to end, and makes them when they take too long. */
export const stopProcesses = async (
  pids: readonly number[],
  directory: string,
  clock: Clock,
): Promise<void> => {
  const left = (): readonly number[] => pids.filter((pid) => isOurs(pid, directory));
  for (const pid of left()) process.kill(pid, 'SIGTERM');
  const untilMs = clock.monotonic() + STOP_MS;
  while (left().length > 0 && clock.monotonic() < untilMs) await clock.sleep(LOOK_MS);
  for (const pid of left()) process.kill(pid, 'SIGKILL');
  while (left().length > 0) await clock.sleep(LOOK_MS);
};
