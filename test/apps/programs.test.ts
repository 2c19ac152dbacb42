/** The programs as processes: how they end, what they say, and where. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSite, type Site } from './daemon/setup.js';
import { isBuilt, postern, program } from './program.js';

const FIVE_SECONDS = 5000;

let site: Site;
let file: string;
let children: ChildProcess[];
beforeEach(async () => {
  site = await makeSite();
  file = join(site.directory, 'c.toml');
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await site.dispose();
});

interface Running {
  readonly child: ChildProcess;
  /** Everything that it has said. */
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

/** Starts the daemon and waits until it answers. */
const start = async (...words: string[]): Promise<Running> => {
  const child = spawn(program, ['daemon', '-f', file, ...words]);
  children.push(child);
  let said = '';
  child.stdout.on('data', (piece: Buffer) => (said += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const pidFile = join(site.dataDir, 'pid');
  while (!existsSync(pidFile) && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { child, said: () => said, ended };
};

describe.skipIf(!isBuilt)('postern daemon', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('ends cleanly at %s', async (signal) => {
    await writeFile(file, site.text());
    const { child, ended } = await start();
    expect(await readFile(join(site.dataDir, 'pid'), 'utf8')).toBe(`${child.pid}\n`);
    const from = performance.now();
    child.kill(signal);
    expect(await ended).toBe(0);
    expect(performance.now() - from).toBeLessThan(FIVE_SECONDS);
    expect(existsSync(join(site.dataDir, 'pid'))).toBe(false);
  });

  it('logs to standard output where no file is named', async () => {
    await writeFile(file, site.text());
    const { child, said, ended } = await start();
    child.kill('SIGTERM');
    await ended;
    expect(said()).toMatch(/NOTI daemon: ready smtp=127/);
    expect(said()).not.toContain('alice');
  });

  it('says nothing at all with the log disabled', async () => {
    await writeFile(file, site.text('', '[Logging]\n  Disable = true\n  File = "p.log"\n'));
    const { child, said, ended } = await start();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(said()).toBe('');
    expect(existsSync(join(site.dataDir, 'p.log'))).toBe(false);
  });

  it('still says why it cannot start', async () => {
    await writeFile(file, site.text('', '[Logging]\n  Disable = true\n'));
    await writeFile(site.config().storageKeyFile, 'short', { mode: 0o600 });
    const { code, err } = await postern('daemon', '-f', file);
    expect(err).toBe(`postern: ${site.config().storageKeyFile}: a storage key has 32 bytes\n`);
    expect(code).toBe(1);
  });

  it('is not talked into DEBUG by a level alone', async () => {
    await writeFile(file, site.text('', '[Logging]\n  Level = "debug"\n  File = "p.log"\n'));
    const { child, ended } = await start();
    child.kill('SIGTERM');
    await ended;
    const log = join(site.dataDir, 'p.log');
    expect((await stat(log)).mode & 0o077).toBe(0);
    const lines = (await readFile(log, 'utf8')).split('\n');
    expect(lines.filter((line) => line.includes('DEBUG needs UnsafeDebug'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes(' DEBU '))).toEqual([]);
  });

  it.each([
    ['DataDir = "data"', /^postern: .*c\.toml:\d+: Proxy\.DataDir: must be an absolute path$/m],
    ['SMTPAddress = "0.0.0.0:0"', /c\.toml:\d+: Proxy\.SMTPAddress: must be a loopback/],
  ])('refuses a file with %s', async (line, expected) => {
    const replaced = site
      .text()
      .replace(/DataDir = .*/, (kept) => (line.startsWith('DataDir') ? line : kept));
    const text = line.startsWith('DataDir') ? replaced : site.text(line);
    await writeFile(file, text);
    const { code, err } = await postern('daemon', '-f', file);
    expect(err).toMatch(expected);
    expect(code).toBe(2);
  });

  it('refuses a level that there is not', async () => {
    await writeFile(file, site.text('', '[Logging]\n  Level = "TRACE"\n'));
    const { code, err } = await postern('daemon', '-f', file);
    expect(err).toMatch(/c\.toml:\d+: Logging\.Level: must be one of ERROR, WARNING/);
    expect(code).toBe(2);
  });

  it('makes keys and ends, with -g', async () => {
    await writeFile(file, site.text());
    const first = await postern('daemon', '-g', '-f', file);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/^alice@p1\.test [A-Za-z0-9+/]{43}=\n$/);
    expect(await postern('daemon', '-g', '-f', file)).toEqual(first);
  });
});

describe.skipIf(!isBuilt)('postern node', () => {
  const mix = (): string => `
[Server]
  Identifier = "mix1"
  Addresses = [ "127.0.0.1:0" ]
  DataDir = "${site.dataDir}"
[PKI.Nonvoting]
  Address = "127.0.0.1:1"
  PublicKey = "${'ab'.repeat(32)}"
`;

  it('makes a key and ends, with -g', async () => {
    await writeFile(file, mix());
    const first = await postern('node', 'mix', 'run', '-g', '-f', file);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
    expect(await postern('node', 'mix', 'run', '-g', '-f', file)).toEqual(first);
  });

  it('refuses the file of another role', async () => {
    await writeFile(file, mix());
    const { code, err } = await postern('node', 'provider', 'run', '-f', file);
    expect(err).toBe('postern: --config: this is the file of a mix\n');
    expect(code).toBe(2);
  });
});
