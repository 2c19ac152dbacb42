import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err } from 'neverthrow';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLog, type LoggingConfig, type ProgramLog } from '../../../apps/config/logging.js';
import type { RunningDaemon } from '../../../apps/daemon/daemon.js';
import { readConfigured } from '../../../apps/daemon/reload-plan.js';
import { Reloader } from '../../../apps/daemon/reload.js';
import { toBase64 } from '../../../src/bytes/text.js';
import { repeated } from '../../support/bytes.js';
import { makeSite, type Site } from './setup.js';

const KEY = toBase64(repeated(9, 32));
const OTHER_KEY = toBase64(repeated(7, 32));

let site: Site;
let daemon: RunningDaemon;
let reloader: Reloader;
let lines: string[];
let configs: LoggingConfig[];

/** Keeps what is written, and how it was configured. */
const keepingLog = (): ProgramLog => ({
  ...openLog({ disabled: true, level: 'notice', unsafeDebug: false }),
  write: (level, _, message, facts = {}) =>
    void lines.push([level, message, JSON.stringify(facts)].join(' ')),
  configure: (config) => void configs.push(config),
});

beforeEach(async () => {
  [lines, configs] = [[], []];
  site = await makeSite();
  daemon = await site.start();
  const configured = readConfigured(site.text(), 'c.toml')._unsafeUnwrap();
  reloader = new Reloader({ daemon, log: keepingLog(), configured, logging: (of) => of });
});
afterEach(() => site.dispose());

const reload = (text: string): Promise<void> =>
  reloader.reload(() =>
    Promise.resolve(
      readConfigured(text, 'c.toml').mapErr((problems) => ({ kind: 'config-problems', problems })),
    ),
  );
const BOB_LINE = `"bob@p2.test" = "${KEY}"`;
const ZED = `
[[Account]]
  User = "zed"
  Provider = "p1.test"
  Authority = "home"
  Maildir = "%s/Zed"
`;
const withZed = (): string => site.text('', ZED.replace('%s', site.directory));

describe('a configuration read again', () => {
  it('that says the same changes nothing', async () => {
    await reload(site.text());
    expect(daemon.state.needsRestart).toEqual([]);
    expect(configs).toEqual([]);
    expect(lines.at(-1)).toContain('configuration read again');
  });

  it('gives new recipients, other keys and another log at once', async () => {
    const text = site
      .text('', '[Logging]\n  Level = "INFO"\n')
      .replace(BOB_LINE, `"bob@p2.test" = "${OTHER_KEY}"\n  "eve@p2.test" = "${KEY}"`);
    await reload(text);
    const known = daemon.client.recipients
      .list()
      .map(({ address, key }) => [address, toBase64(key)]);
    expect(known).toEqual([
      ['bob@p2.test', OTHER_KEY],
      ['eve@p2.test', KEY],
    ]);
    expect(configs).toMatchObject([{ level: 'info' }]);
    expect(daemon.state.needsRestart).toEqual([]);
  });

  it('gives a recipient once: a restart brings back nobody who was removed since', async () => {
    const text = site.text().replace(BOB_LINE, `${BOB_LINE}\n  "eve@p2.test" = "${KEY}"`);
    await reload(text);
    (await daemon.client.recipients.remove('eve@p2.test'))._unsafeUnwrap();
    await daemon.close();
    const config = readConfigured(text, 'c.toml')._unsafeUnwrap().config;
    const again = (await site.start(config)).client.recipients.list();
    expect(again.map(({ address }) => address)).toEqual(['bob@p2.test']);
  });

  it('names what needs a restart, until it is as it was', async () => {
    const text = site.text('AllowAnyPassword = true').replace('PublicKey = "', 'PublicKey = "/');
    const changed = text.replace(/PublicKey = ".*"/, `PublicKey = "${KEY}"`);
    await reload(changed);
    await reload(changed);
    // A label is a name that people chose.
    const late = ['Proxy.AllowAnyPassword', 'NonvotingAuthority.*.PublicKey'];
    expect(daemon.state.needsRestart.toSorted()).toEqual(late.toSorted());
    expect(lines.join('\n')).not.toContain('home');
    await reload(site.text());
    expect(daemon.state.needsRestart).toEqual([]);
  });

  it('that is broken is reported by its lines, and changes nothing', async () => {
    const before = daemon.client.recipients.list();
    await reload(site.text('Secret = "canary"').replace(BOB_LINE, `"eve@p2.test" = "${KEY}"`));
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([
      'error the configuration is broken, and stays as it was {"line":6}',
    ]);
    expect(lines.join('\n')).not.toContain('canary');
    expect(daemon.client.recipients.list()).toEqual(before);
    await reloader.reload(() =>
      Promise.resolve(err({ kind: 'config-file', path: '/c.toml', reason: 'permission denied' })),
    );
    expect(lines).toContainEqual(expect.stringContaining('"reason":"permission denied"'));
  });

  it('adds an account with its folders or not at all, and says which setting is wrong', async () => {
    await writeFile(join(site.directory, 'file'), '');
    const wrong = withZed().replace(`${site.directory}/Zed`, `${site.directory}/file/Zed`);
    await reload(wrong);
    expect(daemon.client.accounts.list()).toEqual(['alice@p1.test']);
    expect(daemon.passwords.get('zed@p1.test')).toBeUndefined();
    const refused = lines.find((line) => line.includes('account not added'));
    expect(refused).toMatch(/"problem":"mail-folder","key":"Maildir","reason":".+"/);
    expect(refused).not.toContain(site.directory);
    await reload(withZed());
    expect(daemon.client.accounts.list()).toEqual(['alice@p1.test', 'zed@p1.test']);
  });

  it('opens and closes accounts, and leaves the others alone', async () => {
    await reload(withZed());
    expect(daemon.client.accounts.list()).toEqual(['alice@p1.test', 'zed@p1.test']);
    expect(daemon.passwords.get('zed@p1.test')).toMatch(/^[0-9a-f]{24}$/);
    expect(existsSync(join(site.directory, 'Zed', 'new'))).toBe(true);
    await reload(site.text());
    expect(daemon.client.accounts.list()).toEqual(['alice@p1.test']);
    expect([...daemon.passwords.keys()]).toEqual(['alice@p1.test']);
    // What it has stays on the disk.
    expect(await readdir(site.dataDir)).toContain('zed@p1.test');
    expect(lines.join('\n')).toMatch(/account added.*account removed/s);
  });

  it('opens an account again that somebody has removed meanwhile', async () => {
    (await daemon.removeAccount('alice@p1.test'))._unsafeUnwrap();
    await reload(site.text());
    expect(daemon.client.accounts.list()).toEqual(['alice@p1.test']);
    expect(daemon.passwords.has('alice@p1.test')).toBe(true);
    expect(lines.join('\n')).toContain('account added');
  });

  it('has nothing to close of an account that somebody has removed before', async () => {
    await reload(withZed());
    (await daemon.removeAccount('zed@p1.test'))._unsafeUnwrap();
    await reload(site.text());
    expect(daemon.client.accounts.list()).toEqual(['alice@p1.test']);
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('cannot give a running client another network', async () => {
    const other = site.text('', ZED.replace('%s', site.directory).replace('home', 'away'));
    const network = `[NonvotingAuthority.away]\n  Address = "127.0.0.1:1"\n  PublicKey = "${KEY}"\n`;
    await reload(other + network);
    expect(daemon.client.accounts.list()).toEqual(['alice@p1.test']);
    expect(daemon.state.needsRestart).toContain('Account[1]');
    expect(daemon.state.needsRestart).toContain('NonvotingAuthority.*.Address');
  });

  it('pauses an account, and says that its other settings need a restart', async () => {
    const paused = site.text().replace('User = "alice"', 'User = "alice"\n  Paused = true');
    await reload(paused.replace('DropFolder', 'Sanitise = "off"\n  DropFolder'));
    expect(daemon.client.accounts.status()).toMatchObject([{ connection: { kind: 'paused' } }]);
    expect(daemon.state.needsRestart).toEqual(['Account[0].Sanitise']);
    await reload(site.text());
    expect(daemon.client.accounts.status()).not.toMatchObject([{ connection: { kind: 'paused' } }]);
    expect(daemon.state.needsRestart).toEqual([]);
  });

  it('is followed by passwords that people have changed', async () => {
    await writeFile(join(site.dataDir, 'alice@p1.test', 'bridge.password'), 'another\n');
    await reload(site.text());
    expect(daemon.passwords.get('alice@p1.test')).toBe('another');
  });
});
