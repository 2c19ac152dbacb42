/**
 * Programs on Node.js, each with its own group of processes, so that none of them outlives us.
 * @module
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ChildProcess, Processes } from '../contracts.js';

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** What programs need; the rest, such as where a service manager put our secrets, is ours. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ', 'SystemRoot'];

const environment = (): Record<string, string> =>
  Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Also reaches what the program has started; what is gone already needs nothing. */
const signalGroup = ({ pid }: Child, signal: 'SIGTERM' | 'SIGKILL'): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // None of them is left.
  }
};

/** Those that run: an exit of ours that closes nothing must end them all the same. */
const running = new Set<Child>();
const killAll = (): void => {
  for (const child of running) signalGroup(child, 'SIGKILL');
};

const remember = (child: Child): void => {
  if (running.size === 0) process.once('exit', killAll);
  running.add(child);
};

const forget = (child: Child): void => {
  running.delete(child);
  if (running.size === 0) process.off('exit', killAll);
};

/** A stream that breaks has ended. */
const piecesOf = async function* (stream: Readable): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const piece of stream) if (piece instanceof Uint8Array) yield piece;
  } catch {
    return;
  }
};

const wrap = (child: Child): ChildProcess => {
  let isGone = false;
  const gone = new Promise<'ended' | 'not-started'>((resolve) => {
    child.once('error', () => {
      isGone ||= child.pid === undefined;
      if (child.pid === undefined) resolve('not-started');
    });
    child.once('exit', () => {
      isGone = true;
      // Before its number can be another's: what it has left behind.
      signalGroup(child, 'SIGKILL');
      forget(child);
      resolve('ended');
    });
  });
  const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
    if (!isGone) signalGroup(child, name);
  };
  return {
    output: piecesOf(child.stdout),
    complaints: piecesOf(child.stderr),
    gone,
    terminate: () => signal('SIGTERM'),
    kill: () => signal('SIGKILL'),
  };
};

/** Programs of this machine. */
export const nodeProcesses = (): Processes => ({
  start: (command, args) => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      env: environment(),
    });
    // Nothing is ever written to it.
    child.stdin.on('error', () => undefined);
    if (child.pid !== undefined) remember(child);
    return wrap(child);
  },
});
