/**
 * The signals of a program that runs until it is told to end, and the file with its process id.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { utf8 } from '../../src/bytes/text.js';
import type { Files, FilesError } from '../../src/io/contracts.js';

export interface Stop {
  /** Resolves at the first TERM, INT or QUIT, or at {@link Stop.request}. */
  readonly requested: Promise<void>;
  request(): void;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

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

/** Writes our process id into a file. @returns removes it again */
export const writePidFile = (
  files: Files,
  path: string,
): ResultAsync<() => Promise<void>, FilesError> =>
  files.write(path, utf8(`${process.pid}\n`)).map(() => async () => {
    // A file that stays names a process that is no more; nobody is misled for long.
    await files.remove(path).unwrapOr(undefined);
  });
