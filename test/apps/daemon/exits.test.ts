/** `[[Account.Exit]]`: what a daemon's file may say, and that a daemon does it. */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDaemonConfig, type DaemonConfig } from '../../../apps/daemon/config.js';
import type { RunningDaemon } from '../../../apps/daemon/daemon.js';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import type { ExitSite } from '../../../testkit/exit-module.js';
import { execSite } from '../../bridges/exit/sites.js';
import { eventually } from '../../bridges/eventually.js';
import { makeSite, type Site } from './setup.js';

const ALICE = 'alice@p1.test';
const MAIL = 'Subject: a ticket\r\n\r\nIt burns.\r\n';

let site: Site;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(() => site.dispose());

/** An exit's table, with more lines and its section. */
const exitOf = (section: string, { name = 'x', failed = '/failed', more = '' } = {}): string =>
  `[[Account.Exit]]\nName = "${name}"\nFailed = "${failed}"\n${more}\n${section}`;

const EXEC = '[Account.Exit.Exec]\nCommand = ["/bin/cat"]';

const problemsOf = (...exits: readonly string[]): string =>
  readDaemonConfig(site.text('', exits.join('\n')), 'c.toml').match(
    () => '',
    (problems) => problems.map(({ key, problem }) => `${key}: ${problem}`).join('; '),
  );

describe('an exit in the file', () => {
  it('is a reader of the inbox, under its name', () => {
    const config = site.config('', `${exitOf(EXEC)}\n${exitOf(EXEC, { name: 'y', failed: '/f' })}`);
    expect(config.client.accounts[0]?.readers).toEqual(['pop3', 'maildir', 'exit-x', 'exit-y']);
    expect(config.folders[0]?.exits).toMatchObject([
      { name: 'x', module: 'exec', failed: '/failed' },
      { name: 'y', module: 'exec', failed: '/f' },
    ]);
  });

  it('goes one way, and has a usable name and plan', () => {
    expect(problemsOf(exitOf(EXEC))).toBe('');
    expect(problemsOf(exitOf(''))).toMatch(/exactly one of Maildir, Exec, Webhook/);
    expect(problemsOf(exitOf(`${EXEC}\n[Account.Exit.Maildir]\nPath = "/m"`))).toMatch(/exactly/);
    expect(problemsOf(exitOf(EXEC, { name: 'A b' }))).toMatch(/Name: must be at most 32/);
    expect(problemsOf(exitOf(EXEC, { failed: 'failed' }))).toMatch(/Failed: must be an absolute/);
    expect(problemsOf(exitOf(EXEC, { more: 'Retry = "often"' }))).toMatch(/Retry: step 1/);
    expect(problemsOf(exitOf(EXEC), exitOf(EXEC, { failed: '/f' }))).toMatch(
      /Exit\[1\]\.Name: is the name of Account\[0\]\.Exit\[0\] too/,
    );
  });

  it('has what its module knows in its section', () => {
    const exec = (words: string) => problemsOf(exitOf(`[Account.Exit.Exec]\n${words}`));
    expect(exec('Command = ["cat"]')).toMatch(/Command.*absolute path/);
    expect(exec('Command = []')).toMatch(/Command.*absolute path/);
    expect(exec('Command = ["/bin/cat"]\nComand = 1')).toMatch(/Comand/);
    expect(exec('Command = ["/bin/cat"]\nTimeout = 0')).toMatch(/Timeout/);
    const webhook = (url: string) => problemsOf(exitOf(`[Account.Exit.Webhook]\nURL = "${url}"`));
    expect(webhook('http://[::1]:8080/mail')).toBe('');
    for (const url of [
      'http://example.org/',
      'http://127.0.0.1.example.org/',
      'ftp://[::1]/',
      'x',
    ]) {
      expect(webhook(url), url).toMatch(/URL: must be http: or https: at a loopback address/);
    }
  });

  it('puts nothing where it would be sent, or that is another’s', () => {
    const drop = join(site.directory, 'drop');
    const maildir = (path: string) => exitOf(`[Account.Exit.Maildir]\nPath = "${path}"`);
    expect(problemsOf(exitOf(EXEC, { failed: drop }))).toMatch(/Exit\[0\]\.Failed.*would be sent/);
    expect(problemsOf(maildir(join(drop, 'new')))).toMatch(/Maildir\.Path.*would be sent/);
    expect(problemsOf(maildir('/failed'))).toMatch(/Maildir\.Path: is .*Failed too/);
    expect(problemsOf(maildir(join(site.directory, 'Maildir')))).toMatch(/Path: is .*Maildir too/);
  });
});

describe('a daemon with an exit', () => {
  let exec: ExitSite;
  let failed: string;
  beforeEach(async () => {
    exec = await execSite();
    failed = join(site.directory, 'failed');
  });
  afterEach(() => exec.dispose());

  const configOf = (): DaemonConfig => {
    const section = `[Account.Exit.Exec]\nCommand = ${JSON.stringify(commandOf(exec))}`;
    return site.config('', exitOf(section, { failed, more: 'Retry = "every 1 hour for 1 day"' }));
  };
  const commandOf = ({ section }: ExitSite): unknown =>
    'Command' in section ? section.Command : undefined;

  const receive = async (daemon: RunningDaemon, copy = 0): Promise<void> => {
    (await daemon.client.inbox.restore(ALICE, utf8(MAIL), copy))._unsafeUnwrap();
  };
  const left = (daemon: RunningDaemon): number =>
    daemon.client.inbox.list(ALICE, 'exit-x')._unsafeUnwrap().length;
  const taken = async (): Promise<readonly string[]> => (await exec.delivered()).map(fromUtf8);

  it('hands received mail to the program', async () => {
    const daemon = await site.start(configOf());
    await receive(daemon);
    await eventually(taken).toEqual([MAIL]);
    await eventually(() => left(daemon)).toBe(0);
  });

  it('keeps a mail over a restart while the program takes none', async () => {
    await exec.answer('retry');
    const first = await site.start(configOf());
    await receive(first);
    await exec.answer('silence');
    await receive(first, 1);
    await first.close();
    expect(await taken()).toEqual([]);
    await exec.answer('ok');
    const second = await site.start(configOf());
    await eventually(() => left(second)).toBe(0);
    expect(new Set(await taken())).toEqual(new Set([MAIL]));
  });

  it('puts what the program refuses among what failed', async () => {
    await exec.answer('no-retry');
    const daemon = await site.start(configOf());
    await receive(daemon);
    await eventually(() => left(daemon)).toBe(0);
    expect((await readdir(join(failed, 'new'))).length).toBe(1);
    expect(await taken()).toEqual([]);
  });

  it('starts and keeps the mail where neither program nor folder can be used', async () => {
    await writeFile(failed, 'in the way');
    await exec.answer('no-retry');
    const daemon = await site.start(configOf());
    await receive(daemon);
    await daemon.close();
    await rm(failed);
    const again = await site.start(configOf());
    await eventually(() => left(again)).toBe(0);
    expect((await readdir(join(failed, 'new'))).length).toBe(1);
  });
});
