import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { deliverToMaildir, type RunningDelivery } from '../../../bridges/maildir/index.js';
import {
  manualClock,
  memoryLog,
  type ManualClock,
  type MemoryLog,
} from '../../../src/io/memory.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { eventually } from '../eventually.js';
import { openDirectory } from '../../support/directory.js';

const BOB = 'bob@p2.test';
const MAIL = 'Subject: x\r\n\r\nline\r\n.\r\nlone\rcr\r\n';

let folder: string;
let client: FakeClient;
let clock: ManualClock;
let log: MemoryLog;
beforeEach(async () => {
  const directory = await openDirectory();
  folder = join(directory.path, 'Mail', 'bob');
  client = new FakeClient({ accounts: [BOB], readers: ['maildir'] });
  clock = manualClock();
  log = memoryLog({ clock });
  return () => directory.dispose();
});

const start = async (): Promise<RunningDelivery> =>
  (await deliverToMaildir({ client, account: BOB, directory: folder, clock, log }))._unsafeUnwrap();
const filesIn = (directory: string): Promise<string[]> => readdir(join(folder, directory));

describe('delivery into a Maildir', () => {
  it('writes each mail into new, with LF, and is then done with it', async () => {
    client.deliver(BOB, MAIL);
    const running = await start();
    client.deliver(BOB, MAIL);
    await eventually(() => client.kept).toEqual([]);
    await running.close();
    const names = await filesIn('new');
    expect(names).toHaveLength(2);
    for (const name of names) {
      expect(name).toMatch(/^0\.[0-9a-f]{32}\.localhost$/);
      expect(await readFile(join(folder, 'new', name), 'latin1')).toBe(
        MAIL.replaceAll('\r\n', '\n'),
      );
      expect((await stat(join(folder, 'new', name))).mode & 0o777).toBe(0o600);
    }
    for (const directory of ['.', 'tmp', 'new', 'cur']) {
      expect((await stat(join(folder, directory))).mode & 0o777).toBe(0o700);
    }
    expect(await filesIn('tmp')).toEqual([]);
  });

  it('does not double a mail after a crash between file and done', async () => {
    const id = client.deliver(BOB, MAIL);
    client.failures.done = { kind: 'store-io', reason: 'EIO' };
    const crashed = await start();
    await eventually(() => log.lines.length).toBeGreaterThan(0);
    await crashed.close();
    expect(await filesIn('new')).toHaveLength(1);
    // A mail program has looked at it meanwhile.
    const [name = ''] = await filesIn('new');
    await rename(join(folder, 'new', name), join(folder, 'cur', `${name}:2,S`));
    client.failures.done = undefined;
    const again = await start();
    await eventually(() => client.kept).not.toContain(id);
    await again.close();
    expect(await filesIn('new')).toEqual([]);
    expect(await filesIn('cur')).toHaveLength(1);
  });

  it('writes over what a crash left in tmp', async () => {
    const id = client.deliver(BOB, MAIL);
    await mkdir(join(folder, 'tmp'), { recursive: true });
    await writeFile(join(folder, 'tmp', `0.${id}.localhost`), `${MAIL}${MAIL} and more`);
    const running = await start();
    await eventually(() => client.kept).toEqual([]);
    await running.close();
    const [name = ''] = await filesIn('new');
    expect((await stat(join(folder, 'new', name))).size).toBe(MAIL.replaceAll('\r\n', '\n').length);
  });

  it('waits and tries again while the folder cannot be written', async () => {
    const running = await start();
    await rm(join(folder, 'new'), { recursive: true });
    await writeFile(join(folder, 'new'), 'in the way');
    client.deliver(BOB, MAIL);
    await eventually(() => log.lines.length).toBe(1);
    expect(client.kept).toHaveLength(1);
    await rm(join(folder, 'new'));
    await mkdir(join(folder, 'new'));
    await clock.advance(1000);
    await eventually(() => client.kept).toEqual([]);
    await running.close();
    expect(await filesIn('new')).toHaveLength(1);
  });

  it('says when the folder cannot be made', async () => {
    await mkdir(join(folder, '..'), { recursive: true });
    await writeFile(folder, 'a file');
    await chmod(folder, 0o600);
    const result = await deliverToMaildir({ client, account: BOB, directory: folder, clock, log });
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'folder', path: folder });
  });
});
