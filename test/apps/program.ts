/** The built program, for tests in which processes matter. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** `POSTERN` names another build. */
export const program =
  process.env['POSTERN'] ?? join(import.meta.dirname, '..', '..', 'dist', 'postern.js');

export const isBuilt = existsSync(program);
if (!isBuilt) console.warn('skipped: the programs are not built (npm run build)');

const TOOLS = ['bash', 'curl', 'python3'];
const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version']).status !== 0);
if (missing.length > 0) console.warn(`skipped: the checks need ${missing.join(', ')}`);

/** Whether shell checks can run: with the programs, and the tools that they are written with. */
export const canCheck = isBuilt && missing.length === 0;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end, with the program in its environment. */
export const runProgram = async (
  command: string,
  words: readonly string[],
  input = '',
): Promise<Ended> => {
  const child = spawn(command, words, { env: { ...process.env, POSTERN: program } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
  // A command that does not read has closed its end.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out, err };
};

export const postern = (...words: string[]): Promise<Ended> => runProgram(program, words);
