/** `postern account passwd`, with a daemon and without. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answering } from '../init/town.js';
import { makeSite, type Site } from '../daemon/setup.js';
import { run, type Circumstances, type Transcript } from './run.js';
import { plain, talk } from './talk.js';

const ALICE = 'alice@p1.test';
const GIVEN = 'correct-horse';

let site: Site;
let config: string;
beforeEach(async () => {
  site = await makeSite();
  config = join(site.directory, 'c.toml');
  await writeFile(config, site.text());
});
afterEach(() => site.dispose());

const passwd = (words: readonly string[] = [], where: Circumstances = {}): Promise<Transcript> =>
  run(['account', 'passwd', ALICE, ...words, '-f', config], where);
const passwordFile = (): string => join(site.dataDir, ALICE, 'bridge.password');
const kept = async (): Promise<string> => (await readFile(passwordFile(), 'utf8')).trim();
const shown = async (): Promise<readonly string[]> =>
  (await run(['account', 'show', '--password', '-f', config])).out;
const login = (listener: string | undefined, password: string) =>
  talk(listener, [`AUTH PLAIN ${plain(ALICE, password)}`]);

describe('postern account passwd', () => {
  it('makes a new one, which a running daemon takes at once', async () => {
    const daemon = await site.start();
    const old = daemon.passwords.get(ALICE) ?? '';
    const { code, out, err } = await passwd();
    expect({ code, err }).toEqual({ code: 0, err: [] });
    const [, made = ''] = /^alice@p1.test has a new password .*: (\S{24})$/.exec(out.join()) ?? [];
    expect(made).not.toBe('');
    expect(made).not.toBe(old);
    expect(await login(daemon.pop3, old)).toEqual(['-ERR']);
    expect(await login(daemon.pop3, made)).toEqual(['+OK']);
    const smtp = (password: string) =>
      talk(daemon.smtp, ['EHLO localhost', `AUTH PLAIN ${plain(ALICE, password)}`]);
    expect(await smtp(old)).toEqual(['250', '535']);
    expect(await smtp(made)).toEqual(['250', '235']);
    expect(await shown()).toEqual([made]);
    expect(await kept()).toBe(made);
  });

  it('is told as JSON', async () => {
    const [json = ''] = (await passwd(['--json'])).out;
    expect(JSON.parse(json)).toEqual({ account: ALICE, password: await kept() });
  });

  it('writes it down for the next daemon where none runs', async () => {
    const { code, out } = await passwd(['--stdin'], { input: `${GIVEN}\r\nmore` });
    expect(code).toBe(0);
    // Who gave it knows it; nobody else has to.
    expect(out).toEqual([`${ALICE} has a new password for mail programs`]);
    expect((await stat(passwordFile())).mode & 0o077).toBe(0);
    const daemon = await site.start();
    expect(await login(daemon.pop3, GIVEN)).toEqual(['+OK']);
  });

  it('asks for it twice at a terminal', async () => {
    const prompter = answering(GIVEN, GIVEN);
    expect((await passwd(['--stdin'], { prompter })).code).toBe(0);
    expect(prompter.asked).toHaveLength(2);
    expect(await kept()).toBe(GIVEN);
    const differing = await passwd(['--stdin'], { prompter: answering('one-of-them', 'another1') });
    expect(differing).toMatchObject({
      code: 1,
      err: ['postern: these are two passwords: nothing has changed'],
    });
    const givenUp = await passwd(['--stdin'], { prompter: answering(undefined) });
    expect(givenUp).toMatchObject({ code: 1, err: ['postern: interrupted'] });
    expect(await kept()).toBe(GIVEN);
  });

  it.each([
    ['a short one', 'seven77'],
    ['none', ''],
    ['one with a space', 'correct horse'],
    ['one that programs write in different ways', 'pässwörter'],
    ['a long one', 'x'.repeat(129)],
  ])('refuses %s, and the old one stays', async (_, password) => {
    const daemon = await site.start();
    const old = daemon.passwords.get(ALICE);
    const byDaemon = await passwd(['--stdin'], { input: password });
    expect(byDaemon).toMatchObject({ code: 1, err: [expect.stringContaining('has 8 to 128')] });
    expect(byDaemon.err.join()).not.toContain(password === '' ? '\0' : password);
    expect(daemon.passwords.get(ALICE)).toBe(old);
    expect(await kept()).toBe(old);
    await site.dispose();
    await mkdir(site.directory, { recursive: true });
    await writeFile(config, site.text());
    expect(await passwd(['--stdin'], { input: password })).toMatchObject({
      code: 1,
      err: [expect.stringContaining('has 8 to 128')],
    });
  });

  it('knows the account by any spelling, and no other', async () => {
    const daemon = await site.start();
    const words = (named: string) => ['account', 'passwd', named, '--stdin', '-f', config];
    expect((await run(words('Alice@P1.test'), { input: GIVEN })).code).toBe(0);
    expect(daemon.passwords.get(ALICE)).toBe(GIVEN);
    for (const named of ['eve@p1.test', 'alice', '']) {
      expect(await run(words(named), { input: GIVEN })).toMatchObject({
        code: 1,
        err: [`postern: there is no account ${named}`],
      });
    }
  });
});
