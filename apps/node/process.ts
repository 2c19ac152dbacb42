/**
 * Another process of this machine: whether it is alive, and waiting until it is not.
 * @module
 */
import { readFileSync } from 'node:fs';
import type { Clock } from '../../src/io/contracts.js';

const LOOK_MS = 20;
/** Behind the name in brackets, which may hold anything: proc(5). */
const STATE = /\) (\w)/;

/** One that has ended and whose parent has not looked yet is not alive. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
  return stateOf(pid) !== 'Z';
};

/** Where the system tells. */
const stateOf = (pid: number): string | undefined => {
  if (process.platform !== 'linux') return undefined;
  try {
    return STATE.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
};

/** Waits for the end of a process. @returns whether it came within `limitMs` */
export const hasEnded = async (pid: number, clock: Clock, limitMs: number): Promise<boolean> => {
  const untilMs = clock.monotonic() + limitMs;
  while (isAlive(pid) && clock.monotonic() < untilMs) await clock.sleep(LOOK_MS);
  return !isAlive(pid);
};
