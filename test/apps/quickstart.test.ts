import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const program = join(import.meta.dirname, '..', '..', 'dist', 'postern.js');
const isBuilt = existsSync(program);
if (!isBuilt) console.warn('skipped: quickstart (the programs are not built: npm run build)');

const run = async (
  ...words: string[]
): Promise<{ code: number | null; out: string; err: string }> => {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { code, out, err };
};

describe.skipIf(!isBuilt)('postern quickstart --once', () => {
  it('sends a mail through a network of its own and prints it', async () => {
    const { code, out, err } = await run('quickstart', '--once');
    expect(err).toContain('fetched by POP3: byte for byte');
    expect(err).toContain('filed in the Maildir: the same');
    expect(out).toMatch(/^From: .*alice@p1\.test/m);
    expect(out).toContain('this mail crossed five hops');
    expect(code).toBe(0);
  });

  it('refuses what it does not understand', async () => {
    const { code, err } = await run('quickstart', '--size', 'huge');
    expect(err).toMatch(/size/);
    expect(code).toBe(2);
  });
});
