import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fromFile } from '../../../bridges/files/line-ends.js';
import { openHook } from '../../../bridges/files/hook.js';
import { deliverToMaildir, type DeliveryOptions } from '../../../bridges/maildir/index.js';
import { folderFor, type Condition } from '../../../bridges/maildir/rules.js';
import { memoryLog, type MemoryLog } from '../../../src/io/memory.js';
import { nodeClock } from '../../../src/io/node.js';
import { ok } from 'neverthrow';
import { FakeClient } from '../../../testkit/fake-client.js';
import { openDirectory } from '../../support/directory.js';
import { bodyHash, nastyMails } from '../../support/nasty-mails.js';
import { eventually } from '../eventually.js';

const BOB = 'bob@p2.test';
const KEY = new Uint8Array(32).fill(1);
const clock = nodeClock();

let directory: string;
let client: FakeClient;
let log: MemoryLog;
beforeEach(async () => {
  const opened = await openDirectory();
  directory = join(opened.path, 'Maildir');
  client = new FakeClient({ accounts: [BOB], readers: ['maildir'] });
  log = memoryLog();
  return () => opened.dispose();
});

/** Delivers all that the client has. */
const deliver = async (more: Partial<DeliveryOptions> = {}): Promise<void> => {
  const options = { client, account: BOB, directory, clock, log };
  const running = (await deliverToMaildir({ ...options, ...more }))._unsafeUnwrap();
  await eventually(() => client.kept).toEqual([]);
  await running.close();
};

describe('the rules of a Maildir', () => {
  const trusted = { kind: 'verified' } as const;
  const recipients: Parameters<typeof folderFor>[1] = {
    get: (address) =>
      ok({ address, key: KEY, trust: address === 'eva@p1.test' ? trusted : { kind: 'given' } }),
  };
  const from = (sender?: string) => ({ senderKey: KEY, ...(sender ? { sender } : {}) });
  const cases: readonly (readonly [Condition, object, boolean])[] = [
    [{ kind: 'sender', sender: 'al@p1.test' }, from('al@p1.test'), true],
    [{ kind: 'sender', sender: 'al@p1.test' }, from('eva@p1.test'), false],
    [{ kind: 'sender', sender: 'al@p1.test' }, from(), false],
    [{ kind: 'sender', sender: '@p1.test' }, from('eva@p1.test'), true],
    [{ kind: 'sender', sender: '@p1.test' }, from('eva@xp1.test'), false],
    [{ kind: 'known', is: true }, from('al@p1.test'), true],
    [{ kind: 'known', is: false }, from(), true],
    [{ kind: 'verified', is: true }, from('eva@p1.test'), true],
    [{ kind: 'verified', is: true }, from('al@p1.test'), false],
    [{ kind: 'verified', is: false }, from(), true],
    [{ kind: 'report', is: true }, {}, true],
    [{ kind: 'report', is: true }, from(), false],
  ];
  it.each(cases)('%o of %o', (condition, mail, holds) => {
    const rules = [{ conditions: [condition], folder: 'F' }];
    expect(folderFor(rules, recipients, mail)).toBe(holds ? 'F' : undefined);
    const both = [{ conditions: [condition, { kind: 'known', is: true }], folder: 'F' } as const];
    const isKnown = 'sender' in mail;
    expect(folderFor(both, recipients, mail)).toBe(holds && isKnown ? 'F' : undefined);
  });

  it('send mails into folders that mail programs find', async () => {
    client.deliver(BOB, 'Subject: report\r\n\r\n');
    client.deliver(BOB, 'Subject: stranger\r\n\r\n', KEY);
    const rules = [{ conditions: [{ kind: 'report', is: true } as const], folder: 'Lists.me' }];
    await deliver({ rules });
    const [name = ''] = await readdir(join(directory, '.Lists.me/new'));
    expect(await readFile(join(directory, '.Lists.me/new', name), 'utf8')).toMatch(/report/);
    expect(await readdir(join(directory, 'new'))).toHaveLength(1);
    expect((await stat(join(directory, '.Lists.me/maildirfolder'))).isFile()).toBe(true);
  });

  it('do not double a mail that lies in one of their folders', async () => {
    const id = client.deliver(BOB, 'Subject: report\r\n\r\n');
    await mkdir(join(directory, '.Me/cur'), { recursive: true });
    await writeFile(join(directory, '.Me/cur', `0.${id}.localhost,U=7:2,RS`), 'as it was');
    await deliver({ rules: [{ conditions: [], folder: 'Me' }] });
    expect(await readdir(join(directory, '.Me/new')).catch(() => [])).toEqual([]);
  });
});

describe('a delivered file', () => {
  it('holds every nasty mail to the byte, and says no more than the day', async () => {
    for (const { mail } of nastyMails) client.deliver(BOB, Buffer.concat([FIELDS, mail]));
    await deliver();
    const hashes: string[] = [];
    for (const name of await readdir(join(directory, 'new'))) {
      const path = join(directory, 'new', name);
      hashes.push(bodyHash(fromFile(new Uint8Array(await readFile(path)))));
      const { mtimeMs, atimeMs } = await stat(path);
      expect([mtimeMs % 86_400_000, atimeMs >= mtimeMs]).toEqual([0, true]);
    }
    expect(hashes.sort()).toEqual(nastyMails.map(({ mail }) => bodyHash(mail)).sort());
  });
});

const FIELDS = Buffer.from('Authentication-Results: mix\r\n');

describe('the command behind a delivery', () => {
  const said = (): Promise<string> => readFile(`${directory}.said`, 'utf8').catch(() => '');
  const shell = (script: string): readonly string[] => [
    'sh',
    '-c',
    script,
    'sh',
    `${directory}.said`,
  ];

  it('runs once for many mails, and never twice at once', async () => {
    const script = 'echo begin >>"$1"; until [ -e "$1.go" ]; do sleep 0.05; done; echo end >>"$1"';
    const command = shell(script);
    const hook = openHook({ command, clock, log, quietMs: 50 });
    for (let i = 0; i < 100; i++) hook.fire();
    await eventually(said).toBe('begin\n');
    for (let i = 0; i < 100; i++) hook.fire();
    await writeFile(`${directory}.said.go`, '');
    await eventually(said).toBe('begin\nend\nbegin\nend\n');
    await hook.close();
    expect(log.lines).toEqual([]);
  });

  it('costs nothing when it fails, takes too long or is not there', async () => {
    for (const [command, reason] of [
      [['false'], 'exit code 1'],
      [['/no/such/program'], 'ENOENT'],
      [shell('sleep 60 & wait'), 'timeout'],
    ] as const) {
      const hook = openHook({ command, clock, log, quietMs: 0, limitMs: 300 });
      hook.fire();
      await eventually(() => log.lines.join('\n'), reason).toContain(reason);
      await hook.close();
    }
  });

  it('runs behind mails that were delivered, without a shell', async () => {
    client.deliver(BOB, 'Subject: x\r\n\r\n');
    const options = { client, account: BOB, directory, clock, log };
    const postDeliver = ['cp', '-r', join(directory, 'new'), `${directory};$(x)`];
    const running = (await deliverToMaildir({ ...options, postDeliver }))._unsafeUnwrap();
    await eventually(() => readdir(`${directory};$(x)`).catch(() => [])).toHaveLength(1);
    await running.close();
  });

  it('ends with the delivery', async () => {
    const hook = openHook({ command: ['sleep', '60'], clock, log, quietMs: 0 });
    hook.fire();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = Date.now();
    await hook.close();
    expect(Date.now() - before).toBeLessThan(5000);
  });
});
