/** The documents' sample sections, and what is the default where a file says nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { canonicalOf } from '../../../apps/config/canonical.js';
import { readToml } from '../../../apps/config/toml.js';
import { readDaemonConfig } from '../../../apps/daemon/config.js';
import { startDaemon, type RunningDaemon } from '../../../apps/daemon/daemon.js';
import { completeDaemonFile } from '../../../apps/daemon/effective.js';
import { daemonSchema } from '../../../apps/daemon/schema.js';
import { toBase64 } from '../../../src/bytes/text.js';
import { nodeIo } from '../../../src/io/node.js';
import { openSqliteStore } from '../../../src/store/sqlite.js';
import { repeated } from '../../support/bytes.js';
import { openDirectory, type OpenDirectory } from '../../support/directory.js';

const documents = join(import.meta.dirname, '../../../../shared/source-documents');
const areThere = existsSync(documents);
if (!areThere) console.warn('skipped: the documents (they are not beside this project)');

const opened: (OpenDirectory | RunningDaemon)[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) {
    await ('dispose' in each ? each.dispose() : each.close());
  }
});

const HEADER_OR_SETTING = /^\s*(?:\[{1,2}[A-Za-z.]+\]{1,2}|[A-Za-z0-9]+ = .*)\s*$/;

/** A document's sections one behind the other; the missing quote put back, keys and paths replaced. */
const sampleOf = (text: string, directory: string): string =>
  text
    .split('\n')
    .filter((line) => HEADER_OR_SETTING.test(line))
    .map((line) =>
      line
        .replace(/(DataDir = "[^"]*)"?$/, '$1"')
        .replace('/home/user/.local/share/katzenpost', join(directory, 'data'))
        .replace(/(PublicKey = ).*/, `$1"${toBase64(repeated(1, 32))}"`)
        .replace(/(ProviderKeyPin = ).*/, `$1"${toBase64(repeated(2, 32))}"`),
    )
    .join('\n');

const boot = async (text: string): Promise<void> => {
  const config = readDaemonConfig(text, 'sample.toml')._unsafeUnwrap();
  expect([config.smtp, config.pop3]).toEqual(['127.0.0.1:2525', '127.0.0.1:2524']);
  expect(config.client.accounts).toMatchObject([
    { user: 'alice', provider: 'example.com', network: 'TestAuthority', keyDiscovery: true },
  ]);
  expect(config.documentVerbs).toBe(true);
  const io = { ...nodeIo(), log: { write: () => undefined } };
  // Somebody else may have those ports.
  const anywhere = { ...config, smtp: '127.0.0.1:0', pop3: '127.0.0.1:0' };
  const daemon = (
    await startDaemon(anywhere, { io, openStore: openSqliteStore, shutdown: () => undefined })
  )._unsafeUnwrap();
  opened.push(daemon);
  expect(daemon.client.accounts.list()).toEqual(['alice@example.com']);
  expect(existsSync(daemon.socket)).toBe(true);
};

const directoryOf = async (): Promise<string> => {
  const directory = await openDirectory();
  opened.push(directory);
  return directory.path;
};

describe('the documents’ samples', () => {
  it.skipIf(!areThere).each(['mailproxy.txt', 'mailproxy-guide.txt'])(
    'of %s, concatenated, boot',
    async (name) => {
      const text = sampleOf(readFileSync(join(documents, name), 'utf8'), await directoryOf());
      expect(text.match(/^\s*\[/gm)).toHaveLength(6);
      await boot(text);
    },
  );

  it('have one of our own beside them, which boots', async () => {
    const file = join(import.meta.dirname, '../samples/documents.toml');
    await boot(readFileSync(file, 'utf8').replaceAll('DIRECTORY', await directoryOf()));
  });
});

const DATA = '/data';
const MINIMAL = `
[Proxy]
DataDir = "${DATA}"
[NonvotingAuthority.a]
Address = "192.0.2.1:1"
PublicKey = "${toBase64(repeated(1, 32))}"
[[Account]]
User = "alice"
Provider = "p"
Authority = "a"
`;

/** What the reference's documents and program take where a file says nothing. */
const DOCUMENTED = {
  'Proxy.POP3Address': '127.0.0.1:2524',
  'Proxy.SMTPAddress': '127.0.0.1:2525',
  'Proxy.NoLaunchListeners': false,
  'Proxy.RecipientDir': `${DATA}/recipients`,
  'Logging.Disable': false,
  'Logging.File': '',
  'Logging.Level': 'NOTICE',
  'Management.Enable': false,
  'Management.Path': `${DATA}/management_sock`,
  'Account.0.ProviderKeyPin': undefined,
  'Account.0.InsecureKeyDiscovery': false,
  'UpstreamProxy.Type': 'none',
  'UpstreamProxy.User': '',
  'UpstreamProxy.Password': '',
  'Debug.ReceiveTimeout': 0,
  'Debug.BounceQueueLifetime': 432_000,
  'Debug.UrgentQueueLifetime': 3600,
  'Debug.PollingInterval': 30,
  'Debug.RetransmitSlack': 300,
  'Debug.CaseSensitiveUserIdentifiers': false,
  'Debug.SendDecoyTraffic': false,
  'Debug.GenerateOnly': false,
} as const;

/** Where ours is decided to be another, and why. */
const DECIDED: Readonly<Record<string, { readonly ours: unknown; readonly why: string }>> = {
  'Debug.ReceiveTimeout': {
    ours: 1_209_600,
    why: 'after two weeks no sender tries any more, and somebody should hear of what has come',
  },
  'Debug.PollingInterval': {
    ours: 0,
    why: 'retrieval follows the document’s rates: every packet with a SURB returns one item',
  },
  'Debug.RetransmitSlack': {
    ours: 0,
    why: 'the slack is scaled by what is outstanding, or long mails are sent twice',
  },
  'Debug.SendDecoyTraffic': { ours: true, why: 'without cover traffic there is no anonymity' },
};

const effective = (source: string): unknown =>
  readToml(daemonSchema, source, 'c.toml')
    .map((file) => canonicalOf(daemonSchema, completeDaemonFile(file)))
    ._unsafeUnwrap();

const at = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (inner, name) => (inner as Record<string, unknown> | undefined)?.[name],
      value,
    );

describe('every default', () => {
  it.each(Object.entries(DOCUMENTED))('is the documents’, or decided: %s', (path, documented) => {
    const decided = DECIDED[path];
    expect(at(effective(MINIMAL), path)).toEqual(decided ? decided.ours : documented);
    if (decided) expect(decided.ours).not.toEqual(documented);
  });

  it('is what the daemon does', () => {
    const { client, logging } = readDaemonConfig(MINIMAL, 'c.toml')._unsafeUnwrap();
    expect(client.tuning).toEqual({
      receiveTimeoutMs: 1_209_600_000,
      bounceQueueLifetimeMs: 432_000_000,
      urgentQueueLifetimeMs: 3_600_000,
      caseSensitiveUserIdentifiers: false,
      sendDecoyTraffic: true,
      pathsByHand: false,
    });
    expect(logging).toEqual({ disabled: false, level: 'notice', unsafeDebug: false });
  });

  it('stands for values that are none, as in the reference', () => {
    const none = `${MINIMAL}[Debug]\nBounceQueueLifetime = 0\nUrgentQueueLifetime = -5\nPollingInterval = -1\n[Management]\nPath = ""\n[Logging]\nFile = ""\n`;
    expect(effective(none)).toEqual(effective(MINIMAL));
  });

  it.each([0, -1])('but a ReceiveTimeout of %d is never, as in the reference', (seconds) => {
    const never = `${MINIMAL}[Debug]\nReceiveTimeout = ${seconds}\n`;
    expect(at(effective(never), 'Debug.ReceiveTimeout')).toBe(0);
    const { client } = readDaemonConfig(never, 'c.toml')._unsafeUnwrap();
    expect(client.tuning?.receiveTimeoutMs).toBe(0);
  });
});

describe('accounts', () => {
  const problemsOf = (account: string): readonly string[] =>
    readDaemonConfig(`${MINIMAL}${account}`, 'c.toml').match(
      () => [],
      (problems) => problems.map(({ line, key, problem }) => `${line} ${key}: ${problem}`),
    );

  it.each([
    ['User = "a b"\nProvider = "p"\nAuthority = "a"', '12 Account[1].User: this is no user name'],
    [
      `User = "${'a'.repeat(65)}"\nProvider = "p"\nAuthority = "a"`,
      '12 Account[1].User: must have at most 64 bytes',
    ],
    [
      'User = "x"\nProvider = "foo_bar"\nAuthority = "a"',
      '13 Account[1].Provider: this is no provider’s name',
    ],
    ['User = "ALICE"\nProvider = "P"\nAuthority = "a"', '11 Account[1]: alice@p is there twice'],
    ['User = "x"\nProvider = "p"', '11 Account[1]: names no Authority'],
    [
      'User = "x"\nProvider = "p"\nAuthority = "b"',
      '14 Account[1].Authority: there is no [NonvotingAuthority.b], did you mean a?',
    ],
  ])('are refused with their line: %s', (account, problem) => {
    expect(problemsOf(`[[Account]]\n${account}\n`)).toEqual([problem]);
  });
});
