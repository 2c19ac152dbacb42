/** `[UpstreamProxy]`, several authorities, and those that cannot be had. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeProblem } from '../../../apps/config/toml.js';
import { readDaemonConfig } from '../../../apps/daemon/config.js';
import { nodeNetwork } from '../../../src/io/node.js';
import { withDirectory } from '../../support/directory.js';

const KEY = '/RckOFqgx1tk+3jNYC+h2ZH96/drE8WO1wLqyDXp9hg=';

const fileWith = (...more: readonly string[]): string =>
  [
    '[Proxy]',
    'DataDir = "/var/lib/postern"',
    '[NonvotingAuthority.home]',
    'Address = "127.0.0.1:30000"',
    `PublicKey = "${KEY}"`,
    '[NonvotingAuthority.away]',
    'Address = "authority.example.onion:29483"',
    `PublicKey = "${KEY}"`,
    'EpochPeriod = 600',
    '[[Account]]',
    'User = "alice"',
    'Provider = "p1.test"',
    'Authority = "home"',
    '[[Account]]',
    'User = "alice"',
    'Provider = "p9.test"',
    'NonvotingAuthority = "away"',
    ...more,
  ].join('\n');

const HERE = fileWith().split('\n').length;

const clientOf = (source: string) => readDaemonConfig(source, 'c.toml')._unsafeUnwrap().client;

const problemsOf = (source: string): readonly string[] =>
  readDaemonConfig(source, 'c.toml')._unsafeUnwrapErr().map(describeProblem);

const proxy = (...lines: readonly string[]): string => fileWith('[UpstreamProxy]', ...lines);

const TCP = ['Network = "tcp"', 'Address = "127.0.0.1:9050"'];

describe('[UpstreamProxy]', () => {
  it('is none where nothing is said', () => {
    for (const source of [fileWith(), proxy(), proxy('Type = "None"', 'Network = "tcp"')]) {
      expect(clientOf(source)).not.toHaveProperty('upstreamProxy');
      expect(clientOf(source)).not.toHaveProperty('preferredTransports');
    }
  });

  it('takes a proxy with and without a log-in, and Tor', () => {
    const address = '127.0.0.1:9050';
    expect(clientOf(proxy('Type = "SOCKS5"', ...TCP)).upstreamProxy).toEqual({
      kind: 'socks5',
      address,
    });
    const login = ['User = "u"', 'Password = "p"'];
    expect(clientOf(proxy('Type = "socks5"', ...TCP, ...login)).upstreamProxy).toEqual({
      kind: 'socks5',
      address,
      user: 'u',
      password: 'p',
    });
    const tor = clientOf(proxy('Type = "tor+socks5"', ...TCP, 'PreferedTransports = ["onion"]'));
    expect(tor.upstreamProxy).toEqual({ kind: 'tor', address });
    expect(tor.preferredTransports).toEqual(['onion']);
  });

  it('takes a socket that is there, and nothing else', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'socks');
      const source = proxy('Type = "tor+socks5"', 'Network = "unix"', `Address = "${path}"`);
      const where = `c.toml:${HERE + 4}: UpstreamProxy.Address`;
      expect(problemsOf(source)).toEqual([`${where}: there is no socket`]);
      expect(problemsOf(source.replace(path, directory))).toEqual([`${where}: there is no socket`]);
      const listener = (await nodeNetwork().listen(`unix:${path}`))._unsafeUnwrap();
      expect(clientOf(source).upstreamProxy).toEqual({ kind: 'tor', address: `unix:${path}` });
      await listener.close();
    });
  });

  it.each([
    [['Type = "http"'], 2, 'Type: must be one of none, socks5, tor+socks5'],
    [['Type = "socks5"'], 1, 'Network: must be tcp or unix'],
    [['Type = "socks5"', 'Network = "udp"'], 3, 'Network: must be tcp or unix'],
    [
      ['Type = "socks5"', 'Network = "tcp"', 'Address = "localhost:9050"'],
      4,
      'Address: must be an IP address and a port, such as 127.0.0.1:9050',
    ],
    [
      ['Type = "socks5"', 'Network = "unix"', 'Address = "run/socks"'],
      4,
      'Address: must be the absolute path of a socket, of at most 103 bytes',
    ],
    [['Type = "socks5"', ...TCP, 'User = "u"'], 1, 'Password: must be set with User'],
    [['Type = "socks5"', ...TCP, 'Password = "p"'], 1, 'User: must be set with Password'],
    [
      ['Type = "socks5"', ...TCP, `User = "${'u'.repeat(256)}"`, 'Password = "p"'],
      5,
      'User: must have at most 255 bytes',
    ],
    [
      ['Type = "tor+socks5"', ...TCP, 'User = "u"', 'Password = "p"'],
      5,
      'User: cannot be set for tor+socks5, which makes its own',
    ],
    [['PreferedTransports = []'], 2, 'PreferedTransports: must name at least one transport'],
    [
      ['PreferredTransports = ["tcp"]'],
      2,
      'PreferredTransports: unknown key, did you mean PreferedTransports?',
    ],
  ])('refuses %j', (lines, line, problem) => {
    expect(problemsOf(proxy(...lines))).toEqual([
      `c.toml:${HERE + line}: UpstreamProxy.${problem}`,
    ]);
  });
});

describe('authorities', () => {
  it('are as many as there are networks, each with its own agreement', () => {
    const { networks, accounts } = clientOf(fileWith());
    expect(Object.keys(networks)).toEqual(['home', 'away']);
    expect(networks['home']?.epochTime.periodMs).toBe(1_200_000);
    expect(networks['away']?.epochTime.periodMs).toBe(600_000);
    expect(accounts.map(({ network }) => network)).toEqual(['home', 'away']);
  });

  it('are named by an account, and by no other name', () => {
    const source = fileWith().replace('Authority = "home"', 'Authority = "hom"');
    expect(problemsOf(source)).toEqual([
      'c.toml:13: Account[0].Authority: there is no [NonvotingAuthority.hom], did you mean home?',
    ]);
  });

  it('that vote are refused by the table and by the account that names one', () => {
    const table = fileWith(
      '[VotingAuthority.many]',
      '[[VotingAuthority.many.Peers]]',
      'Addresses = ["192.0.2.1:1"]',
    );
    expect(problemsOf(table)).toEqual([
      `c.toml:${HERE + 1}: VotingAuthority: voting authorities are not supported yet`,
    ]);
    const account = fileWith().replace('Authority = "home"', 'VotingAuthority = "many"');
    expect(problemsOf(account)).toContain(
      'c.toml:13: Account[0].VotingAuthority: voting authorities are not supported yet',
    );
  });

  it.each(['30000', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:99999', 'a b:1', 'unix:/run/x'])(
    'cannot be at "%s"',
    (address) => {
      const source = fileWith().replace('127.0.0.1:30000', address);
      expect(problemsOf(source)).toEqual([
        expect.stringMatching(
          /^c.toml:4: NonvotingAuthority.home.Address: must be a host and a port/,
        ),
      ]);
    },
  );
});
