/** `postern account` and the daemon whose accounts it changes. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSite, type Site } from '../daemon/setup.js';
import { run, type Transcript } from './run.js';
import { plain, talk } from './talk.js';

const ALICE = 'alice@p1.test';
const DORA = 'dora@p2.test';

let site: Site;
let config: string;
beforeEach(async () => {
  site = await makeSite();
  config = join(site.directory, 'c.toml');
});
afterEach(() => site.dispose());

const TWO = `
[[Account]]
  User = "dora"
  Provider = "p2.test"
  Authority = "home"
`;

/** A daemon with two accounts, by the file that commands read. */
const start = async (more = '') => {
  const text = site.text('', TWO + more);
  await writeFile(config, text);
  return site.start(site.config('', TWO + more));
};

const account = (...words: string[]): Promise<Transcript> =>
  run(['account', ...words, '-f', config]);

describe('postern account', () => {
  it('lists what a daemon has, and what would be without one', async () => {
    await start();
    expect((await account('list')).out).toEqual([`${ALICE}: no-document`, `${DORA}: no-document`]);
    await site.dispose();
    await mkdir(site.directory, { recursive: true });
    await writeFile(config, site.text('', TWO));
    expect((await account('list')).out).toEqual([`${ALICE}: offline`, `${DORA}: offline`]);
    const [json = ''] = (await account('list', '--json')).out;
    expect(JSON.parse(json)).toMatchObject([{ account: ALICE, problem: null }, { account: DORA }]);
  });

  it('says what is wrong with one that cannot be opened', async () => {
    const directory = join(site.dataDir, DORA);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(join(directory, 'link.private.pem'), 'rubbish', { mode: 0o600 });
    await start();
    expect((await account('list')).out).toEqual([
      `${ALICE}: no-document`,
      `${DORA}: unusable (key-file)`,
    ]);
  });

  it('pauses and resumes an account, by any spelling', async () => {
    const daemon = await start();
    const paused = await account('pause', 'Alice@P1.test');
    expect(paused).toMatchObject({ code: 0, err: [] });
    expect((await account('list')).out[0]).toBe(`${ALICE}: paused`);
    expect(daemon.client.accounts.list()).toEqual([ALICE, DORA]);
    expect((await account('resume', ALICE)).out).toEqual([`${ALICE} connects`]);
    expect((await account('list')).out[0]).toBe(`${ALICE}: no-document`);
  });

  it('begins paused where the file says so', async () => {
    await start('  Paused = true\n');
    expect((await account('list')).out).toEqual([`${ALICE}: no-document`, `${DORA}: paused`]);
  });

  it('removes an account together with its log-in and its folders', async () => {
    const daemon = await start();
    const password = daemon.passwords.get(ALICE);
    const login = [`AUTH PLAIN ${plain(ALICE, password)}`];
    expect(await talk(daemon.pop3, login)).toEqual(['+OK']);
    expect(await talk(daemon.smtp, ['EHLO localhost', ...login])).toEqual(['250', '235']);
    const removed = await account('remove', 'ALICE@p1.test');
    expect(removed.out[0]).toContain('is closed; take its [[Account]] out');
    expect((await account('list')).out).toEqual([`${DORA}: no-document`]);
    expect(await talk(daemon.pop3, login)).toEqual(['-ERR']);
    expect(await talk(daemon.smtp, ['EHLO localhost', ...login])).toEqual(['250', '535']);
    const mail = `From: ${ALICE}\nTo: bob@p2.test\nSubject: later\n\nx\n`;
    const drop = join(site.directory, 'drop');
    await writeFile(join(drop, 'new', 'waits'), mail);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await readdir(join(drop, 'new'))).toEqual(['waits']);
    expect(await readdir(drop)).toEqual(['cur', 'new', 'tmp']);
    expect(await readdir(join(site.dataDir, ALICE))).toContain('store.db');
    const bytes = new TextEncoder().encode(mail);
    const sent = await daemon.client.send({ account: ALICE, to: 'bob@p2.test', mail: bytes });
    expect(sent._unsafeUnwrapErr().kind).toBe('unknown-account');
  });

  it('sends in batches where it is told to, with a daemon and without', async () => {
    const daemon = await start();
    const shownDelay = async (): Promise<unknown> => {
      const [json = ''] = (await account('show', '--account', ALICE, '--json')).out;
      return JSON.parse(json);
    };
    expect(await shownDelay()).toMatchObject({ delay: 'usual', nextBatchAtMs: null });
    const told = await account('delay', 'Alice@P1.test', 'batch');
    expect(told).toMatchObject({ code: 0, err: [] });
    const { nextBatchAtMs } = daemon.client.accounts.departure(ALICE)._unsafeUnwrap();
    expect(nextBatchAtMs).toBeGreaterThan(Date.now());
    expect(await shownDelay()).toMatchObject({ delay: 'batch', nextBatchAtMs });
    expect((await account('delay', ALICE, 'never')).code).toBe(2);
    expect((await account('delay', 'eve@p1.test', 'usual')).err).toEqual([
      'postern: there is no account eve@p1.test',
    ]);
    await daemon.close();
    expect(await shownDelay()).toMatchObject({ delay: 'batch', nextBatchAtMs });
    expect((await account('delay', ALICE, 'usual')).code).toBe(0);
    expect(await shownDelay()).toMatchObject({ delay: 'usual', nextBatchAtMs: null });
  });

  it('begins in batches where the file says so', async () => {
    const daemon = await start('  Delay = "batch"\n');
    expect(daemon.client.accounts.departure(DORA)._unsafeUnwrap().delay).toBe('batch');
    expect(daemon.client.accounts.departure(ALICE)._unsafeUnwrap().delay).toBe('usual');
  });

  it('says why a provider cannot be asked', async () => {
    await start();
    const unreached = { code: 1, err: [`postern: ${ALICE}: the mix network is not reachable yet`] };
    expect(await account('show', '--remote', '--account', ALICE)).toMatchObject(unreached);
    expect(await account('quota', ALICE)).toMatchObject(unreached);
    expect(await account('rotate', ALICE)).toMatchObject(unreached);
    expect(await account('delete', ALICE, '--yes')).toMatchObject(unreached);
    expect(await account('delete', ALICE)).toMatchObject({
      code: 2,
      err: [expect.stringContaining('--yes: is needed')],
    });
    const ls = ['ls', 'nodes', '--account', ALICE, '-f', config];
    expect(await run(ls)).toMatchObject(unreached);
    const ping = ['ping', 'mix1', '--account', ALICE, '-f', config];
    expect(await run(ping)).toMatchObject(unreached);
    const files = await readdir(join(site.dataDir, ALICE));
    expect(files.filter((name) => name.startsWith('link.'))).toHaveLength(2);
  });

  it('refuses in sentences', async () => {
    await start();
    for (const verb of ['pause', 'resume', 'remove', 'quota', 'rotate', 'passwd']) {
      expect(await account(verb, 'eve@p1.test')).toMatchObject({
        code: 1,
        err: ['postern: there is no account eve@p1.test'],
      });
    }
    await site.dispose();
    await mkdir(site.directory, { recursive: true });
    await writeFile(config, site.text('', TWO));
    const { code, err } = await account('pause', ALICE);
    expect(code).toBe(1);
    expect(err[0]).toMatch(/^postern: no daemon answers on .*management_sock$/);
  });
});
