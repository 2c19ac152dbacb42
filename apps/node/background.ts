/**
 * A part in the background: started apart from us, and waited for until it is ready or has ended.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { jsonLine } from '../cli/json-lines.js';

/** It has ended before it was ready; `log` is where its last words may be. */
export interface NotStarted {
  readonly kind: 'not-started';
  readonly message: string;
  readonly log: string;
}

export interface InBackground {
  readonly pid: number;
  readonly addresses: readonly string[];
}

/** The program that we are, for starting others of it. */
const PROGRAM = process.argv[1] ?? '';
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
/** Of the child: where it tells us, and what it says without a log file. */
const TELLS = 3;
const OUTPUT = 'output';

/**
 * Starts `postern` with these words, detached from us.
 *
 * @errors `not-started`: with what it said
 */
export const startInBackground = (
  words: readonly string[],
  dataDir: string,
): ResultAsync<InBackground, NotStarted> => {
  const log = join(dataDir, OUTPUT);
  mkdirSync(dataDir, { recursive: true, mode: PRIVATE_DIRECTORY });
  const output = openSync(log, 'a', PRIVATE_FILE);
  const child = spawn(process.execPath, [PROGRAM, ...words, '--json-fd', String(TELLS)], {
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
  });
  closeSync(output);
  return new ResultAsync(firstWord(child)).mapErr((message) => ({
    kind: 'not-started',
    message,
    log,
  }));
};

/** What it says first: that it is ready, or why it is not. */
const firstWord = (child: ChildProcess): Promise<Result<InBackground, string>> =>
  new Promise((resolve) => {
    let message = 'it has ended without a word';
    const told = child.stdio[TELLS] as Readable;
    const lines = createInterface({ input: told });
    const settle = (result: Result<InBackground, string>): void => {
      // Closing says so too, and the first word counts.
      resolve(result);
      lines.close();
      told.destroy();
      child.unref();
    };
    child.on('error', (error) => settle(err(error.message)));
    lines.on('line', (line) => {
      const said = parse(line);
      if (said?.type === 'error') message = said.message;
      if (said?.type === 'ready') settle(ok(said));
    });
    lines.on('close', () => settle(err(message)));
  });

const parse = (line: string) => {
  try {
    return jsonLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
};
