/**
 * The signals of a program that runs until it is told to end, and the file with its process id.
 * @module
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Stop {
  /** Resolves at the first TERM, INT or QUIT, or at {@link Stop.request}. */
  readonly requested: Promise<void>;
  request(): void;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
const PID_FILE_MODE = 0o600;

/** From now on the first signal asks for a clean end, and the second ends the process at once. */
export const awaitStop = (): Stop => {
  let request = (): void => undefined;
  const requested = new Promise<void>((resolve) => {
    request = resolve;
  });
  let isAsked = false;
  const onSignal = (): void => {
    if (isAsked) process.exit(1);
    isAsked = true;
    request();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return { requested, request: () => request() };
};

export const onHangUp = (act: () => void): void => void process.on('SIGHUP', act);

/** Writes our process id into the data directory. @returns removes it again */
export const writePidFile = async (dataDir: string): Promise<() => Promise<void>> => {
  const path = join(dataDir, 'pid');
  await writeFile(path, `${process.pid}\n`, { mode: PID_FILE_MODE });
  return () => rm(path, { force: true });
};
