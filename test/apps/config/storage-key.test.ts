import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { errAsync, okAsync } from 'neverthrow';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askedOnce, readPassphrase, type AskPassphrase } from '../../../apps/config/passphrase.js';
import { loadStorageKey } from '../../../apps/config/storage-key.js';
import { describeProblem } from '../../../apps/config/toml.js';
import { readDaemonConfig, type DaemonConfig } from '../../../apps/daemon/config.js';
import { readAuthorityConfig } from '../../../apps/node/config.js';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { nodeIo } from '../../../src/io/node.js';
import { run } from '../cli/run.js';
import { makeSite, type Site } from '../daemon/setup.js';
import { runProgram, isBuilt, program } from '../program.js';

let site: Site;
let file: string;
let salt: string;
beforeEach(async () => {
  site = await makeSite();
  file = join(site.directory, 'passphrase');
  salt = `${site.dataDir}.storage.salt`;
});
afterEach(() => site.dispose());

const table = (passphraseFile: string): string =>
  `[Storage]\n  PassphraseFile = "${passphraseFile}"\n`;
const config = (): DaemonConfig => site.config('', table(file));

/** Writes the passphrase's file. */
const say = (text: string): Promise<void> => writeFile(file, text, { mode: 0o600 });

/** Every file of the site but the passphrase's, with its bytes. */
const contents = async (): Promise<ReadonlyMap<string, string>> => {
  const entries = await readdir(site.directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path !== file);
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path, (await readFile(path)).toString('hex')] as const),
    ),
  );
};

const keyOf = async (askPassphrase?: AskPassphrase) =>
  loadStorageKey(
    { ...nodeIo(), askPassphrase },
    site.config('', table(askPassphrase === undefined ? file : '-')),
    [join(site.dataDir, 'recipients.db')],
  );

describe('a passphrase', () => {
  it('opens what it has sealed, whatever ends its line, and makes no key file', async () => {
    await say('correct horse\nbattery');
    await (await site.start(config())).close();
    expect((await stat(salt)).mode & 0o777).toBe(0o600);
    expect((await readFile(salt)).length).toBe(32);
    expect(existsSync(config().storageKeyFile)).toBe(false);
    await say('correct horse\r\n');
    await (await site.start(config())).close();
  });

  it('changes no byte when it is another', async () => {
    await say('correct horse');
    await (await site.start(config())).close();
    const before = await contents();
    await say('correct horse ');
    expect(await site.refusal(config())).toEqual({ kind: 'store-key' });
    expect(await contents()).toEqual(before);
  });

  it('is another key beside another salt', async () => {
    await say('correct horse');
    const first = (await keyOf())._unsafeUnwrap();
    expect(first).toHaveLength(32);
    expect((await keyOf())._unsafeUnwrap()).toEqual(first);
    await rm(salt);
    expect((await keyOf())._unsafeUnwrap()).not.toEqual(first);
  });

  it('needs its salt as long as there are stores', async () => {
    await say('correct horse');
    await (await site.start(config())).close();
    await rm(salt);
    const before = await contents();
    const refusal = { kind: 'private-file', path: salt, problem: 'lost-salt' };
    expect(await site.refusal(config())).toEqual(refusal);
    expect(await contents()).toEqual(before);
  });

  it.each([
    ['empty-passphrase', '\nsecond line', 0o600],
    ['empty-passphrase', '', 0o600],
    ['open-to-others', 'correct horse', 0o640],
  ])('is refused as %s: %j', async (problem, text, mode) => {
    await say(text);
    await chmod(file, mode);
    expect(await site.refusal(config())).toEqual({ kind: 'private-file', path: file, problem });
    expect(existsSync(salt)).toBe(false);
  });

  it('is refused without its file, and with a salt that is none', async () => {
    expect(await site.refusal(config())).toMatchObject({ path: file, problem: 'missing' });
    await say('correct horse');
    await writeFile(salt, 'short', { mode: 0o600 });
    expect(await site.refusal(config())).toMatchObject({ path: salt, problem: 'salt-length' });
  });
});

describe('[Storage]', () => {
  const both = '[Storage]\n  KeyFile = "/k"\n  PassphraseFile = "/p"\n';

  it('has a key file or a passphrase', async () => {
    const source = site.text('', both);
    const path = join(site.directory, 'c.toml');
    await writeFile(path, source);
    const line = source.split('\n').findIndex((each) => each.includes('PassphraseFile')) + 1;
    const { code, err } = await run(['check-config', '-f', path]);
    expect(code).toBe(2);
    expect(err.join('\n')).toContain(`${path}:${line}: Storage.PassphraseFile: there is a KeyFile`);
  });

  it('takes an absolute path, or -', () => {
    const problems = readDaemonConfig(site.text('', table('p')), 'c.toml')._unsafeUnwrapErr();
    expect(problems.map(describeProblem)).toEqual([
      expect.stringContaining('Storage.PassphraseFile: must be an absolute path, or -'),
    ]);
  });

  it('is the same for nodes', () => {
    const source = `[Authority]\nAddresses = ["127.0.0.1:1"]\nDataDir = "/var/lib/a"\n${both}`;
    const problems = readAuthorityConfig(source, 'a.toml')._unsafeUnwrapErr();
    expect(problems.map(({ key }) => key)).toContain('Storage.PassphraseFile');
    const alone = readAuthorityConfig(source.replace('  KeyFile = "/k"\n', ''), 'a.toml');
    expect(alone._unsafeUnwrap().storagePassphrase).toEqual({
      file: '/p',
      salt: '/var/lib/a.storage.salt',
    });
  });
});

describe('the doctor', () => {
  it('looks at passphrase and salt, and makes neither', async () => {
    const path = join(site.directory, 'c.toml');
    await writeFile(path, site.text('', table(file)));
    const row = async () => {
      const { out } = await run(['doctor', '-f', path]);
      return out.find((line) => line.slice(6).startsWith('storage key'));
    };
    expect(await row()).toContain(`${file}: there is no such file`);
    await say('correct horse');
    expect(await row()).toMatch(/^ok .*made at the first start/);
    await (await site.start(config())).close();
    expect(await row()).toMatch(/^ok .*readable/);
    await chmod(salt, 0o644);
    expect(await row()).toContain(`${salt}: other users can read it`);
    await rm(salt);
    expect(await row()).toContain('put back the salt');
  });
});

describe('a passphrase that is asked for', () => {
  it('is new as long as there is no salt', async () => {
    const asked: boolean[] = [];
    const ask: AskPassphrase = (isNew) => {
      asked.push(isNew);
      return okAsync(utf8('correct horse'));
    };
    const first = (await keyOf(ask))._unsafeUnwrap();
    expect((await keyOf(ask))._unsafeUnwrap()).toEqual(first);
    expect(asked).toEqual([true, false]);
  });

  it('makes nothing when nobody gives one', async () => {
    const problems = ['no-passphrase', 'passphrases-differ', 'aborted'] as const;
    for (const problem of problems) {
      const refused = await keyOf(() => errAsync({ problem }));
      expect(refused._unsafeUnwrapErr()).toMatchObject({ problem });
    }
    const empty = await keyOf(() => okAsync(new Uint8Array(0)));
    expect(empty._unsafeUnwrapErr()).toMatchObject({ problem: 'empty-passphrase' });
    expect(existsSync(salt)).toBe(false);
  });

  it('is asked for once in a process', async () => {
    let count = 0;
    const ask = askedOnce(() => okAsync(utf8(`${(count += 1)}`)));
    expect(await ask(true)).toEqual(await ask(false));
    expect(count).toBe(1);
  });

  it('is one line of a stream, and the rest stays in it', async () => {
    const input = Readable.from([utf8('corr'), utf8('ect\r\nthe '), utf8('rest')], {
      objectMode: false,
    });
    expect(fromUtf8((await readPassphrase(input))._unsafeUnwrap())).toBe('correct');
    const rest: string[] = [];
    for await (const piece of input) rest.push(String(piece));
    expect(rest.join('')).toBe('the rest');
    const ended = await readPassphrase(Readable.from([], { objectMode: false }));
    expect(ended._unsafeUnwrapErr()).toEqual({ problem: 'no-passphrase' });
  });
});

describe.skipIf(!isBuilt)('a command beside a stopped daemon', () => {
  it('reads the passphrase from its standard input', async () => {
    const path = join(site.directory, 'c.toml');
    await writeFile(path, site.text('', table('-')));
    const ask = (input: string) => runProgram(program, ['queue', '-f', path, '--json'], input);
    const none = await ask('');
    expect(none.code).toBe(1);
    expect(none.err).toContain('nobody gives a passphrase');
    expect(existsSync(salt)).toBe(false);
    expect(await ask('correct horse\n')).toEqual({ code: 0, out: '[]\n', err: '' });
    const before = await contents();
    const wrong = await ask('another horse\n');
    expect(wrong.err).toBe('postern: the storage key does not open the store\n');
    expect(await contents()).toEqual(before);
    expect((await ask('correct horse')).code).toBe(0);
  });
});
