import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBase64, toHex } from '../../../src/bytes/text.js';
import { repeated } from '../../support/bytes.js';
import { openDirectory, type OpenDirectory } from '../../support/directory.js';
import { run } from './run.js';

const KEY = repeated(5, 32);
const NO_NUMBER = 'Invalid input: expected number, received string';

let site: OpenDirectory;
let file: string;
beforeEach(async () => {
  site = await openDirectory();
  file = join(site.path, 'c.toml');
});
afterEach(() => site.dispose());

const daemon = (key = toBase64(KEY)): string => `
[proxy]
datadir = "${site.path}/data"
[NonvotingAuthority.a]
Address = "192.0.2.1:1"
PublicKey = "${key}"
[[Account]]
User = "Alice"
Provider = "Example.COM"
NonvotingAuthority = "a"
`;

const provider = (): string => `
[Server]
Identifier = "p1.test"
Addresses = [ "127.0.0.1:1" ]
DataDir = "${site.path}/data"
IsProvider = true
[PKI.Nonvoting]
Address = "127.0.0.1:2"
PublicKey = "${toHex(KEY)}"
[Provider]
EnableUserRegistrationHTTP = true
UserRegistrationHTTPAddresses = [ "127.0.0.1:3" ]
`;

const authority = (): string => `
[Authority]
Addresses = [ "127.0.0.1:2" ]
DataDir = "${site.path}/data"
`;

const effectiveOf = async (source: string): Promise<string> => {
  await writeFile(file, source);
  const { code, out, err } = await run(['check-config', '--print-effective', file]);
  expect({ code, err }).toEqual({ code: 0, err: [] });
  return `${out.join('\n')}\n`;
};

describe('postern check-config', () => {
  it.each([
    ['a daemon', daemon],
    ['a provider', provider],
    ['an authority', authority],
  ])('prints a file that says the same: %s', async (_, source) => {
    const effective = await effectiveOf(source());
    expect(await effectiveOf(effective)).toBe(effective);
    expect(effective).toMatch(/KeyFile = ".*\/data\.storage\.key"/);
    expect(effective).toMatch(/\[Logging\]\nDisable = false\nFile = ""\nLevel = "NOTICE"/);
    expect(await readdir(site.path)).toEqual(['c.toml']);
  });

  it('prints one form of what can be written in several', async () => {
    const effective = await effectiveOf(daemon());
    expect(await effectiveOf(daemon(toHex(KEY)))).toBe(effective);
    expect(await effectiveOf(daemon().replace('Alice', 'alice'))).toBe(effective);
    expect(await effectiveOf(daemon().replace('NonvotingAuthority = ', 'Authority = '))).toBe(
      effective,
    );
    expect(effective).toMatch(/User = "alice"\nProvider = "example.com"\nAuthority = "a"/);
  });

  it('prints JSON', async () => {
    await writeFile(file, daemon());
    const { out } = await run(['check-config', '--print-effective', '--json', file]);
    expect(JSON.parse(out[0] ?? '')).toMatchObject({
      file,
      problems: [],
      effective: {
        Account: [{ User: 'alice', Authority: 'a' }],
        Debug: { ReceiveTimeout: 1_209_600 },
      },
    });
    const short = await run(['check-config', '--json', file]);
    expect(JSON.parse(short.out[0] ?? '')).toEqual({ file, problems: [] });
  });

  it('prints problems as JSON too', async () => {
    await writeFile(file, `${daemon()}Mailder = "/m"\n[Debug]\nReceiveTimeout = "soon"\n`);
    const { code, out, err } = await run(['check-config', '--json', file]);
    expect(code).toBe(2);
    expect(err).toHaveLength(2);
    expect(JSON.parse(out[0] ?? '')).toEqual({
      file,
      problems: [
        { line: 11, key: 'Account[0].Mailder', problem: 'unknown key, did you mean Maildir?' },
        { line: 13, key: 'Debug.ReceiveTimeout', problem: NO_NUMBER },
      ],
    });
  });

  it('warns of what is dangerous, and says why', async () => {
    const mix = provider()
      .replace(/IsProvider[^]*?\n/, '')
      .replace(/\[Provider\][^]*/, '');
    await writeFile(file, `${mix}[Mixing]\nStrategy = "pool"\nMixPoolMinSize = 1\n`);
    const { code, out, err } = await run(['check-config', file]);
    expect({ code, out }).toEqual({ code: 0, out: [`${file}: no problems`] });
    expect(err.join()).toMatch(/warning: .*:11: Mixing\.MixPoolMinSize: of 1 leaves a packet/);
    const json = await run(['check-config', '--json', file]);
    expect(JSON.parse(json.out[0] ?? '')).toMatchObject({
      warnings: [{ line: 11, key: 'Mixing.MixPoolMinSize' }],
    });
  });

  it('wants an address where registrations are enabled', async () => {
    await writeFile(file, provider().replace(/\nUserReg.*/, ''));
    const { code, err } = await run(['check-config', file]);
    expect(code).toBe(2);
    expect(err).toEqual([
      `postern: ${file}:11: Provider.EnableUserRegistrationHTTP: needs Provider.UserRegistrationHTTPAddresses`,
    ]);
  });
});

describe('postern init', () => {
  it('names the flag that is missing, and makes nothing', async () => {
    const { code, err } = await run(['init', '--dir', join(site.path, 'z'), '--yes']);
    expect({ code, err }).toEqual({ code: 2, err: ['postern: --provider: must be given'] });
    expect(await readdir(join(site.path, 'z'))).toEqual([]);
  });

  it('is what the reference’s -r does, by its names', async () => {
    const words = ['daemon', '-r', '-account=zed', '-provider', 'p1.test'];
    const { code, err } = await run([...words, '-dataDir', join(site.path, 'd')]);
    expect({ code, err }).toEqual({ code: 2, err: ['postern: -authority: must be given'] });
  });

  it('refuses numbers that are none', async () => {
    const { code, err } = await run(['init', '--epoch-period', 'soon']);
    expect(code).toBe(2);
    expect(err.join()).toMatch(/number above 0/);
  });
});

describe('postern import', () => {
  it('wants its own place', async () => {
    const { code, err } = await run(['import', '--mailproxy', site.path, '--dir', site.path]);
    expect(code).toBe(2);
    expect(err).toEqual(['postern: --dir: must be apart from the directory of mailproxy']);
    expect(await readdir(site.path)).toEqual([]);
  });
});
