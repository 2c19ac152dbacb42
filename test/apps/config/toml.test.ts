import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeProblem } from '../../../apps/config/toml.js';
import { readDaemonConfig } from '../../../apps/daemon/config.js';

const KEY = '/RckOFqgx1tk+3jNYC+h2ZH96/drE8WO1wLqyDXp9hg=';

const good = `
[Proxy]
  DataDir = "/var/lib/postern"

[NonvotingAuthority.home]
  Address = "127.0.0.1:30000"
  PublicKey = "${KEY}"

[[Account]]
  User = "alice"
  Provider = "p1.test"
  Authority = "home"
`;

const problemsOf = (source: string): readonly string[] =>
  readDaemonConfig(source, 'c.toml')._unsafeUnwrapErr().map(describeProblem);

describe('the daemon configuration', () => {
  it('reads the documents’ keys, with their defaults', () => {
    const config = readDaemonConfig(good, 'c.toml')._unsafeUnwrap();
    expect(config).toMatchObject({
      smtp: '127.0.0.1:2525',
      pop3: '127.0.0.1:2524',
      socket: '/var/lib/postern/management_sock',
      storageKeyFile: '/var/lib/postern.storage.key',
      documentVerbs: false,
      logging: { disabled: false, level: 'notice' },
      client: {
        accounts: [{ user: 'alice', provider: 'p1.test', network: 'home', readers: ['pop3'] }],
      },
    });
  });

  it('takes both spellings of the authority key, and keys of any case', () => {
    const other = good
      .replace('Authority = "home"', 'nonvotingauthority = "home"')
      .replace('DataDir', 'DATADIR');
    expect(readDaemonConfig(other, 'c.toml').isOk()).toBe(true);
  });

  it.each([
    [
      'Adress = 1',
      /^c\.toml:8: NonvotingAuthority\.home\.Adress: unknown key, did you mean Address\?$/,
    ],
    ['zzzzzzzzzz = 1', /^c\.toml:8: NonvotingAuthority\.home\.zzzzzzzzzz: unknown key$/],
  ])('names file, line, key and the nearest known name: %s', (line, expected) => {
    const source = good.replace(`PublicKey = "${KEY}"\n`, `PublicKey = "${KEY}"\n  ${line}\n`);
    expect(problemsOf(source)).toEqual([expect.stringMatching(expected)]);
  });

  it.each([
    [good.replace('[Proxy]', '[Prxy]'), /^c\.toml:1: Proxy: there must be a \[Proxy\] table$/],
    [good.replace('/var', 'var'), /^c\.toml:3: Proxy\.DataDir: must be an absolute path$/],
    [
      good.replace(KEY, KEY.slice(4)),
      /^c\.toml:7: NonvotingAuthority\.home\.PublicKey: must be 32 bytes/,
    ],
    [
      good.replace('= "home"', '= "hme"'),
      /^c\.toml:12: Account\[0\]\.Authority: there is no \[NonvotingAuthority\.hme\], did you mean home\?$/,
    ],
    [`${good}[[Account]]\nUser = "b"\n`, /^c\.toml:13: Account\[1\]\.Provider: /],
    [`${good}[Logging]\nLevel = "TRACE"\n`, /^c\.toml:14: Logging\.Level: must be one of ERROR/],
    [`${good}x = [`, /^c\.toml:\d+: /],
    [
      good.replace('DataDir =', 'SMTPAddress = "0.0.0.0:25"\nDataDir ='),
      /^c\.toml:3: Proxy\.SMTPAddress: must be a loopback/,
    ],
    [
      good.replace('DataDir =', 'SMTPAddress = "localhost:25"\nDataDir ='),
      /^c\.toml:3: Proxy\.SMTPAddress: must be an IP/,
    ],
  ])('says what is wrong and where (%#)', (source, expected) => {
    expect(problemsOf(source)[0]).toMatch(expected);
  });

  it.each([
    [`${good}[proxy]\n`, 13, 'proxy: is the same as Proxy: case does not count'],
    [
      good.replace('User = "alice"', 'User = "alice"\n  user = "bob"'),
      11,
      'Account[0].user: is the same as User: case does not count',
    ],
    [`${good}[[account]]\n`, 13, 'account: is the same as Account: case does not count'],
    [
      `${good}[Debug]\n  PollingInterval = 1\n  pollinginterval = 2\n`,
      15,
      'Debug.pollinginterval: is the same as PollingInterval: case does not count',
    ],
    [
      `Logging = { Level = 'INFO', level = 'INFO' }${good}`,
      1,
      'Logging.level: is the same as Level: case does not count',
    ],
  ])('refuses the second of two names that differ in case (%#)', (source, line, problem) => {
    expect(problemsOf(source)).toContain(`c.toml:${line}: ${problem}`);
  });

  it('keeps labels that differ in case apart', () => {
    const [, table = ''] = /(\[Nonvoting[^]*?)\n\n/.exec(good) ?? [];
    const both = `${good}${table.replace('home', 'Home')}\n`;
    expect(Object.keys(readDaemonConfig(both, 'c')._unsafeUnwrap().client.networks)).toEqual([
      'home',
      'Home',
    ]);
  });

  it('accepts a [Logging] table without a level', () => {
    expect(
      readDaemonConfig(`${good}[Logging]\nFile = "p.log"\n`, 'c')._unsafeUnwrap().logging,
    ).toEqual({
      disabled: false,
      level: 'notice',
      file: '/var/lib/postern/p.log',
      unsafeDebug: false,
    });
  });

  it('never throws, whatever the text', () => {
    const lines = good.split('\n');
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.string(), (at, text) => {
        readDaemonConfig(lines.with(at, text).join('\n'), 'c.toml');
      }),
      { numRuns: 500 },
    );
  });
});
