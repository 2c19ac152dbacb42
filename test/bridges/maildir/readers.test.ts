/** Five thousand deliveries while others read, move and mark: nothing torn, nothing twice. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
beforeAll(async () => {
  root = await mkdtemp(join(PLACE, 'postern-test-'));
  folder = join(root, 'Maildir');
  for (const each of ['tmp', 'new', 'cur']) await mkdir(join(folder, each), { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const python = program('python3');
const notmuch = program('notmuch');

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

describe.runIf(python)('a Maildir with readers', () => {
  it('is always whole, while five thousand mails come', { timeout: 180_000 }, async () => {
    const client = new FakeClient({ accounts: [BOB], readers: ['maildir'] });
    const filling = 'some line of the body\r\n'.repeat(200);
    for (let mail = 0; mail < MAILS; mail++) {
      client.deliver(
        BOB,
        `Message-ID: <${mail}@x>\r\nSubject: ${mail}\r\n\r\n${filling}the end\r\n`,
      );
    }
    const readers = [read('look'), read('move')];
    const indexing = index();
    const options = { client, account: BOB, directory: folder, log: memoryLog() };
    const clock = nodeClock();
    // Three times over, as after a crash: what is there is not written again.
    for (const left of [3500, 1500, 0]) {
      const running = (await deliverToMaildir({ ...options, clock }))._unsafeUnwrap();
      while (client.kept.length > left) await clock.sleep(5);
      await running.close();
    }
    await writeFile(`${root}/over`, '');
    for (const reader of readers)
      expect(await reader).toEqual({ code: 0, stdout: '\n', stderr: '' });
    const names = (
      await Promise.all(['new', 'cur'].map((each) => readdir(join(folder, each))))
    ).flat();
    expect([names.length, new Set(idsOf(names)).size]).toEqual([MAILS, MAILS]);
    await eventually(() => readdir(join(folder, 'tmp'))).toEqual([]);
    expect(await indexing).toBe(notmuch === undefined ? undefined : String(MAILS));
  });
});
