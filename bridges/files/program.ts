/**
 * A program of somebody's, run to its end: without a shell, in an environment without our secrets,
 * and not for ever.
 * @module
 */
import { spawn } from 'node:child_process';
import type { Clock } from '../../src/io/contracts.js';

export interface ProgramOptions {
  /** The program, by its path or its name, and its arguments; at least one. */
  readonly command: readonly string[];
  /** For its standard input; it need not read it. */
  readonly input?: Uint8Array;
  /** After this it is killed, with what it has started. */
  readonly limitMs: number;
  readonly clock: Clock;
  /** Kills it too. */
  readonly signal: AbortSignal;
}

/** How a program ended. */
export type ProgramEnd =
  | { readonly kind: 'exit'; readonly code: number }
  /** By somebody else's signal, such as `SIGSEGV`. */
  | { readonly kind: 'signal'; readonly signal: string }
  /** `code` is the system's, such as `ENOENT`. */
  | { readonly kind: 'not-started'; readonly code: string }
  | { readonly kind: 'timeout' | 'aborted' };

/** What belongs to this program only: sockets and secrets of the service manager. */
const OURS = /^(?:NOTIFY_SOCKET|LISTEN_.*|CREDENTIALS_DIRECTORY|WATCHDOG_.*|NODE_OPTIONS)$/;

/** Runs a program; resolves when it is gone. */
export const runProgram = async (options: ProgramOptions): Promise<ProgramEnd> => {
  const { clock, limitMs, signal } = options;
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  const isLate = clock.sleep(limitMs, ending).then(() => !ending.aborted);
  const end = await start(options, (kill) => {
    void isLate.then(kill);
  });
  over.abort();
  if (end.kind !== 'signal') return end;
  if (await isLate) return { kind: 'timeout' };
  return signal.aborted ? { kind: 'aborted' } : end;
};

const start = (
  { command: [program = '', ...parameters], input }: ProgramOptions,
  onRunning: (kill: () => void) => void,
): Promise<ProgramEnd> =>
  new Promise((resolve) => {
    // A group of its own, so that what it has started ends with it.
    const child = spawn(program, parameters, {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'ignore'],
      detached: true,
      env: environment(),
    });
    let isOver = false;
    child.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : 'start';
      resolve({ kind: 'not-started', code });
    });
    child.once('close', (code, signal) => {
      isOver = true;
      resolve(code === null ? { kind: 'signal', signal: String(signal) } : { kind: 'exit', code });
    });
    child.stdin?.on('error', () => undefined).end(input);
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
