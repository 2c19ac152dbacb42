/** Five thousand deliveries while others read, move and mark: nothing torn, nothing twice. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliverToMaildir } from '../../../bridges/maildir/index.js';
import { memoryLog } from '../../../src/io/memory.js';
import { nodeClock } from '../../../src/io/node.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { eventually } from '../eventually.js';
import { program, run, type Finished } from '../programs.js';

const BOB = 'bob@p2.test';
const MAILS = 5000;
/** Memory stands in for the disk: it is the readers that are tried, not the syncing. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(PLACE, 'postern-test-'));
  folder = join(root, 'Maildir');
  for (const each of ['tmp', 'new', 'cur']) await mkdir(join(folder, each), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const python = program('python3');
const notmuch = program('notmuch');
const mutt = program('mutt');

const read = (mode: string): Promise<Finished> => {
  const parameters = [join(import.meta.dirname, 'readers.py'), folder, mode, `${root}/over`];
  return run(python ?? '', parameters, '', 170_000);
};

/** `notmuch new`, again and again. */
const index = async (): Promise<string | undefined> => {
  if (notmuch === undefined) return undefined;
  const config = `${root}/notmuch-config`;
  await writeFile(config, `[database]\npath=${folder}\n[maildir]\nsynchronize_flags=true\n`);
  const ask = (...words: readonly string[]) => run(notmuch, ['--config', config, ...words]);
  const rounds = [];
  while (!existsSync(`${root}/over`)) rounds.push((await ask('new', '--quiet')).code);
  expect((await ask('new', '--quiet')).code).toBe(0);
  expect(rounds.length).toBeGreaterThan(0);
  return (await ask('count', '--output=files', '*')).stdout.trim();
};

const idsOf = (names: readonly string[]): readonly string[] =>
  names.map((name) => /^0\.([0-9a-f]+)\./.exec(name)?.[1] ?? name);

/** Five thousand mails, three times over, as after a crash: what is there is not written again. */
const deliver = async (): Promise<void> => {
  const client = new FakeClient({ accounts: [BOB], readers: ['maildir'] });
  const filling = 'some line of the body\r\n'.repeat(200);
  for (let mail = 0; mail < MAILS; mail++) {
    client.deliver(BOB, `Message-ID: <${mail}@x>\r\nSubject: ${mail}\r\n\r\n${filling}the end\r\n`);
  }
  const options = { client, account: BOB, directory: folder, log: memoryLog() };
  const clock = nodeClock();
  for (const left of [3500, 1500, 0]) {
    const running = (await deliverToMaildir({ ...options, clock }))._unsafeUnwrap();
    while (client.kept.length > left) await clock.sleep(5);
    await running.close();
  }
  await writeFile(`${root}/over`, '');
};

/** The names of all mails, each there once. */
const allOnce = async (): Promise<readonly string[]> => {
  const places = await Promise.all(['new', 'cur'].map((each) => readdir(join(folder, each))));
  const names = places.flat();
  expect([names.length, new Set(idsOf(names)).size]).toEqual([MAILS, MAILS]);
  await eventually(() => readdir(join(folder, 'tmp'))).toEqual([]);
  return names;
};

describe.runIf(python)('a Maildir with readers', () => {
  it('is always whole, while five thousand mails come', async () => {
    const readers = [read('look'), read('move')];
    const indexing = index();
    await deliver();
    for (const reader of readers)
      expect(await reader).toEqual({ code: 0, stdout: '\n', stderr: '' });
    await allOnce();
    expect(await indexing).toBe(notmuch === undefined ? undefined : String(MAILS));
  });

  it.runIf(mutt)('keeps each flag that mutt sets, while five thousand mails come', async () => {
    const settings = `${root}/muttrc`;
    const quiet = ['delete=yes', 'quit=yes', 'mark_old=no', 'sleep_time=0', 'beep=no'];
    const alert = ['mail_check=0', 'timeout=1', 'check_new=yes', 'check_mbox_size=no'];
    await writeFile(settings, `set mbox_type=Maildir ${[...quiet, ...alert].join(' ')}\n`);
    const words = [join(import.meta.dirname, 'mutt.py'), mutt ?? '', settings, folder];
    const reading = run(python ?? '', [...words, `${root}/over`], '', 170_000);
    const looking = read('look');
    await deliver();
    expect(await reading).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await looking).toEqual({ code: 0, stdout: '\n', stderr: '' });
    const flagged = (await allOnce()).filter((name) => /:2,[A-Z]*F/.test(name));
    expect(flagged).toHaveLength(MAILS);
  });
});
