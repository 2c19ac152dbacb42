/** Runs a program of `examples/` as its readers do, from the built package. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export interface ExampleRun {
  readonly code: number | null;
  readonly output: string;
  readonly tookMs: number;
  /** System calls that made a socket; `undefined` where nobody counted. */
  readonly sockets: readonly string[] | undefined;
}

const hasStrace = (): boolean => spawnSync('strace', ['-V']).status === 0;

/** Runs `file` (from the project's root); with `strace` where it is installed, to count sockets. */
export const runExample = async (
  file: string,
  { countSockets = false }: { readonly countSockets?: boolean } = {},
): Promise<ExampleRun> => {
  const directory = mkdtempSync(join(tmpdir(), 'postern-example-'));
  const trace = join(directory, 'trace');
  const node = [process.execPath, join(root, file)];
  const traced = countSockets && hasStrace();
  if (countSockets && !traced) console.warn('sockets are not counted: strace is not installed');
  const [command = '', ...args] = traced
    ? ['strace', '-f', '-qq', '-e', 'trace=socket', '-o', trace, ...node]
    : node;
  const run = await runToEnd(command, args);
  const sockets = traced
    ? readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => line.includes('socket('))
    : undefined;
  rmSync(directory, { recursive: true });
  return { ...run, sockets };
};

const runToEnd = (command: string, args: readonly string[]): Promise<Omit<ExampleRun, 'sockets'>> =>
  new Promise((resolve, reject) => {
    const startMs = performance.now();
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, tookMs: performance.now() - startMs }));
  });
