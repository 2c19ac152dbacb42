import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { ResultAsync } from 'neverthrow';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sentenceOf } from '../../../apps/cli/sentences.js';
import { generateKeys, withOfflineClient } from '../../../apps/daemon/daemon.js';
import { utf8 } from '../../../src/bytes/text.js';
import { callDaemon } from '../../../src/control/call.js';
import { nodeIo } from '../../../src/io/node.js';
import { makeSite, type Site } from './setup.js';

let site: Site;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(() => site.dispose());

const { network } = nodeIo();
const call = async (socket: string, method: string, params = {}): Promise<unknown> =>
  (await callDaemon({ network, path: socket }, method, params))._unsafeUnwrap();

const MAIL = utf8('From: alice@p1.test\r\nTo: bob@p2.test\r\nSubject: hi\r\n\r\nx\r\n');

/** Every file under a directory with its bytes. */
const contents = async (directory: string): Promise<Record<string, string>> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const read = files.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path, (await readFile(path)).toString('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(read));
};

describe('a daemon', () => {
  it('makes everything private, and answers when it is up', async () => {
    const daemon = await site.start();
    for (const path of [site.dataDir, daemon.socket, site.config().storageKeyFile]) {
      expect((await stat(path)).mode & 0o077).toBe(0);
    }
    expect(await readdir(join(site.directory, 'Maildir'))).toEqual(['cur', 'new', 'tmp']);
    expect(await call(daemon.socket, 'status')).toMatchObject({
      pid: process.pid,
      smtp: daemon.smtp,
      pop3: daemon.pop3,
      connected: false,
      outbox: { mails: 0, blocks: 0 },
      fragments: 0,
    });
  });

  it('keeps its bridge password and what was sent', async () => {
    const first = await site.start();
    const password = first.passwords.get('alice@p1.test');
    expect(password).toMatch(/^[0-9a-f]{24}$/);
    await first.client.send({ account: 'alice@p1.test', to: 'bob@p2.test', mail: MAIL });
    await first.close();
    const second = await site.start();
    expect(second.passwords.get('alice@p1.test')).toBe(password);
    expect(await call(second.socket, 'account.show', { account: 'alice@p1.test' })).toMatchObject({
      password,
    });
    expect(second.client.outbox.list()).toMatchObject([{ recipient: 'bob@p2.test' }]);
  });

  it('is alone in its directory, and unharmed by the attempt', async () => {
    const first = await site.start();
    const before = await contents(site.dataDir);
    const refusal = await site.refusal();
    expect(sentenceOf(refusal)).toBe(`it is running already: it answers on ${first.socket}`);
    expect(await contents(site.dataDir)).toEqual(before);
    expect(await call(first.socket, 'recipients.list')).toHaveLength(1);
  });

  it('takes over the socket of one that died', async () => {
    await mkdir(site.dataDir, { mode: 0o700 });
    const { socket } = site.config();
    const listen = `require('node:net').createServer().listen(${JSON.stringify(socket)})`;
    const dead = spawn(process.execPath, ['-e', listen]);
    while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));
    dead.kill('SIGKILL');
    await new Promise((resolve) => dead.on('exit', resolve));
    expect(existsSync(socket)).toBe(true);
    expect(await call((await site.start()).socket, 'status')).toMatchObject({ fragments: 0 });
  });

  it('ends within five seconds whoever stays connected, and holds its lock to the last', async () => {
    const daemon = await site.start();
    const { signal } = new AbortController();
    const places = [`${daemon.smtp}`, `${daemon.pop3}`, `unix:${daemon.socket}`];
    for (const place of [...places, `unix:${daemon.socket}`]) {
      const peer = (await network.dial(place, signal))._unsafeUnwrap();
      expect((await peer.read())?.length).toBeGreaterThan(0);
    }
    const from = performance.now();
    const closing = daemon.close();
    const second = await site.refusal();
    expect(second).toMatchObject({ kind: 'already-running' });
    await closing;
    expect(performance.now() - from).toBeLessThan(5000);
    expect(existsSync(daemon.socket)).toBe(false);
    await site.start();
  });

  it('waits for a command that looks into its stores', async () => {
    await (await site.start()).close();
    let release = (): void => undefined;
    const looking = withOfflineClient(site.config(), { io: nodeIo() }, () =>
      ResultAsync.fromSafePromise(new Promise<void>((resolve) => (release = resolve))),
    );
    const starting = site.start();
    setTimeout(() => release(), 500);
    expect((await looking).isOk()).toBe(true);
    expect((await starting).client.accounts.list()).toEqual(['alice@p1.test']);
  });

  it('says which version it is', async () => {
    const { socket } = await site.start();
    const file = new URL('../../../package.json', import.meta.url);
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
    expect(await call(socket, 'status')).toMatchObject({ version, needsRestart: [] });
  });

  it('leaves no listener where there shall be none', async () => {
    const quiet = await site.start(site.config('NoLaunchListeners = true'));
    expect([quiet.smtp, quiet.pop3]).toEqual([undefined, undefined]);
    expect(await call(quiet.socket, 'status')).toMatchObject({ smtp: null, pop3: null });
  });

  it('turns one listener off by an empty address', async () => {
    const half = await site.start(site.config('POP3Address = ""'));
    expect(half.smtp).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(half.pop3).toBeUndefined();
  });

  it('tells that somebody wants it to end', async () => {
    const daemon = await site.start();
    await call(daemon.socket, 'shutdown');
    expect(site.shutdowns).toBe(1);
  });

  it('reads the recipients again when asked', async () => {
    const daemon = await site.start();
    await rm(join(site.dataDir, 'recipients', 'bob@p2.test.pem'));
    await writeFile(join(site.dataDir, 'recipients', 'eve@p2.test.pem'), 'rubbish');
    expect((await daemon.rescan())._unsafeUnwrap()).toMatchObject([{ kind: 'recipient-file' }]);
    expect(daemon.client.recipients.list()).toEqual([]);
  });
});

describe('a daemon that cannot start', () => {
  it('names the port in use and the key that sets it', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const bound = taken.address();
    const port = typeof bound === 'object' ? bound?.port : undefined;
    for (const key of ['SMTPAddress', 'POP3Address']) {
      const refusal = await site.refusal(site.config(`${key} = "127.0.0.1:${port}"`));
      const where = `cannot listen on 127.0.0.1:${port}: it is in use`;
      expect(sentenceOf(refusal)).toBe(`Proxy.${key}: ${where}`);
    }
    await new Promise((resolve) => taken.close(resolve));
    await site.start();
  });

  it('refuses a data directory that others can read', async () => {
    await mkdir(site.dataDir, { mode: 0o755 });
    await chmod(site.dataDir, 0o755);
    expect(await site.refusal()).toEqual({
      kind: 'private-file',
      path: site.dataDir,
      problem: 'open-to-others',
    });
  });

  it('refuses a data directory that is a file', async () => {
    await writeFile(site.dataDir, '');
    expect(await site.refusal()).toMatchObject({ problem: 'not-a-directory' });
  });

  it.each([
    ['open-to-others', 32, 0o640],
    ['wrong-length', 31, 0o600],
  ])('refuses a storage key that is %s', async (problem, length, mode) => {
    const path = site.config().storageKeyFile;
    await writeFile(path, new Uint8Array(length));
    await chmod(path, mode);
    expect(await site.refusal()).toEqual({ kind: 'private-file', path, problem });
  });

  it('does not draw a new storage key beside an old store', async () => {
    await (await site.start()).close();
    const path = site.config().storageKeyFile;
    await rm(path);
    expect(await site.refusal()).toEqual({ kind: 'private-file', path, problem: 'lost-key' });
    expect(await readdir(dirname(path))).not.toContain('data.storage.key');
  });

  it('leaves the store alone when the key is another', async () => {
    await (await site.start()).close();
    await writeFile(site.config().storageKeyFile, new Uint8Array(32).fill(7), { mode: 0o600 });
    const before = await contents(site.dataDir);
    expect(await site.refusal()).toEqual({ kind: 'store-key' });
    expect(await contents(site.dataDir)).toEqual(before);
  });
});

describe('a client without a daemon', () => {
  it('makes keys once', async () => {
    const make = async () => (await generateKeys(site.config(), { io: nodeIo() }))._unsafeUnwrap();
    const first = await make();
    expect([...first.keys()]).toEqual(['alice@p1.test']);
    expect(await make()).toEqual(first);
  });

  it('queues what the daemon then sends', async () => {
    const send = { account: 'alice@p1.test', to: 'bob@p2.test', mail: MAIL };
    const queued = await withOfflineClient(site.config(), { io: nodeIo() }, (client) =>
      client.send(send),
    );
    const [sent] = queued._unsafeUnwrap();
    const daemon = await site.start();
    expect(daemon.client.outbox.list()).toMatchObject([{ messageId: sent?.messageId }]);
  });
});
