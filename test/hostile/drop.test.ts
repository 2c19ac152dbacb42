/** Whatever can lie in a drop folder. */
import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { watchDrop, type RunningDrop } from '../../bridges/maildir/index.js';
import { droppedFile } from '../../bridges/maildir/drop-files.js';
import { toCrlf, toLf } from '../../bridges/files/line-ends.js';
import { readOutgoing } from '../../bridges/files/outgoing.js';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { memoryLog, type MemoryLog } from '../../src/io/memory.js';
import { nodeClock } from '../../src/io/node.js';
import { FakeClient } from '../../testkit/fake-client.js';
import { eventually } from '../bridges/eventually.js';
import { openDirectory } from '../support/directory.js';
import { expectFlat } from './memory.js';
import { mutants } from './mutants.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const MAIL = `From: ${ALICE}\nTo: ${BOB}\n\nhello\n`;

let folder: string;
let client: FakeClient;
let log: MemoryLog;
let drop: RunningDrop | undefined;
beforeEach(async () => {
  const directory = await openDirectory();
  folder = join(directory.path, 'drop');
  for (const place of ['new', 'cur', 'tmp', '.Failed']) {
    await mkdir(join(folder, place), { recursive: true });
  }
  client = new FakeClient({ accounts: [ALICE], recipients: { [BOB]: new Uint8Array(32).fill(1) } });
  log = memoryLog();
  return async () => {
    await drop?.close();
    drop = undefined;
    await directory.dispose();
  };
});

const start = async (): Promise<void> => {
  const options = { client, account: ALICE, directory: folder, clock: nodeClock(), log };
  drop = (
    await watchDrop({ ...options, stableMs: 50, rescanMs: 200, maxMailLength: 1 << 20 })
  )._unsafeUnwrap();
};

/** A mail that must be sent although everything else lies there too. */
const expectSent = async (mails = 1): Promise<void> => {
  await writeFile(join(folder, 'tmp', 'honest'), MAIL);
  await rename(join(folder, 'tmp', 'honest'), join(folder, 'new', 'honest'));
  await eventually(() => client.sent.length).toBe(mails);
};

const namesIn = (place: string): Promise<readonly string[]> =>
  readdir(join(folder, place)).catch(() => []);
const reports = async (): Promise<readonly string[]> =>
  (await namesIn('.Failed/new')).filter((each) => each.endsWith('.report'));

describe('a drop folder', () => {
  it('sends nothing that a link, a pipe or a socket leads to', async () => {
    const secret = join(folder, '..', 'secret');
    await writeFile(secret, MAIL);
    await symlink(secret, join(folder, 'new', 'link'));
    await symlink('/dev/zero', join(folder, 'new', 'zero'));
    await symlink(join(folder, 'new', 'loop'), join(folder, 'new', 'loop'));
    await symlink(join(folder, 'nowhere'), join(folder, 'new', 'dangling'));
    await symlink('..', join(folder, 'new', 'up'));
    execFileSync('mkfifo', [join(folder, 'new', 'pipe'), join(folder, 'plain-pipe')]);
    await start();
    await expectSent();
    await eventually(async () =>
      (await namesIn('.Failed'))
        .flatMap((each) => /^([a-z-]+)\.[0-9a-f]{12}$/.exec(each)?.[1] ?? [])
        .sort(),
    ).toEqual(['dangling', 'link', 'loop', 'pipe', 'plain-pipe', 'up', 'zero']);
    expect(client.sent).toHaveLength(1);
    expect(await lstat(secret).then((stats) => stats.isFile())).toBe(true);
  });

  it('goes on beside directories with the names of mails', async () => {
    await mkdir(join(folder, 'new', 'directory', 'deep'), { recursive: true });
    await writeFile(join(folder, 'new', 'directory', 'inner'), MAIL);
    await mkdir(join(folder, '.Failed', 'new', 'taken', 'deep'), { recursive: true });
    await writeFile(join(folder, 'new', 'taken'), 'no mail at all');
    await start();
    await expectSent();
    expect(client.sent).toHaveLength(1);
  });

  it('keeps what it cannot read, and says so', async () => {
    await writeFile(join(folder, 'new', 'closed'), MAIL);
    await chmod(join(folder, 'new', 'closed'), 0);
    await start();
    // For the superuser nothing is closed.
    const isOpen = process.getuid?.() === 0;
    await expectSent(isOpen ? 2 : 1);
    await eventually(() => readdir(join(folder, 'new'))).toEqual(isOpen ? [] : ['closed']);
    if (!isOpen) expect(log.lines.join('\n')).toMatch(/tried again later/);
  });

  it('takes names of any bytes', async () => {
    const names = [
      ...['-rf', 'a\nb', '\u202e', '%00', '..name', 'x'.repeat(255), ';rm', 'ä', '__proto__', "'"],
    ];
    for (const name of names) await writeFile(join(folder, 'new', name), MAIL);
    await writeFile(
      Buffer.concat([Buffer.from(`${folder}/new/`), Buffer.from([0xff, 0xfe])]),
      MAIL,
    );
    await start();
    // What begins with a dot is nobody's mail, and one name cannot even be opened.
    await eventually(() => client.sent.length).toBe(names.length - 1);
    await eventually(() => log.lines.join('\n')).toMatch(/a name that is no UTF-8, and stays/);
    expect((await readdir(join(folder, 'new'), { encoding: 'latin1' })).sort()).toEqual([
      '..name',
      '\xff\xfe',
    ]);
  });

  it('refuses garbage of any kind with a reason, and goes on', async () => {
    const bodies: readonly (string | Uint8Array)[] = [
      ...['', '\n', '\u0000', 'x', ': y\n\n', 'To: \n\n', `To: ${'a'.repeat(900_000)}\n\n`],
      ...[`To: ${'b@,'.repeat(100_000)}\n\n`, 'A:\n'.repeat(300_000), `To: ${'('.repeat(500_000)}`],
      ...[
        `From: eve@x.y\nTo: ${BOB}\n\n`,
        new Uint8Array(1 << 21),
        new Uint8Array(1 << 20).fill(255),
      ],
    ];
    for (const [at, body] of bodies.entries()) await writeFile(join(folder, 'new', `g${at}`), body);
    await start();
    await expectSent();
    await eventually(async () => (await reports()).length).toBe(bodies.length);
    expect(client.sent).toHaveLength(1);
  });
});

describe('a dropped file', () => {
  it('spoilt in any way is refused or sent to those whom it names', () => {
    for (const { bytes } of mutants(utf8(MAIL))) {
      readOutgoing(ALICE, bytes).map(({ account, to }) => {
        expect(account).toBe(ALICE);
        expect(to.length).toBeGreaterThan(0);
      });
    }
  });

  it('comes back from its line ends to the byte', () => {
    const parts = fc.constantFrom('\r', '\n', '\r\n', 'x', '');
    fc.assert(
      fc.property(fc.array(parts), (all) => {
        const crlf = toCrlf(utf8(all.join('')));
        expect(fromUtf8(crlf)).not.toMatch(/(?:^|[^\r])\n/);
        expect(toCrlf(toLf(crlf))).toEqual(crlf);
      }),
    );
  });

  it('is none outside its folder, whatever its path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        const file = droppedFile('/drop', join('/drop', path.replaceAll('\0', '')));
        if (file !== undefined) expect(file.path.startsWith('/drop/')).toBe(true);
      }),
    );
    for (const path of ['/etc/passwd', '/drop/../x', '/drop', '/drop/new', '/drop/new/a/b', '/']) {
      expect(droppedFile('/drop', path)).toBeUndefined();
    }
  });

  it('leaves nothing behind, 100,000 times', async () => {
    const inputs = [utf8(MAIL), ...[...mutants(utf8(MAIL), 10)].map(({ bytes }) => bytes)];
    await expectFlat(inputs, (bytes) => readOutgoing(ALICE, bytes));
  });
});
