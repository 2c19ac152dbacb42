/**
 * Where a command reads and writes: the process, or a test.
 * @module
 */
import { fstatSync, writeSync } from 'node:fs';
import { concat } from '../../src/bytes/writer.js';
import { terminalPrompter, type Prompter } from './prompter.js';

export interface Terminal {
  /** One line of result. */
  print(line: string): void;
  /** Result as it is. */
  write(bytes: Uint8Array): void;
  /** One line for people, such as a problem or progress. */
  tell(line: string): void;
  /**
   * Takes lines for an open descriptor; what nobody reads any more is lost.
   *
   * @returns `undefined` where the descriptor is not open, or none that can be written to
   */
  lines(descriptor: number): ((line: string) => void) | undefined;
  /** Everything on the standard input. */
  input(): Promise<Uint8Array>;
  /** Whoever can be asked questions; nobody where there is no terminal. */
  readonly prompter?: Prompter;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

const readAll = async (): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of process.stdin) if (piece instanceof Uint8Array) pieces.push(piece);
  return concat(...pieces);
};

const linesTo = (descriptor: number): ((line: string) => void) | undefined => {
  try {
    const stats = fstatSync(descriptor);
    // Descriptors of the runtime's own are none of these.
    if (!stats.isFile() && !stats.isFIFO() && !stats.isSocket() && !stats.isCharacterDevice()) {
      return undefined;
    }
  } catch {
    return undefined;
  }
  return (line) => {
    try {
      writeSync(descriptor, `${line}\n`);
    } catch {
      // Its reader has gone.
    }
  };
};

/** The one that this process was started at. */
export const processTerminal = (): Terminal => ({
  print: (line) => void process.stdout.write(`${line}\n`),
  write: (bytes) => void process.stdout.write(bytes),
  tell: (line) => void process.stderr.write(`${line}\n`),
  lines: linesTo,
  input: readAll,
  ...(process.stdin.isTTY && process.stdout.isTTY ? { prompter: terminalPrompter } : {}),
  env: process.env,
  workingDirectory: process.cwd(),
});
