/** `postern setup`, read by the programs that it is written for. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAIL_PROGRAMS } from '../../../apps/setup/setup.js';
import { program, run as runProgram } from '../../bridges/programs.js';
import { run, type Transcript } from '../cli/run.js';
import { makeSite, type Site } from '../daemon/setup.js';

const ALICE = 'alice@p1.test';
const LISTENERS = 'SMTPAddress = "127.0.0.1:2525"\nPOP3Address = "127.0.0.1:2524"';

let site: Site;
let config: string;
let password: string;
beforeAll(async () => {
  site = await makeSite();
  config = join(site.directory, 'a b.toml');
  await writeFile(config, site.text(LISTENERS));
  password = (await run(['account', 'show', '--password', '-f', config])).out.join('');
  // What the snippets call is found as `postern`.
  const bin = join(site.directory, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'postern'), `#!/bin/sh\n[ "$5" = '${config}' ] && echo ${password}\n`);
  await chmod(join(bin, 'postern'), 0o755);
  process.env['PATH'] = `${bin}:${process.env['PATH'] ?? ''}`;
});
afterAll(() => site.dispose());

const setup = (...words: string[]): Promise<Transcript> => run(['setup', ...words, '-f', config]);

/** A snippet in a file of its own. */
const fileOf = async (name: string, ...words: string[]): Promise<string> => {
  const { code, out, err } = await setup(name, ...words);
  expect([code, err]).toEqual([0, []]);
  const file = join(site.directory, `${name}${words.join('')}.rc`);
  await writeFile(file, `${out.join('\n')}\n`, { mode: 0o600 });
  return file;
};

describe('postern setup', () => {
  it('prints a snippet for every program, which tells no password, host or zone', async () => {
    expect(password).toMatch(/^[0-9a-f]{24}$/);
    expect(MAIL_PROGRAMS).toHaveLength(11);
    for (const name of MAIL_PROGRAMS) {
      const { code, out } = await setup(name);
      const text = out.join('\n');
      expect(code, name).toBe(0);
      expect(text, name).toContain(ALICE);
      expect(text, name).not.toContain(password);
      expect(text.includes(hostname()), name).toBe(false);
      if (name !== 'notmuch')
        expect(text, name).toMatch(/account show --password|SMTP|2525|sendmail/);
    }
  });

  it('writes the password only when it is asked for', async () => {
    const withoutLogin = ['notmuch', 'aerc'];
    for (const name of MAIL_PROGRAMS.filter((each) => !withoutLogin.includes(each))) {
      const text = (await setup(name, '--password')).out.join('\n');
      expect(text, name).toContain(password);
      expect(text, name).not.toContain('account show');
    }
  });

  it('says what it cannot do', async () => {
    expect(await setup('pine')).toMatchObject({ code: 2, out: [] });
    expect((await setup('pine')).err.join()).toMatch(/nothing is known of pine.*mutt, neomutt/);
    const bare = join(site.directory, 'bare.toml');
    await writeFile(bare, site.text(LISTENERS).replace(/^ *Maildir.*$/m, ''));
    const needy = await run(['setup', 'notmuch', '-f', bare]);
    expect([needy.code, needy.err.join()]).toEqual([2, expect.stringMatching(/Maildir/)]);
    expect((await run(['setup', 'mutt', '-f', bare])).out.join()).toMatch(/pop_host/);
    for (const [proxy, word] of [
      ['SMTPAddress = "127.0.0.1:0"', /SMTPAddress: its port/],
      ['SMTPAddress = ""', /SMTPAddress: there is no listener/],
      ['SMTPAddress = "unix:/tmp/x"', /SMTPAddress: there is no listener/],
    ] as const) {
      await writeFile(bare, site.text(proxy));
      expect((await run(['setup', 'msmtp', '-f', bare])).err.join()).toMatch(word);
    }
  });
});

describe('a snippet', () => {
  for (const name of ['mutt', 'neomutt']) {
    const path = program(name);
    it.runIf(path)(`is understood by ${name}`, async () => {
      for (const words of [[], ['--password']]) {
        const file = await fileOf(name, ...words);
        const read = await runProgram(path ?? '', ['-n', '-F', file, '-D']);
        expect([read.code, read.stderr]).toEqual([0, '']);
        const lines = read.stdout
          .split('\n')
          .map((line) => line.replace(/^set | (?==)|(?<==) /g, ''));
        expect(lines).toContain('from="alice@p1.test"');
        expect(lines).toContain('hostname="localhost"');
        expect(read.stdout).toMatch(/user_agent is unset|set user_agent = no/);
        expect(read.stdout).toMatch(/smtp_pass ?= ?"[0-9a-f]{24}"/);
        expect(read.stdout).toMatch(/smtp_url ?= ?"smtp:\/\/alice%40p1\.test@127\.0\.0\.1:2525"/);
      }
    });
  }

  const msmtp = program('msmtp');
  it.runIf(msmtp)('is understood by msmtp', async () => {
    for (const words of [[], ['--password']]) {
      const parameters = ['-C', await fileOf('msmtp', ...words), '--pretend', 'bob@p2.test'];
      const read = await runProgram(msmtp ?? '', parameters, 'Subject: x\n\nx\n');
      expect(read.code, read.stderr).toBe(0);
      for (const line of [
        'host = 127.0.0.1',
        'port = 2525',
        'user = alice@p1.test',
        'domain = localhost',
        'set_date_header = off',
        'tls = off',
      ]) {
        expect(read.stdout.replaceAll(/ +/g, ' ')).toContain(line);
      }
    }
  });

  const git = program('git');
  it.runIf(git)('is understood by git, which asks for the password by its command', async () => {
    const file = await fileOf('git');
    const read = async (key: string): Promise<string> =>
      (await runProgram(git ?? '', ['config', '-f', file, key])).stdout.trim();
    expect(await read('sendemail.smtpServer')).toBe('127.0.0.1');
    expect(await read('sendemail.xmailer')).toBe('false');
    expect(await read('sendemail.smtpDomain')).toBe('localhost');
    const filled = await runProgram(
      'env',
      [
        '-i',
        `PATH=${process.env['PATH']}`,
        `GIT_CONFIG_GLOBAL=${file}`,
        git ?? '',
        'credential',
        'fill',
      ],
      `protocol=smtp\nhost=127.0.0.1:2525\nusername=${ALICE}\n\n`,
    );
    expect(filled.stdout).toContain(`password=${password}\n`);
    const literal = await fileOf('git', '--password');
    const pass = await runProgram(git ?? '', ['config', '-f', literal, 'sendemail.smtpPass']);
    expect(pass.stdout.trim()).toBe(password);
  });

  const notmuch = program('notmuch');
  it.runIf(notmuch)('is understood by notmuch', async () => {
    const parameters = [`--config=${await fileOf('notmuch')}`, 'config', 'get'];
    const read = async (key: string): Promise<string> =>
      (await runProgram(notmuch ?? '', [...parameters, key])).stdout.trim();
    expect(await read('database.path')).toBe(join(site.directory, 'Maildir'));
    expect(await read('user.name')).toBe('alice');
    expect(await read('user.primary_email')).toBe(ALICE);
  });

  it('has the form of its program where that cannot be asked', async () => {
    const lines = async (name: string): Promise<readonly string[]> =>
      (await setup(name)).out.filter((line) => line !== '' && !/^(#|\/\/)/.test(line));
    for (const name of ['aerc', 'claws', 'kmail', 'evolution']) {
      for (const line of await lines(name)) {
        expect(line, name).toMatch(/^\[[^\]]+\]$|^[\w -]+ ?= ?\S|^(organization|Parent)=$/);
      }
    }
    for (const line of await lines('thunderbird')) {
      const [, name, value = ''] = /^user_pref\("([\w.-]+)", (.*)\);$/.exec(line) ?? [];
      expect(name, line).toBeDefined();
      expect(['string', 'number', 'boolean']).toContain(typeof JSON.parse(value));
    }
    for (const line of await lines('outlook')) expect(line).toMatch(/^[A-Z][\w -]+: \S/);
  });
});
