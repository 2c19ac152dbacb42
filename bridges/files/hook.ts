/**
 * A command that is run when mail has been delivered, such as `notmuch new`.
 *
 * It is run without a shell, never twice at once, and once for however many mails came while it ran
 * or shortly before. Whatever becomes of it, mail is delivered all the same.
 * @module
 */
import { spawn } from 'node:child_process';
import type { Clock, Log } from '../../src/io/contracts.js';

const MODULE = 'hook';
const DEFAULT_QUIET_MS = 1000;
const DEFAULT_LIMIT_MS = 5 * 60_000;

export interface HookOptions {
  /** The program, by its path or its name, and its arguments; at least one. */
  readonly command: readonly string[];
  /** How long after a delivery it starts, so that others may come along; default a second. */
  readonly quietMs?: number;
  /** How long it may take until it is killed; default five minutes. */
  readonly limitMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Hook {
  /** There is something new. */
  fire(): void;
  /** Starts it no more; one that runs is killed. */
  close(): Promise<void>;
}

/** What belongs to this program only: sockets and secrets of the service manager. */
const OURS = /^(?:NOTIFY_SOCKET|LISTEN_.*|CREDENTIALS_DIRECTORY|WATCHDOG_.*|NODE_OPTIONS)$/;

/** A hook that has not been fired yet. */
export const openHook = (options: HookOptions): Hook => {
  const stop = new AbortController();
  let isWanted = false;
  let running: Promise<void> | undefined;
  const work = async (): Promise<void> => {
    const { clock, quietMs = DEFAULT_QUIET_MS } = options;
    while (isWanted) {
      await clock.sleep(quietMs, stop.signal);
      if (stop.signal.aborted) break;
      isWanted = false;
      await runOnce(options, stop.signal);
    }
    running = undefined;
  };
  return {
    fire: () => {
      isWanted = true;
      running ??= work();
    },
    close: async () => {
      stop.abort();
      await running;
    },
  };
};

const runOnce = async (options: HookOptions, signal: AbortSignal): Promise<void> => {
  const { clock, log, limitMs = DEFAULT_LIMIT_MS } = options;
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  const isLate = clock.sleep(limitMs, ending).then(() => !ending.aborted);
  const ended = start(options.command, (kill) => {
    void isLate.then(kill);
  });
  const problem = await ended;
  over.abort();
  if (signal.aborted || problem === undefined) return;
  log.write('warning', MODULE, 'the command behind a delivery has failed', {
    reason: (await isLate) ? 'timeout' : problem,
  });
};

/** Runs a command to its end; what is wrong with it, or `undefined`. */
const start = (
  [program = '', ...parameters]: readonly string[],
  onRunning: (kill: () => void) => void,
): Promise<string | undefined> =>
  new Promise((resolve) => {
    // A group of its own, so that what it has started ends with it.
    const child = spawn(program, parameters, {
      stdio: 'ignore',
      detached: true,
      env: environment(),
    });
    let isOver = false;
    child.once('error', (error) => resolve('code' in error ? String(error.code) : 'start'));
    child.once('close', (code, signal) => {
      isOver = true;
      resolve(code === 0 ? undefined : (signal ?? `exit code ${String(code)}`));
    });
    // Its number may be somebody else's by then.
    onRunning(() => {
      if (!isOver) killGroup(child.pid);
    });
  });

const killGroup = (pid: number | undefined): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
};

const environment = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS.test(name)));
