import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FolderError } from '../../../bridges/files/disk.js';
import { fromFile, toFile } from '../../../bridges/files/line-ends.js';
import { appendOnce, repairMbox } from '../../../bridges/mbox/append.js';
import { decodeMbox, encodeRecord } from '../../../bridges/mbox/format.js';
import { deliverToMbox, type RunningMbox } from '../../../bridges/mbox/index.js';
import { withLock } from '../../../bridges/mbox/lock.js';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { concatAll } from '../../../src/bytes/writer.js';
import { memoryLog } from '../../../src/io/memory.js';
import { nodeClock } from '../../../src/io/node.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { openDirectory } from '../../support/directory.js';
import { nastyMails } from '../../support/nasty-mails.js';
import { eventually } from '../eventually.js';
import { python } from '../programs.js';

const BOB = 'bob@p2.test';
const MAIL = 'Subject: x\r\n\r\nFrom me\r\n';
const clock = nodeClock();

let directory: string;
let path: string;
beforeEach(async () => {
  const opened = await openDirectory();
  directory = opened.path;
  path = join(directory, 'mbox');
  return () => opened.dispose();
});

describe('the records of an mbox', () => {
  it('hold any mail to the byte, also one behind the other', () => {
    const octets = fc.constantFrom(0, 10, 13, 32, 62, 97, ...utf8('From '));
    const mails = fc.array(
      fc.array(octets, { minLength: 1 }).map((rest) => Uint8Array.from([0x58, 0x3a, 10, ...rest])),
    );
    fc.assert(
      fc.property(mails, (all) => {
        const mbox = concatAll(all.map((mail) => encodeRecord(mail, 0)));
        expect(decodeMbox(mbox)).toEqual(all);
      }),
    );
  });

  it('quote what looks like the next one, and name nobody', () => {
    const record = fromUtf8(encodeRecord(utf8('A: b\n\nFrom me\n>From\n>From you\n'), 1e12 + 5));
    expect(record).toBe(
      'From MAILER-DAEMON Sun Sep  9 00:00:00 2001\nA: b\n\n>From me\n>From\n>>From you\n\n',
    );
  });

  it('are read as others write them', () => {
    const others =
      'From a@b Thu Jan  1 00:00:00 1970\r\nA: b\r\n\r\nx\r\n\r\nFrom c\r\nD: e\r\n\r\ny\r\n';
    expect(decodeMbox(utf8(others)).map(fromUtf8)).toEqual([
      'A: b\r\n\r\nx\r\n',
      'D: e\r\n\r\ny\r\n',
    ]);
    expect(decodeMbox(utf8('A: b\n\nno From line\n')).map(fromUtf8)).toEqual([
      'A: b\n\nno From line\n',
    ]);
    expect(decodeMbox(utf8('\n\n'))).toEqual([]);
  });

  it('of any bytes are some mails, or none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeMbox(bytes).length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

const append = (
  id: string,
  text: string,
  settled: () => ResultAsync<void, FolderError> = () => okAsync(undefined),
): ResultAsync<void, FolderError> =>
  appendOnce(path, { clock }, { id, record: utf8(text), settled });

const text = (): Promise<string> => readFile(path, 'utf8');
const lost = (): ResultAsync<void, FolderError> =>
  errAsync({ kind: 'folder', path: '', reason: 'io' });

describe('appending', () => {
  it('ends what another program has left open, and leaves nothing beside', async () => {
    await writeFile(path, 'From a\nA: b\n\nopen');
    (await append('one', 'From b\n1\n\n'))._unsafeUnwrap();
    await appendFile(path, 'From c\n3\n');
    (await append('two', 'From d\n2\n\n'))._unsafeUnwrap();
    expect(await text()).toBe('From a\nA: b\n\nopen\n\nFrom b\n1\n\nFrom c\n3\n\nFrom d\n2\n\n');
    expect(await readdir(directory)).toEqual(['mbox']);
    expect((await stat(path)).mode & 0o777).toBe(0o644);
  });

  it('happens once, wherever a crash comes, and cuts off what is torn', async () => {
    const before = 'From a\nA: b\n\n';
    const record = 'From b\nlonger than one\n\n';
    for (let reached = 0; reached <= record.length; reached++) {
      await writeFile(path, before);
      expect((await append('one', record, lost)).isErr()).toBe(true);
      await truncate(path, before.length + reached);
      (await repairMbox(path, { clock }))._unsafeUnwrap();
      expect(await text()).toBe(reached === record.length ? before + record : before);
      (await append('one', record))._unsafeUnwrap();
      expect(await text()).toBe(before + record);
    }
  });

  it('cuts off no mail of others', async () => {
    expect((await append('one', 'From b\nlong\n\n', lost)).isErr()).toBe(true);
    await truncate(path, 9);
    await appendFile(path, 'From c\ntheirs\n\n');
    (await append('one', 'From b\nlong\n\n'))._unsafeUnwrap();
    expect(await text()).toBe('From b\nloFrom c\ntheirs\n\nFrom b\nlong\n\n');
  });

  it('takes no notice of a torn note', async () => {
    expect((await append('one', 'From b\n1\n\n', lost)).isErr()).toBe(true);
    await writeFile(path, '');
    const note = join(directory, '.mbox.pending');
    const whole = await readFile(note);
    for (let length = 0; length < whole.length; length += 7) {
      await writeFile(note, whole.subarray(0, length));
      (await repairMbox(path, { clock }))._unsafeUnwrap();
      expect(await text()).toBe('');
    }
  });
});

describe('the lock of an mbox', () => {
  const busy = { clock, patienceMs: 300 };

  it('keeps others out, and is waited for', async () => {
    await writeFile(`${path}.lock`, '');
    const refused = await withLock(path, busy, () => okAsync(undefined));
    expect(refused._unsafeUnwrapErr()).toMatchObject({ kind: 'folder', reason: 'locked' });
    expect(await readdir(directory)).toEqual(['mbox.lock']);
  });

  it('of a dead process of ours is broken, and of a living one is not', async () => {
    for (const [pid, isFree] of [
      [process.pid, true],
      [4_194_999, true],
      [1, false],
    ] as const) {
      await writeFile(`${path}.lock`, `${pid} postern\n`);
      const taken = await withLock(path, busy, () => okAsync(undefined));
      expect(taken.isOk(), `${pid}`).toBe(isFree);
    }
  });

  it('waits for the kernel’s locks of others', async () => {
    await writeFile(path, '');
    const script = `
import fcntl,os,sys,time
f=open(sys.argv[1],'r+'); fcntl.lockf(f,fcntl.LOCK_EX); open(sys.argv[1]+'.held','w')
while not os.path.exists(sys.argv[1]+'.over'): time.sleep(0.02)`;
    const holder = python(script, path);
    await eventually(() => existsSync(`${path}.held`)).toBe(true);
    const refused = await withLock(path, { clock, patienceMs: 100 }, () => okAsync(undefined));
    await writeFile(`${path}.over`, '');
    expect((await holder).code).toBe(0);
    const free = await withLock(path, busy, () => okAsync(undefined));
    expect([refused.isErr(), free.isOk()]).toEqual([true, true]);
  });
});

describe('delivery into an mbox', () => {
  let client: FakeClient;
  let running: RunningMbox | undefined;
  beforeEach(() => {
    client = new FakeClient({ accounts: [BOB], readers: ['mbox'] });
    return async () => running?.close();
  });
  const start = async (): Promise<void> => {
    const options = { client, account: BOB, path, clock, log: memoryLog() };
    running = (await deliverToMbox(options))._unsafeUnwrap();
  };

  it('keeps every nasty mail to the byte, and is then done with it', async () => {
    const fields = utf8('Authentication-Results: mix\r\n');
    const mails = nastyMails.map(({ mail }) => concatAll([fields, mail]));
    for (const mail of mails) client.deliver(BOB, mail);
    await start();
    await eventually(() => client.kept).toEqual([]);
    const found = decodeMbox(new Uint8Array(await readFile(path)));
    expect(found.map(fromFile)).toEqual(mails);
    expect(found).toEqual(mails.map(toFile));
  });

  it('is read by others as that many mails', async () => {
    for (const { mail } of nastyMails) client.deliver(BOB, mail);
    await start();
    await eventually(() => client.kept).toEqual([]);
    const script = `
import mailbox,sys
for mail in mailbox.mbox(sys.argv[1]): print(mail['Subject'])`;
    const read = await python(script, path);
    expect(read.stdout.trimEnd().split('\n')).toHaveLength(nastyMails.length);
  });

  it('does not double a mail when it cannot be done with', async () => {
    client.deliver(BOB, MAIL);
    client.failures.done = { kind: 'store-io', reason: 'EIO' };
    await start();
    await eventually(() => text().catch(() => '')).toContain('>From me');
    await running?.close();
    client.failures.done = undefined;
    client.deliver(BOB, MAIL.replace('x', 'y'));
    await start();
    await eventually(() => client.kept).toEqual([]);
    expect((await text()).match(/^Subject: .$/gm)).toEqual(['Subject: x', 'Subject: y']);
  });

  it('says when its directory is not there', async () => {
    const missing = join(directory, 'none', 'mbox');
    const options = { client, account: BOB, path: missing, clock, log: memoryLog() };
    const refused = await deliverToMbox(options);
    expect(refused._unsafeUnwrapErr()).toMatchObject({ kind: 'folder', reason: 'missing' });
    await mkdir(join(directory, 'none'));
  });
});
