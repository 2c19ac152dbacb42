/** The daemon under a service manager: sockets that it is given, and what it tells. */
import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeClock } from '../../src/io/node.js';
import { makeSite, type Site } from './daemon/setup.js';
import { isBuilt, program } from './program.js';

let site: Site;
let file: string;
const servers: Server[] = [];
beforeEach(async () => {
  site = await makeSite();
  file = join(site.directory, 'c.toml');
  await writeFile(file, site.text());
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await site.dispose();
});

/** A socket that listens, as its descriptor and address. */
const listening = async (host: string): Promise<{ fd: number; port: number }> => {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const bound = server.address();
  // The handle of a server has no public name.
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  return { fd, port: typeof bound === 'object' ? (bound?.port ?? 0) : 0 };
};

/** Runs the daemon as a service manager does: `$$` is its own process id. */
const serve = (env: Record<string, string>, sockets: readonly number[]) => {
  const command = `LISTEN_PID=$$ exec "${program}" daemon -f "${file}"`;
  const child = spawn('sh', ['-c', command], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...sockets],
  });
  let said = '';
  child.stdout?.on('data', (piece: Buffer) => (said += piece.toString()));
  child.stderr?.on('data', (piece: Buffer) => (said += piece.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, said: () => said };
};

const until = async (isSo: () => Promise<boolean> | boolean): Promise<void> => {
  for (let i = 0; i < 1200 && !(await isSo()); i++) await nodeClock().sleep(50);
};

const greeting = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.on('error', reject);
    socket.once('data', (piece: Buffer) => {
      socket.destroy();
      resolve(piece.toString());
    });
  });

describe.skipIf(!isBuilt)('a daemon under a service manager', () => {
  it('serves the sockets that it is given', async () => {
    const [smtp, pop3] = [await listening('127.0.0.1'), await listening('127.0.0.1')];
    const env = { LISTEN_FDS: '2', LISTEN_FDNAMES: 'pop3:smtp' };
    const { child, ended, said } = serve(env, [pop3.fd, smtp.fd]);
    await until(() => said().includes('ready'));
    expect(said()).toContain(`smtp=127.0.0.1:${smtp.port} pop3=127.0.0.1:${pop3.port}`);
    // Our own copies must not answer.
    for (const server of servers.splice(0)) server.close();
    expect(await greeting(smtp.port)).toMatch(/^220 /);
    expect(await greeting(pop3.port)).toMatch(/^\+OK /);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('refuses one that is open to the world', async () => {
    const smtp = await listening('0.0.0.0');
    const { ended, said } = serve({ LISTEN_FDS: '1', LISTEN_FDNAMES: 'smtp' }, [smtp.fd]);
    expect(await ended).toBe(1);
    expect(said()).toMatch(/Proxy\.SMTPAddress: the socket that was passed .* not on loopback/);
  });

  it('tells when it is ready, reloads, lives and ends', async () => {
    const folder = join(site.directory, 'bin');
    const heardFile = join(site.directory, 'heard');
    await mkdir(folder);
    await writeFile(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$@" >>${heardFile}\n`);
    await chmod(join(folder, 'systemd-notify'), 0o700);
    const heard = (): Promise<string> => readFile(heardFile, 'utf8').catch(() => '');
    const env = {
      NOTIFY_SOCKET: '/nonexistent',
      WATCHDOG_USEC: '1000000',
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    };
    const { child, ended } = serve(env, []);
    await until(async () => (await heard()).includes('WATCHDOG=1'));
    child.kill('SIGHUP');
    await until(async () => /RELOADING=1[^]*READY=1/.test(await heard()));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    await until(async () => (await heard()).includes('STOPPING=1'));
    const told = (await heard()).split('\n').filter((line) => line && line !== 'WATCHDOG=1');
    expect(told).toEqual([
      'READY=1',
      expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+$/),
      'READY=1',
      'STOPPING=1',
    ]);
  });
});
