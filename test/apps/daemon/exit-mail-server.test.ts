/** `[Account.Exit.SMTP]` and `LMTP`: a daemon hands received mail to a server of this machine. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDaemonConfig } from '../../../apps/daemon/config.js';
import type { RunningDaemon } from '../../../apps/daemon/daemon.js';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { startScripted, type ScriptedServer } from '../../bridges/exit/scripted-server.js';
import { eventually } from '../../bridges/eventually.js';
import { program } from '../../bridges/programs.js';
import { makeSite, type Site } from './setup.js';

const ALICE = 'alice@p1.test';
const MAIL = 'Subject: a ticket\r\n\r\n.\r\nIt burns: ä.\r\n';

let site: Site;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(() => site.dispose());

const exitTo = (way: 'SMTP' | 'LMTP', address: string): string => `
[[Account.Exit]]
Name = "x"
Failed = "${site.directory}/failed"
[Account.Exit.${way}]
Address = "${address}"
To = "alice"`;

const receive = async (daemon: RunningDaemon): Promise<void> => {
  (await daemon.client.inbox.restore(ALICE, utf8(MAIL)))._unsafeUnwrap();
};
const left = (daemon: RunningDaemon): number =>
  daemon.client.inbox.list(ALICE, 'exit-x')._unsafeUnwrap().length;

describe('an exit into a mail server, in the file', () => {
  const problems = (proxy: string, exit: string): string =>
    readDaemonConfig(site.text(proxy, exit), 'c.toml').match(
      () => '',
      (found) => found.map(({ key, problem }) => `${key}: ${problem}`).join('; '),
    );

  it('has its server on this machine', () => {
    expect(problems('', exitTo('SMTP', '127.0.0.1:25'))).toBe('');
    expect(problems('', exitTo('LMTP', 'unix:/run/dovecot/lmtp'))).toBe('');
    expect(problems('', exitTo('SMTP', '192.0.2.1:25'))).toMatch(
      /Account\[0\]\.Exit\[0\]\.SMTP\.Address: must be a loopback address and a port/,
    );
    expect(problems('', `${exitTo('SMTP', '127.0.0.1:25')}\nTLS = true`)).toMatch(/TLS/);
  });

  it('does not lead to the daemon itself', () => {
    const ours = 'SMTPAddress = "127.0.0.1:2525"\nLMTPAddress = "unix:/run/postern/lmtp"';
    for (const [way, address, key] of [
      ['SMTP', '127.0.0.1:2525', 'SMTPAddress'],
      ['LMTP', 'unix:/run/postern/../postern/lmtp', 'LMTPAddress'],
    ] as const) {
      const said = problems(ours, exitTo(way, address));
      expect(said).toMatch(
        new RegExp(`Exit\\[0\\]\\.${way}\\.Address: is Proxy\\.${key}: received`),
      );
      expect(problems(`${ours}\nNoLaunchListeners = true`, exitTo(way, address))).toBe('');
    }
  });
});

describe('a daemon with an exit into a delivery agent', () => {
  let agent: ScriptedServer;
  beforeEach(async () => {
    agent = await startScripted({ protocol: 'lmtp', path: join(site.directory, 'lmtp') });
  });
  afterEach(() => agent.close());

  it('hands received mail to it', async () => {
    const daemon = await site.start(site.config('', exitTo('LMTP', agent.address)));
    await receive(daemon);
    await eventually(() => agent.mails.map(fromUtf8)).toEqual([MAIL]);
    await eventually(() => left(daemon)).toBe(0);
  });

  it('puts what it refuses among what failed', async () => {
    agent.script = { end: '550 5.1.1 who?\r\n' };
    const daemon = await site.start(site.config('', exitTo('LMTP', agent.address)));
    await receive(daemon);
    await eventually(() => left(daemon)).toBe(0);
    expect((await readdir(join(site.directory, 'failed', 'new'))).length).toBe(1);
    expect(agent.mails).toEqual([]);
  });
});

const python = program('python3');

/** Python had a server until 3.12. */
const hasServer = (): boolean => {
  if (python === undefined) return false;
  try {
    execFileSync(python, ['-W', 'ignore', '-c', 'import smtpd, asyncore'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('left out: no smtpd in this Python');
    return false;
  }
};

const SERVER = `
import asyncore, json, smtpd
class Server(smtpd.SMTPServer):
    def process_message(self, peer, sender, recipients, data, **more):
        print(json.dumps([sender, recipients, data.decode()]), flush=True)
server = Server(('127.0.0.1', 0), None)
print(server.socket.getsockname()[1], flush=True)
asyncore.loop()
`;

describe('a daemon with an exit into Python’s mail server', () => {
  let server: ChildProcess | undefined;
  afterEach(async () => {
    if (server === undefined || server.exitCode !== null) return;
    const gone = once(server, 'close');
    server.kill();
    await gone;
  });

  it.runIf(hasServer())('hands received mail to it', async () => {
    const child = spawn(python ?? '', ['-W', 'ignore', '-c', SERVER], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    server = child;
    const lines: string[] = [];
    createInterface(child.stdout).on('line', (line) => lines.push(line));
    await eventually(() => lines.length).toBe(1);
    const daemon = await site.start(site.config('', exitTo('SMTP', `127.0.0.1:${lines[0]}`)));
    await receive(daemon);
    await eventually(() => left(daemon)).toBe(0);
    // It gives lines without their CR, and without the last end; the sender as it came.
    const text = MAIL.replaceAll('\r\n', '\n').replace(/\n$/, '');
    expect(lines.slice(1).map((line): unknown => JSON.parse(line))).toEqual([
      ['<>', ['alice'], text],
    ]);
  });
});
