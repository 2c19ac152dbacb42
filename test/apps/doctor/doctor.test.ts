import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDaemonConfig } from '../../../apps/daemon/config.js';
import { run, type Transcript } from '../cli/run.js';
import { makeSite, type Site } from '../daemon/setup.js';

let site: Site;
let file: string;
beforeEach(async () => {
  site = await makeSite();
  file = join(site.directory, 'c.toml');
  await writeFile(file, site.text());
});
afterEach(() => site.dispose());

const doctor = (...words: string[]): Promise<Transcript> => run(['doctor', '-f', file, ...words]);
/** `check` of each line that begins with this. */
const checks = ({ out }: Transcript, start: 'ok  ' | 'FAIL'): readonly string[] =>
  out.filter((line) => line.startsWith(start)).map((line) => line.slice(6, 19).trim());
const lineOf = ({ out }: Transcript, check: string): string =>
  out.find((line) => line.slice(6).startsWith(check)) ?? '';

describe('postern doctor', () => {
  it('says what a young installation lacks, and how to get it', async () => {
    const found = await doctor();
    expect(found.code).toBe(1);
    expect(checks(found, 'ok  ')).toEqual([
      'configuration',
      'directory',
      'disk',
      'storage key',
      'recipients',
      'daemon',
    ]);
    expect(checks(found, 'FAIL')).toEqual(['keys', 'authority', 'provider']);
    for (const line of found.out.filter((each) => each.startsWith('FAIL'))) {
      expect(line).toMatch(/: .+; .+/);
    }
    expect(found.err).toEqual(['postern: 3 checks have failed']);
  });

  it('knows more where a daemon runs', async () => {
    const daemon = await site.start();
    const found = await doctor();
    expect(lineOf(found, 'daemon')).toMatch(new RegExp(`running, process ${process.pid}$`));
    expect(checks(found, 'FAIL')).toEqual(['authority', 'provider']);
    daemon.state.needsRestart = ['Proxy.SMTPAddress'];
    expect(lineOf(await doctor(), 'daemon')).toMatch(
      /wait for a restart: Proxy.SMTPAddress; restart/,
    );
  });

  it('finds what is open, damaged or lost', async () => {
    await (await site.start()).close();
    const account = join(site.dataDir, 'alice@p1.test');
    await chmod(join(account, 'bridge.password'), 0o644);
    await writeFile(join(account, 'link.private.pem'), 'rubbish');
    await writeFile(join(site.dataDir, 'recipients', 'eve@p2.test.pem'), 'rubbish');
    await rm(site.config().storageKeyFile);
    const found = await doctor();
    expect(lineOf(found, 'directory')).toContain('bridge.password');
    expect(lineOf(found, 'storage key')).toContain('put back the key');
    expect(lineOf(found, 'keys')).toMatch(
      /link\.private\.pem: not a PEM file; .*good copy.* new identity, which nobody knows$/,
    );
    expect(lineOf(found, 'recipients')).toContain('eve@p2.test.pem');
    expect(checks(found, 'FAIL')).toEqual([
      'directory',
      'storage key',
      'keys',
      'recipients',
      'authority',
      'provider',
    ]);
  });

  it('does not take a key that has lost its private half for one that was never made', async () => {
    await (await site.start()).close();
    await rm(join(site.dataDir, 'alice@p1.test', 'identity.private.pem'));
    expect(lineOf(await doctor(), 'keys')).toMatch(/^FAIL.*identity\.private\.pem: .*good copy/);
  });

  it('sends from the provider to the keys where these are why it is not reached', async () => {
    const bob = site.text(
      '',
      '[[Account]]\nUser = "bob"\nProvider = "p1.test"\nAuthority = "home"\n',
    );
    await writeFile(file, bob);
    const directory = join(site.dataDir, 'bob@p1.test');
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(join(directory, 'link.private.pem'), 'rubbish', { mode: 0o600 });
    await site.start(readDaemonConfig(bob, file)._unsafeUnwrap());
    const found = await doctor();
    const providers = found.out.filter((line) => line.slice(6).startsWith('provider'));
    expect(providers.find((line) => line.includes('bob'))).toMatch(
      /its keys.*; see the keys above/,
    );
    const { out } = await run(['status', '-f', file]);
    const line = out.find((each) => each.startsWith('bob@p1.test'));
    expect(line).toContain(`key-file: ${join(directory, 'link.private.pem')}: not a PEM file`);
  });

  it('finds who has taken a port', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const bound = other.address();
    const port = typeof bound === 'object' ? bound?.port : 0;
    await writeFile(file, site.text(`SMTPAddress = "127.0.0.1:${port}"`));
    expect(lineOf(await doctor(), 'listener')).toMatch(/^FAIL.*another program listens there/);
    await new Promise((resolve) => other.close(resolve));
    expect(lineOf(await doctor(), 'listener')).toMatch(/^ok .*free for the daemon/);
  });

  it('shows a broken configuration by its lines', async () => {
    await writeFile(file, site.text('DtaDir = "x"'));
    const found = await doctor();
    expect(found).toMatchObject({ code: 1, err: ['postern: 1 check has failed'] });
    expect(found.out).toEqual([
      expect.stringMatching(
        /^FAIL {2}configuration .*c\.toml:6: Proxy\.DtaDir: unknown key.*; correct/,
      ),
    ]);
    expect((await run(['doctor', '-f', '/nonexistent'])).code).toBe(2);
  });

  it('prints JSON', async () => {
    const { code, out } = await doctor('--json');
    expect(code).toBe(1);
    const report = JSON.parse(out.join('')) as { ok: boolean; findings: object[] };
    expect(report.ok).toBe(false);
    expect(report.findings).toContainEqual({
      check: 'keys',
      about: 'alice@p1.test',
      kind: 'no-keys',
      ok: false,
      text: 'no keys yet',
      remedy: 'make them with postern daemon -g, then register the account',
    });
  });

  it('changes nothing', async () => {
    await doctor();
    expect(await readdir(site.directory)).toEqual(['c.toml']);
  });
});
