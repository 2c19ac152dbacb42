/**
 * Where a command reads and writes: the process, or a test.
 * @module
 */
import { concat } from '../../src/bytes/writer.js';
import { terminalPrompter, type Prompter } from './prompter.js';

export interface Terminal {
  /** One line of result. */
  print(line: string): void;
  /** Result as it is. */
  write(bytes: Uint8Array): void;
  /** One line for people, such as a problem or progress. */
  tell(line: string): void;
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

/** The one that this process was started at. */
export const processTerminal = (): Terminal => ({
  print: (line) => void process.stdout.write(`${line}\n`),
  write: (bytes) => void process.stdout.write(bytes),
  tell: (line) => void process.stderr.write(`${line}\n`),
  input: readAll,
  ...(process.stdin.isTTY && process.stdout.isTTY ? { prompter: terminalPrompter } : {}),
  env: process.env,
  workingDirectory: process.cwd(),
});
