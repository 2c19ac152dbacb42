/**
 * A command that is run when mail has been delivered, such as `notmuch new`.
 *
 * It is run without a shell, never twice at once, and once for however many mails came while it ran
 * or shortly before. Whatever becomes of it, mail is delivered all the same.
 * @module
 */
import type { Clock, Log } from '../../src/io/contracts.js';
import { runProgram, type ProgramEnd } from './program.js';

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
  const { command, clock, log, limitMs = DEFAULT_LIMIT_MS } = options;
  const end = await runProgram({ command, limitMs, clock, signal });
  const reason = problemOf(end);
  if (signal.aborted || reason === undefined) return;
  log.write('warning', MODULE, 'the command behind a delivery has failed', { reason });
};

const problemOf = (end: ProgramEnd): string | undefined => {
  switch (end.kind) {
    case 'exit':
      return end.code === 0 ? undefined : `exit code ${end.code}`;
    case 'signal':
      return end.signal;
    case 'not-started':
      return end.code;
    case 'timeout':
    case 'aborted':
      return end.kind;
  }
};
