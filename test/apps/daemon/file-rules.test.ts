/** What a daemon's file may not say although each of its keys is well. */
import { describe, expect, it } from 'vitest';
import { describeProblem } from '../../../apps/config/toml.js';
import { readDaemonConfig } from '../../../apps/daemon/config.js';
import { toBase64 } from '../../../src/bytes/text.js';
import { repeated } from '../../support/bytes.js';

const [KEY, OTHER_KEY] = [toBase64(repeated(5, 32)), toBase64(repeated(7, 32))];

interface Parts {
  readonly proxy?: string;
  readonly network?: string;
  readonly account?: string;
  readonly rest?: string;
}

const textOf = ({ proxy = '', network = '', account = '', rest = '' }: Parts): string => `
[Proxy]
DataDir = "/d"
${proxy}
[NonvotingAuthority.home]
Address = "127.0.0.1:1"
PublicKey = "${KEY}"
${network}
[[Account]]
User = "alice"
Provider = "p1.test"
Authority = "home"
${account}
${rest}`;

const problemsOf = (parts: Parts): readonly string[] =>
  readDaemonConfig(textOf(parts), 'c.toml').match(
    () => [],
    (problems) => problems.map(describeProblem),
  );

const bob = (account: string): string =>
  `[[Account]]\nUser = "bob"\nProvider = "p1.test"\nAuthority = "home"\n${account}`;

describe('an account', () => {
  it('lives on one network', () => {
    const rest = `[NonvotingAuthority.away]\nAddress = "127.0.0.1:2"\nPublicKey = "${KEY}"`;
    expect(problemsOf({ account: 'NonvotingAuthority = "away"', rest })).toEqual([
      'c.toml:13: Account[0].NonvotingAuthority: is another network than that of Authority: ' +
        'an account lives on one',
    ]);
    expect(problemsOf({ account: 'NonvotingAuthority = "home"' })).toEqual([]);
  });

  it.each([
    ['one folder', '/m', '/m'],
    ['one folder, written otherwise', '/m', '/x/../m/'],
    ['the drop folder in the Maildir', '/m', '/m/new'],
    ['the Maildir in the drop folder', '/m/a', '/m'],
    ['everything', '/', '/m'],
  ])('does not send what is received: %s', (_, maildir, drop) => {
    const problem = (name: string, other: string): RegExp =>
      new RegExp(`^c\\.toml:\\d+: Account\\[${name}: lies in, is or holds Account\\[${other}: rec`);
    const own = `Maildir = "${maildir}"\nDropFolder = "${drop}"`;
    expect(problemsOf({ account: own })).toEqual([
      expect.stringMatching(problem('0\\]\\.DropFolder', '0\\]\\.Maildir')),
    ]);
    const others = { account: `DropFolder = "${drop}"`, rest: bob(`Maildir = "${maildir}"`) };
    expect(problemsOf(others)).toEqual([
      expect.stringMatching(problem('1\\]\\.Maildir', '0\\]\\.DropFolder')),
    ]);
  });

  it('may have its drop folder among those of the Maildir', () => {
    expect(problemsOf({ account: 'Maildir = "/m"\nDropFolder = "/m/.Outbox"' })).toEqual([]);
  });

  it.each([
    ['a rule', 'Maildir = "/m"\nDropFolder = "/m/.Out"\n[[Account.Rule]]\nFolder = "Out"'],
    ['what waits in the drop folder', 'Maildir = "/d/.Queued"\nDropFolder = "/d"'],
    ['an mbox', 'Mbox = "/m/box"\nDropMbox = "/m/box"'],
    ['an mbox in a drop folder', 'Mbox = "/d/box"\nDropFolder = "/d"'],
  ])('does not send what is received through %s', (_, account) => {
    expect(problemsOf({ account })).toEqual([
      expect.stringMatching(/lies in, is or holds .*: received mail would be sent$/),
    ]);
  });

  it('has nothing that could never do anything', () => {
    expect(problemsOf({ account: 'Mbox = "/m"\n[[Account.Rule]]\nFolder = "A"' })).toEqual([
      expect.stringMatching(/Account\[0\]\.Rule\[0\]: needs a Maildir$/),
    ]);
    expect(problemsOf({ account: 'PostDeliver = ["true"]' })).toEqual([
      expect.stringMatching(/Account\[0\]\.PostDeliver: needs a Maildir or an Mbox$/),
    ]);
    const both = 'Maildir = "/m"\nPostDeliver = ["true"]\n[[Account.Rule]]\nFolder = "A.B"';
    expect(problemsOf({ account: `${both}\n[[Account.Rule]]\nFolder = "A.B"` })).toEqual([]);
  });

  it.each(['', '.', '../x', 'a/b', 'a..b', 'a.', 'x\\u0001'])('has no folder %j', (name) => {
    const account = `Maildir = "/m"\n[[Account.Rule]]\nFolder = "${name}"`;
    expect(problemsOf({ account })).toEqual([expect.stringMatching(/Folder: must be a name/)]);
  });

  it.each(['Maildir', 'DropFolder', 'Mbox', 'DropMbox'])('has a %s of its own', (key) => {
    const both = { account: `${key} = "/m"`, rest: bob(`${key} = "/m/."`) };
    expect(problemsOf(both)).toEqual([
      `c.toml:18: Account[1].${key}: is Account[0].${key} too: each needs its own`,
    ]);
    expect(problemsOf({ account: `${key} = "/m"`, rest: bob(`${key} = "/mm"`) })).toEqual([]);
  });
});

describe('listeners', () => {
  it.each([
    ['127.0.0.1:25', '127.0.0.1:25'],
    ['[::1]:25', '[::1]:025'],
    ['unix:/s/a', 'unix:/s/../s/a'],
  ])('have places of their own: %s, %s', (smtp, pop3) => {
    const proxy = `SMTPAddress = "${smtp}"; POP3Address = "${pop3}"`.replace('; ', '\n');
    expect(problemsOf({ proxy })).toEqual(['c.toml:5: Proxy.POP3Address: is SMTPAddress too']);
    expect(problemsOf({ proxy: `NoLaunchListeners = true\n${proxy}` })).toEqual([]);
  });

  it('may both pick a free port, or not be there', () => {
    for (const address of ['127.0.0.1:0', '']) {
      const proxy = `SMTPAddress = "${address}"\nPOP3Address = "${address}"`;
      expect(problemsOf({ proxy })).toEqual([]);
    }
  });

  it('leave the control socket alone', () => {
    expect(problemsOf({ proxy: 'SMTPAddress = "unix:/d/management_sock"' })).toEqual([
      'c.toml:4: Proxy.SMTPAddress: is the control socket',
    ]);
  });

  it('have paths that a system takes', () => {
    const long = `/${'x'.repeat(103)}`;
    expect(problemsOf({ rest: `[Management]\nPath = "${long}"` })).toEqual([
      'c.toml:15: Management.Path: must have at most 103 bytes, since it is the path of a socket',
    ]);
    expect(problemsOf({ proxy: `POP3Address = "unix:${long}"` })).toEqual([
      expect.stringMatching(/^c\.toml:4: Proxy\.POP3Address: .* of at most 103 bytes$/),
    ]);
    const deep = textOf({}).replace('"/d"', `"${long.slice(0, 100)}"`);
    expect(readDaemonConfig(deep, 'c.toml')._unsafeUnwrapErr().map(describeProblem)).toEqual([
      expect.stringMatching(
        /^c\.toml:3: Proxy\.DataDir: Management\.Path, here .* at most 103 bytes/,
      ),
    ]);
  });
});

describe('a recipient', () => {
  const rest = (key: string): string =>
    `[Recipients]\n"bob@x.test" = "${KEY}"\n"BOB@x.test" = "${key}"`;

  it('has one key, however the address is written', () => {
    expect(problemsOf({ rest: rest(OTHER_KEY) })).toEqual([
      'c.toml:16: Recipients.BOB@x.test: is bob@x.test, with another key',
    ]);
    expect(problemsOf({ rest: rest(KEY) })).toEqual([]);
  });

  it('is somebody else in another case where that counts', () => {
    const exact = `${rest(OTHER_KEY)}\n[Debug]\nCaseSensitiveUserIdentifiers = true`;
    expect(problemsOf({ rest: exact })).toEqual([]);
  });
});

describe('a network', () => {
  it.each([0, -1, 0.5, 1.5, 604_801, 1e300])('has no epochs of %d s', (seconds) => {
    expect(problemsOf({ network: `EpochPeriod = ${seconds}` })).toEqual([
      expect.stringMatching(/^c\.toml:8: .*EpochPeriod: must be a whole number of seconds/),
    ]);
  });

  it('says how large the packets of newer links are', () => {
    expect(problemsOf({ network: 'LinkProfile = "02"' })).toEqual([
      expect.stringMatching(/^c\.toml:5: NonvotingAuthority\.home\.UserPayload: must be given/),
    ]);
    expect(problemsOf({ network: 'LinkProfile = "02"\nUserPayload = 1490' })).toEqual([]);
  });

  it('needs a key under which not everything passes', () => {
    const source = textOf({}).replace(KEY, toBase64(repeated(0, 32)));
    expect(readDaemonConfig(source, 'c.toml')._unsafeUnwrapErr().map(describeProblem)).toEqual([
      expect.stringMatching(/^c\.toml:7: NonvotingAuthority\.home\.PublicKey: is no key/),
    ]);
  });
});

describe('listeners that others reach', () => {
  const tls = 'TLSCertFile = "/c.pem"\nTLSKeyFile = "/k.pem"\n';
  const smtp = 'SMTPAddress = "192.0.2.7:587"\n';

  it('need AllowRemote, and it needs TLS and passwords', () => {
    expect(problemsOf({ proxy: smtp })).toEqual([
      expect.stringMatching(
        /^c\.toml:4: Proxy\.SMTPAddress: must be a loopback .*AllowRemote = true/,
      ),
    ]);
    expect(problemsOf({ proxy: `${smtp}${tls}` })).toHaveLength(1);
    expect(problemsOf({ proxy: `${smtp}AllowRemote = true\n` })).toEqual([
      'c.toml:5: Proxy.AllowRemote: needs TLSCertFile',
      'c.toml:5: Proxy.AllowRemote: needs TLSKeyFile',
    ]);
    const open = `${smtp}AllowRemote = true\n${tls}`;
    expect(problemsOf({ proxy: open })).toEqual([]);
    expect(problemsOf({ proxy: `${open}AllowAnyPassword = true` })).toEqual([
      'c.toml:8: Proxy.AllowAnyPassword: cannot be had with AllowRemote',
    ]);
  });

  it('do not speak LMTP', () => {
    expect(problemsOf({ proxy: `AllowRemote = true\n${tls}LMTPAddress = "192.0.2.7:24"` })).toEqual(
      [expect.stringMatching(/Proxy\.LMTPAddress: must be a loopback/)],
    );
    expect(problemsOf({ proxy: 'LMTPAddress = "127.0.0.1:2525"' })).toEqual([
      'c.toml:4: Proxy.LMTPAddress: is SMTPAddress too',
    ]);
  });
});
