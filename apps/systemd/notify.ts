/**
 * What the service manager is told: that we are ready, reload, stop, and are alive.
 *
 * Its socket is a Unix datagram socket, which Node.js does not have, so its own tool `systemd-notify`
 * speaks for us; the unit must say `NotifyAccess=all`. Source: sd_notify(3).
 * @module
 */
import { spawn } from 'node:child_process';
import type { Clock, Log } from '../../src/io/contracts.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Supervisor {
  ready(): void;
  reloading(): void;
  stopping(): void;
  /** Says again and again that we are alive, where somebody wants to know, until `signal`. */
  keepAlive(clock: Clock, signal: AbortSignal): Promise<void>;
}

export interface SupervisorOptions {
  readonly env: Environment;
  readonly log: Log;
  /** Tells these words and resolves when they were taken: whether they were. */
  readonly tell?: (words: readonly string[]) => Promise<boolean>;
}

const NOBODY: Supervisor = {
  ready: () => undefined,
  reloading: () => undefined,
  stopping: () => undefined,
  keepAlive: () => Promise.resolve(),
};

const US_PER_MS = 1000;
const NS_PER_US = 1000n;

/** The service manager of this process; nobody where it was not started by one. */
export const makeSupervisor = (options: SupervisorOptions): Supervisor => {
  const { env, log } = options;
  const tell = options.tell ?? ((words: readonly string[]) => runNotify(words, env));
  if (env['NOTIFY_SOCKET'] === undefined) return NOBODY;
  // What was said first must be heard first.
  let last: Promise<unknown> = Promise.resolve();
  const say = (...words: readonly string[]): void => {
    last = last.then(async () => {
      if (await tell(words)) return;
      log.write('error', 'systemd', 'the service manager cannot be told', { what: words[0] });
    });
  };
  return {
    ready: () => say('READY=1'),
    reloading: () => say('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / NS_PER_US}`),
    stopping: () => say('STOPPING=1'),
    keepAlive: async (clock, signal) => {
      const everyMs = watchdogMs(env) / 2;
      while (everyMs > 0 && !signal.aborted) {
        say('WATCHDOG=1');
        await clock.sleep(everyMs, signal);
      }
    },
  };
};

/** How long we may be silent, ms; 0: for ever. */
const watchdogMs = (env: Environment): number => {
  const isMeant = env['WATCHDOG_PID'] === undefined || Number(env['WATCHDOG_PID']) === process.pid;
  const limitUs = Number(env['WATCHDOG_USEC'] ?? 0);
  return isMeant && limitUs > 0 ? limitUs / US_PER_MS : 0;
};

/** The sockets that were passed to us are not the tool's. */
const runNotify = (words: readonly string[], env: Environment): Promise<boolean> =>
  new Promise((resolve) => {
    const { PATH, NOTIFY_SOCKET } = env;
    const child = spawn('systemd-notify', words, { env: { PATH, NOTIFY_SOCKET }, stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
