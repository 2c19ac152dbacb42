import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodePem, PEM_KEYS } from '../../../src/bytes/pem.js';
import { toBase64, toHex, utf8 } from '../../../src/bytes/text.js';
import { selectPrimitives } from '../../../src/crypto/select.js';
import { repeated } from '../../support/bytes.js';
import { makeSite, type Site } from '../daemon/setup.js';
import { run } from './run.js';

let site: Site;
let file: string;
beforeEach(async () => {
  site = await makeSite();
  file = join(site.directory, 'c.toml');
  await writeFile(file, site.text());
});
afterEach(() => site.dispose());

describe('the command line', () => {
  it('has help for everything', async () => {
    const { code, out } = await run(['--help']);
    expect(code).toBe(0);
    const names = out.flatMap((line) => /^ {2}([a-z][a-z-]+)/.exec(line)?.[1] ?? []);
    expect(names).toEqual(
      expect.arrayContaining(['quickstart', 'daemon', 'send', 'status', 'account', 'node']),
    );
    for (const name of names) {
      const help = await run([name, '--help']);
      expect({ name, code: help.code, first: help.out[0]?.slice(0, 6) }).toEqual({
        name,
        code: 0,
        first: 'Usage:',
      });
    }
  });

  it.each([[['bogus']], [['status', '--bogus']], [['testnet', 'up']], [['node', 'mix', 'bogus']]])(
    'refuses %j as wrong usage',
    async (words) => {
      const { code, err } = await run(words);
      expect(code).toBe(2);
      expect(err[0]).toMatch(/^error: /);
    },
  );

  it.each([
    [['testnet', 'up', '--dir', '/d', '--loss', '130%'], /at most 1/],
    [['testnet', 'up', '--dir', '/d', '--mu', '100'], /100ms/],
    [['testnet', 'clock', 'advance', 'soon', '--dir', '/d'], /30m|12h/],
  ])('explains what an argument looks like: %j', async (words, hint) => {
    const { code, err } = await run(words);
    expect(code).toBe(2);
    expect(err.join('\n')).toMatch(hint);
  });

  it('says that a configuration is missing', async () => {
    const missing = { code: 2, out: [], err: [expect.stringMatching(/^postern: .*no such file$/)] };
    for (const words of [['status'], ['daemon'], ['check-config'], ['node', 'mix', 'run']]) {
      expect(await run([...words, '-f', '/nonexistent.toml'])).toEqual(missing);
    }
    expect(await run(['status'], { workingDirectory: '/nonexistent' })).toEqual(missing);
  });
});

describe('postern check-config', () => {
  it('finds no problems where there are none', async () => {
    expect(await run(['check-config', file])).toEqual({
      code: 0,
      out: [`${file}: no problems`],
      err: [],
    });
  });

  it('takes the file from the environment', async () => {
    const { code } = await run(['check-config'], { env: { POSTERN_CONFIG: file } });
    expect(code).toBe(0);
  });

  it('takes the one of init where there is none here, and never for a node', async () => {
    const home = await mkdtemp(join(tmpdir(), 'postern-test-'));
    const at = { env: { XDG_DATA_HOME: home }, workingDirectory: home };
    await mkdir(join(home, 'postern'));
    await cp(file, join(home, 'postern', 'config.toml'));
    const said = `${join(home, 'postern', 'config.toml')}: no problems`;
    expect((await run(['check-config'], at)).out).toEqual([said]);
    const missing = expect.stringContaining(join(home, 'katzenpost.toml')) as string;
    expect((await run(['node', 'mix', 'run'], at)).err).toEqual([missing]);
    await writeFile(join(home, 'katzenpost.toml'), 'rubbish');
    expect((await run(['check-config'], at)).code).toBe(2);
    await rm(home, { recursive: true });
  });

  it('names file, line, key and the nearest name', async () => {
    await writeFile(file, site.text('zzzzzzzz = 1\n  DtaDir = "x"'));
    expect(await run(['check-config', file])).toEqual({
      code: 2,
      out: [],
      err: [
        `postern: ${file}:6: Proxy.zzzzzzzz: unknown key`,
        `${file}:7: Proxy.DtaDir: unknown key, did you mean DataDir?`,
      ],
    });
  });

  it('prints one form of what was written in several', async () => {
    const print = async (text: string): Promise<readonly string[]> => {
      await writeFile(file, text);
      return (await run(['check-config', file, '--print-effective'])).out;
    };
    const base64 = await print(site.text());
    const key = repeated(1, 32);
    expect(await print(site.text().replace(toBase64(key), toHex(key)))).toEqual(base64);
    expect(base64).toContain('BounceQueueLifetime = 432000');
  });
});

describe('postern key new', () => {
  it('prints a public key, and keeps the private one where told', async () => {
    const secretFile = join(site.directory, 'secret.pem');
    const { code, out } = await run(['key', 'new', '--private', secretFile]);
    expect(code).toBe(0);
    const shown = decodePem(PEM_KEYS.x25519Public, utf8(out.join('\n')))._unsafeUnwrap();
    const kept = decodePem(
      PEM_KEYS.x25519Secret,
      new Uint8Array(await readFile(secretFile)),
    )._unsafeUnwrap();
    const { x25519 } = selectPrimitives();
    expect(x25519.publicKey(x25519.scalar(kept))).toEqual(shown);
  });
});

describe('commands on a daemon', () => {
  const both = [
    ['with a daemon', () => site.start()],
    ['without one', () => Promise.resolve()],
  ] as const;

  it.each(both)('queue a mail and show it, %s', async (_, start) => {
    await start();
    const words = ['send', '-f', file, '--subject', 'S', '--text', 'T', 'bob@p2.test'];
    const sent = await run(words);
    expect(sent.code).toBe(0);
    expect(sent.out).toEqual([expect.stringMatching(/^[0-9a-f]{32} bob@p2\.test$/)]);
    const status = await run(['status', '-f', file, '--json']);
    expect(JSON.parse(status.out.join(''))).toMatchObject({
      outbox: { mails: 1, blocks: 1 },
      inbox: { count: 0 },
      fragments: 0,
    });
    const plain = await run(['status', '-f', file]);
    expect(plain.out[0]).toMatch(/^alice@p1\.test: .*outbox 1 mails \(1 blocks\)/);
  });

  it.each(both)('take the recipients of a mail from its header, %s', async (_, start) => {
    await start();
    const input = 'From: alice@p1.test\nTo: bob@p2.test\nSubject: hi\n\nx\n';
    const { code, out } = await run(['send', '-f', file, '--json'], { input });
    expect(code).toBe(0);
    expect(JSON.parse(out.join(''))).toMatchObject([{ recipient: 'bob@p2.test' }]);
  });

  it.each(both)('say why a mail is refused, %s', async (_, start) => {
    await start();
    const send = (to: string, input: string) => run(['send', '-f', file, to], { input });
    expect(await send('eve@p2.test', 'Subject: hi\n\nx\n')).toMatchObject({
      code: 1,
      err: ['postern: no key is known for eve@p2.test'],
    });
    expect(await send('bob@p2.test', 'no header\n')).toMatchObject({
      code: 1,
      err: [expect.stringMatching(/^postern: the mail is malformed: /)],
    });
  });

  it.each(both)('show an account, %s', async (_, start) => {
    await start();
    const { code, out } = await run(['account', 'show', '-f', file, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out.join(''))).toMatchObject({ account: 'alice@p1.test' });
    expect(out.join('')).toMatch(/"password":"[0-9a-f]{24}"/);
    const other = await run(['account', 'show', '-f', file, '--account', 'eve@p1.test']);
    expect(other).toMatchObject({ code: 1, err: ['postern: there is no account eve@p1.test'] });
  });
});
