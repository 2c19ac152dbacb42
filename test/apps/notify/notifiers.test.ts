/** Notifiers as a daemon runs them, on this machine. */
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDaemonConfig } from '../../../apps/daemon/config.js';
import { startNotifier, type RunningNotifier } from '../../../apps/notify/notifiers.js';
import type { NotifyRule } from '../../../apps/notify/rules.js';
import { memoryLog } from '../../../src/io/memory.js';
import { nodeClock, nodeIo } from '../../../src/io/node.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { Peer } from '../../bridges/peer.js';
import { makeSite } from '../daemon/setup.js';

const BOB = 'bob@p2.test';
const MAIL = 'Subject: $(touch pwned) <b>&\r\n\r\nx\r\n';

let folder: string;
let client: FakeClient;
let log: ReturnType<typeof memoryLog>;
let running: RunningNotifier[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notify-'));
  client = new FakeClient({ accounts: [BOB] });
  log = memoryLog({ clock: nodeClock() });
  running = [];
});
afterEach(async () => {
  for (const each of running) await each.close();
  await rm(folder, { recursive: true });
});

const start = async (rule: NotifyRule): Promise<void> => {
  const io = { ...nodeIo(), log };
  running.push((await startNotifier({ io, client }, rule))._unsafeUnwrap());
};

const eventually = async <T>(look: () => Promise<T> | T): Promise<T> => {
  for (let i = 0; ; i++) {
    try {
      return await look();
    } catch (error) {
      if (i >= 1200) throw error;
      await nodeClock().sleep(50);
    }
  }
};

const script = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
};

const lineIn = async (file: string): Promise<string> => {
  const text = await readFile(join(folder, file), 'utf8');
  expect(text).toMatch(/\n$/);
  return text;
};

describe('a notifier', () => {
  it('runs a program without a shell, with the notice on its standard input', async () => {
    const path = await script(
      'tell',
      `cd ${folder} && printf '%s|' "$@" >words && cat >input.new && mv input.new input`,
    );
    await start({ kind: 'program', path, words: ['$HOME', 'a b; touch pwned'], content: false });
    client.deliver(BOB, MAIL);
    expect(JSON.parse(await eventually(() => lineIn('input')))).toEqual({ account: BOB, count: 1 });
    expect(await readFile(join(folder, 'words'), 'utf8')).toBe('$HOME|a b; touch pwned|');
  });

  it('tells of the mail only where that is asked for', async () => {
    const path = await script(
      'tell',
      `cat >${folder}/input.new && mv ${folder}/input.new ${folder}/input`,
    );
    await start({ kind: 'program', path, words: [], content: true });
    client.deliver(BOB, MAIL);
    expect(JSON.parse(await eventually(() => lineIn('input')))).toEqual({
      account: BOB,
      count: 1,
      mails: [{ sender: null, subject: '$(touch pwned) <b>&', size: MAIL.length }],
    });
  });

  it('that fails is logged, by its kind, and goes on', async () => {
    const path = await script(
      'fail',
      `test -e ${folder}/second && exit 0; touch ${folder}/second; exit 3`,
    );
    await start({ kind: 'program', path, words: [], content: true });
    await start({ kind: 'program', path: join(folder, 'missing'), words: [], content: false });
    client.deliver(BOB, MAIL);
    await eventually(() => expect(log.lines.length).toBeGreaterThanOrEqual(2));
    const said = JSON.stringify(log.lines);
    expect(said).toMatch(/ended with 3/);
    expect(said).toMatch(/cannot be run/);
    expect(said).not.toMatch(/pwned|bob@p2/);
    const before = log.lines.length;
    await nodeClock().sleep(1100);
    client.deliver(BOB, MAIL);
    await eventually(() => expect(log.lines.length).toBe(before + 1));
  });

  it('streams to everybody on its socket, and lets nobody hold up another', async () => {
    const path = join(folder, 'notices');
    await start({ kind: 'socket', path, content: false });
    expect((await stat(path)).mode & 0o077).toBe(0);
    const dial = async (): Promise<Peer> => {
      const { network } = nodeIo();
      return new Peer(
        (await network.dial(`unix:${path}`, new AbortController().signal))._unsafeUnwrap(),
      );
    };
    const [one, two, gone] = [await dial(), await dial(), await dial()];
    gone.duplex.destroy();
    await nodeClock().sleep(100);
    client.deliver(BOB, MAIL);
    for (const peer of [one, two]) {
      expect(JSON.parse((await peer.line()) ?? '')).toEqual({ account: BOB, count: 1 });
      peer.duplex.destroy();
    }
  });

  it('posts to a web server of this machine', async () => {
    const posted: string[] = [];
    const server = createServer((request, response) => {
      request.on('data', (bytes: Uint8Array) => posted.push(new TextDecoder().decode(bytes)));
      request.on('end', () => response.writeHead(posted.length > 1 ? 500 : 204).end());
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await start({ kind: 'webhook', url: `http://127.0.0.1:${port}/mail`, content: false });
    client.deliver(BOB, MAIL);
    await eventually(() => expect(posted).toEqual(['account=bob%40p2.test&count=1']));
    await nodeClock().sleep(1100);
    client.deliver(BOB, MAIL);
    await eventually(() => expect(JSON.stringify(log.lines)).toMatch(/status 500/));
    server.close();
  });

  it('shows a message on the desktop, in which a subject is no mark-up', async () => {
    const path = await script(
      'notify-send',
      `printf '%s|' "$@" >${folder}/shown.new && mv ${folder}/shown.new ${folder}/shown`,
    );
    const before = process.env['PATH'];
    process.env['PATH'] = `${join(path, '..')}:${before}`;
    await start({ kind: 'desktop', content: true });
    client.deliver(BOB, MAIL);
    const shown = await eventually(() => readFile(join(folder, 'shown'), 'utf8'));
    process.env['PATH'] = before;
    expect(shown).toBe(
      `--app-name=Postern|--|New mail|${BOB}\nunknown: $(touch pwned) &lt;b&gt;&amp;|`,
    );
  });
});

describe('[[Notify]]', () => {
  it('has exactly one way, and keeps notices on this machine', async () => {
    const site = await makeSite();
    const read = (table: string) =>
      readDaemonConfig(site.text('', `[[Notify]]\n${table}`), 'c.toml');
    const problems = (table: string): string =>
      read(table).match(
        () => '',
        (found) => found.map(({ problem }) => problem).join(),
      );
    expect(problems('')).toMatch(/exactly one of Exec, Socket, Webhook, Desktop/);
    expect(problems('Desktop = true\nSocket = "/run/x"')).toMatch(/exactly one/);
    for (const url of [
      'http://example.org/',
      'https://192.0.2.1/',
      'ftp://127.0.0.1/',
      'http://127.0.0.1.example.org/',
      'http://a:b@127.0.0.1/',
      'x',
    ]) {
      expect(problems(`Webhook = "${url}"`), url).toMatch(/loopback/);
    }
    expect(problems('Exec = ["tell"]')).toMatch(/absolute path/);
    expect(problems('Exec = []')).not.toBe('');
    expect(problems('Content = true')).toMatch(/exactly one/);
    const rules = (table: string) => read(table)._unsafeUnwrap().notify;
    expect(rules('Exec = ["/bin/true", "x"]')).toEqual([
      { kind: 'program', path: '/bin/true', words: ['x'], content: false },
    ]);
    expect(rules('Webhook = "http://[::1]:8080/x"\nContent = true')).toEqual([
      { kind: 'webhook', url: 'http://[::1]:8080/x', content: true },
    ]);
    expect(rules('Desktop = true')).toEqual([{ kind: 'desktop', content: false }]);
    await site.dispose();
  });
});
