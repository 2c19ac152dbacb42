/** Other people's mail programs, run against the bridges. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program's path, or `undefined` after saying that its tests are left out. */
export const program = (name: string): string | undefined => {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
  if (found === undefined) console.warn(`left out: no ${name} on this machine`);
  return found;
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Runs a program to its end; after `timeout` ms it is killed. */
export const run = (
  path: string,
  parameters: readonly string[],
  input: string | Uint8Array = '',
  timeout = 30_000,
): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const child = spawn(path, parameters, { timeout });
    const out = { stdout: '', stderr: '' };
    child.stdout.setEncoding('latin1').on('data', (text: string) => (out.stdout += text));
    child.stderr.setEncoding('latin1').on('data', (text: string) => (out.stderr += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...out }));
    child.stdin.on('error', () => undefined).end(input);
  });

/** Runs a Python script; its arguments are in `sys.argv[1:]`. */
export const python = (script: string, ...parameters: readonly string[]): Promise<Finished> =>
  run(program('python3') ?? 'python3', ['-c', script, ...parameters]);
