import {
  appendFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { watchDrop, type DropOptions, type RunningDrop } from '../../../bridges/maildir/index.js';
import { memoryLog, type MemoryLog } from '../../../src/io/memory.js';
import { nodeClock } from '../../../src/io/node.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { eventually } from '../eventually.js';
import { holdSend } from '../held-send.js';
import { openDirectory } from '../../support/directory.js';
import { program, run } from '../programs.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const KEY = new Uint8Array(32).fill(1);
const HEAD = `From: Alice <${ALICE}>\nTo: Bob <${BOB}>`;
const MAIL = `${HEAD}\nSubject: x\n\nline\n.\n`;

let folder: string;
let client: FakeClient;
let log: MemoryLog;
let drop: RunningDrop | undefined;
beforeEach(async () => {
  const directory = await openDirectory();
  folder = join(directory.path, 'drop');
  client = new FakeClient({ accounts: [ALICE], recipients: { [BOB]: KEY, 'carol@p1.test': KEY } });
  log = memoryLog();
  return async () => {
    await drop?.close();
    await directory.dispose();
  };
});

const start = async (more: Partial<DropOptions> = {}): Promise<void> => {
  const options = { client, account: ALICE, directory: folder, clock: nodeClock(), log };
  drop = (await watchDrop({ ...options, stableMs: 100, rescanMs: 1000, ...more }))._unsafeUnwrap();
};
/** Puts a file where mail programs put theirs. */
const put = async (place: string, mail: string): Promise<void> => {
  await mkdir(join(folder, 'tmp'), { recursive: true });
  const written = join(folder, 'tmp', `w${Math.random()}`);
  await writeFile(written, mail);
  await rename(written, join(folder, place));
};
const isThere = (place: string): Promise<boolean> =>
  lstat(join(folder, place)).then(
    () => true,
    () => false,
  );
const sentMail = (index: number): string => {
  const mail = client.sent[index]?.mail;
  return mail instanceof Uint8Array ? Buffer.from(mail).toString('latin1') : '';
};
/** Names in a folder of ours; none where it was not made. */
const namesIn = (place: string): Promise<readonly string[]> =>
  readdir(join(folder, place)).catch(() => []);
/** The report about a file, of all that begin with its name. */
const reasonOf = async (name: string): Promise<string> => {
  const reports = (await namesIn('.Failed/new')).filter((each) => each.endsWith('.report'));
  const report = reports.find((each) => each.startsWith(`${name}.`));
  return report === undefined ? '' : readFile(join(folder, '.Failed/new', report), 'utf8');
};

describe('the drop folder', () => {
  it('sends what lies in it, and what is put into new, cur and the folder itself', async () => {
    await mkdir(join(folder, 'new'), { recursive: true });
    await put('new/early', MAIL);
    await start();
    await eventually(() => client.sent.length).toBe(1);
    await put('new/1.a.host', MAIL);
    await put('cur/2.b.host:2,S', MAIL);
    await put('plain.eml', MAIL);
    await eventually(() => client.sent.length).toBe(4);
    for (const place of ['new', 'cur']) {
      await eventually(() => readdir(join(folder, place))).toEqual([]);
    }
    await eventually(() => isThere('plain.eml')).toBe(false);
    expect(client.sent[0]).toMatchObject({ account: ALICE, to: [BOB], badRecipients: 'report' });
    expect(sentMail(0)).toBe(MAIL.replaceAll('\n', '\r\n'));
  });

  it('takes all recipients once, and tells nobody of the blind ones', async () => {
    await start();
    const head = `${HEAD}, BOB@P2.TEST\nCc: team: carol@p1.test;\nBcc: Carol\n <carol@p1.test>`;
    await put('new/x', `${head}\nSubject: y\n\nbody\n`);
    await eventually(() => client.sent.length).toBe(1);
    expect(client.sent[0]?.to).toEqual([BOB, 'carol@p1.test']);
    expect(sentMail(0)).not.toMatch(/bcc|<carol/i);
    expect(sentMail(0)).toMatch(/\r\nSubject: y\r\n\r\nbody\r\n$/);
  });

  it('removes a file only when the client has the mail', async () => {
    await start();
    const { given, makeDurable } = holdSend(client);
    await put('new/x', MAIL);
    await given;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await isThere('new/x')).toBe(true);
    makeDurable();
    await eventually(() => isThere('new/x')).toBe(false);
  });

  it('tries again what cannot be sent now', async () => {
    client.failures.send = { kind: 'store-full' };
    await start();
    await put('new/x', MAIL);
    await eventually(() => namesIn('.Queued/cur')).toEqual(['x:2,']);
    // Another one of its name must not take its place.
    await put('cur/x:2,F', `${MAIL}other\n`);
    await eventually(() => log.lines.length).toBeGreaterThan(2);
    expect([await isThere('cur/x:2,F'), await namesIn('.Queued/cur')]).toEqual([true, ['x:2,']]);
    client.failures.send = undefined;
    await eventually(() => client.sent.length).toBe(2);
    await eventually(() => namesIn('.Sent/cur')).toHaveLength(2);
    expect(await namesIn('.Queued/cur')).toEqual([]);
  });

  it('keeps what was sent, to the byte, where mail programs look', async () => {
    await start();
    const mail = `${HEAD}\nBcc: carol@p1.test\nSubject: y\n\nbody without an end`;
    await put('cur/x:2,F', mail);
    await put('again.eml', mail);
    await eventually(() => namesIn('.Sent/cur')).toHaveLength(2);
    for (const name of await namesIn('.Sent/cur')) {
      expect(name).toMatch(/^0\.[0-9a-f]+\.localhost:2,S$/);
      expect(await readFile(join(folder, '.Sent/cur', name), 'utf8')).toBe(mail);
    }
    expect(await isThere('.Sent/maildirfolder')).toBe(true);
    expect(client.sent).toHaveLength(2);
    for (const index of [0, 1]) expect(sentMail(index)).not.toMatch(/carol/);
  });

  it('removes what was sent where nobody wants it', async () => {
    await start({ keepSent: false });
    await put('new/x', MAIL);
    await eventually(() => client.sent.length).toBe(1);
    await eventually(() => isThere('new/x')).toBe(false);
    expect(await isThere('.Sent')).toBe(false);
  });

  it('moves what can never be sent to .Failed, a report beside it', async () => {
    await start({ maxMailLength: 1000 });
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['foreign', `From: eve@p1.test\nTo: ${BOB}\n\n`, /not from the account/],
      ['nobody', `From: ${ALICE}\n\nbody\n`, /no recipient/],
      ['unusable', `To: bob\n\n`, /no usable address: bob/],
      ['broken', 'no header at all\n', /malformed/],
      ['large', `${MAIL}${'x'.repeat(1000)}\n`, /at most 1000/],
      ['empty', '', /malformed/],
    ];
    for (const [name, mail, reason] of cases) {
      await put(`new/${name}`, mail);
      await eventually(() => reasonOf(name), name).toMatch(reason);
      await eventually(() => isThere(`new/${name}`)).toBe(false);
      const kept = (await namesIn('.Failed/new')).filter((each) => each.startsWith(`${name}.`));
      expect(kept).toHaveLength(2);
      const [bytes = ''] = kept.filter((each) => !each.endsWith('.report'));
      expect(await readFile(join(folder, '.Failed/new', bytes), 'utf8')).toBe(mail);
    }
    client.failures.send = { kind: 'unknown-recipient', recipient: BOB };
    await put('cur/unknown:2,S', MAIL);
    await eventually(() => reasonOf('unknown')).toMatch(/No key is known for bob@p2\.test/);
    expect(client.sent).toEqual([]);
  });

  it('follows no link and opens no pipe', async () => {
    await start();
    await writeFile(join(folder, '..', 'secret'), MAIL);
    await symlink(join(folder, '..', 'secret'), join(folder, 'new', 'link'));
    await eventually(() => reasonOf('link')).toMatch(/no plain file|not a plain file/);
    expect((await lstat(join(folder, '..', 'secret'))).isFile()).toBe(true);
    const mkfifo = program('mkfifo');
    if (mkfifo !== undefined) await run(mkfifo, [join(folder, 'new', 'pipe')]);
    if (mkfifo !== undefined) await eventually(() => reasonOf('pipe')).toMatch(/not a plain file/);
    expect(client.sent).toEqual([]);
    // Reading a pipe would keep a mail program for ever, so only the reports are where it looks.
    const shown = await namesIn('.Failed/new');
    expect(shown.filter((name) => !name.endsWith('.report'))).toEqual([]);
    await eventually(async () =>
      (await namesIn('.Failed')).filter((name) => /^(link|pipe)\./.test(name)),
    ).toHaveLength(mkfifo === undefined ? 1 : 2);
  });

  it('leaves drafts, deleted mails, hidden files and folders alone', async () => {
    await start({ rescanMs: 200 });
    const left = ['cur/a:2,D', 'cur/b:2,ST', 'new/.hidden', '.hidden', 'letter~', '#x#', 'x.part'];
    for (const place of left) await put(place, MAIL);
    await writeFile(join(folder, 'not-begun'), '');
    await mkdir(join(folder, 'more'));
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(client.sent).toEqual([]);
    expect([await isThere('.Failed'), await isThere('not-begun')]).toEqual([false, true]);
    expect((await readdir(join(folder, 'cur'))).length).toBe(2);
  });

  it('waits until a plain file has stopped growing', async () => {
    await start({ stableMs: 2000 });
    const path = join(folder, 'slow.eml');
    await writeFile(path, `${HEAD}\n`);
    for (const line of ['Subject: slow\n', '\n', 'one\n', 'two\n']) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await appendFile(path, line);
    }
    await eventually(() => client.sent.length).toBe(1);
    expect(sentMail(0)).toMatch(/one\r\ntwo\r\n$/);
  });

  it('survives that its directories go and come back', async () => {
    await start({ rescanMs: 300 });
    await rm(join(folder, 'new'), { recursive: true });
    await eventually(() => isThere('new')).toBe(true);
    await put('new/x', MAIL);
    await eventually(() => client.sent.length).toBe(1);
    await unlink(join(folder, 'new', 'x')).catch(() => undefined);
  });

  it('survives that the folder goes and comes back as another one', async () => {
    await start({ rescanMs: 300 });
    await rename(folder, `${folder}.away`);
    await eventually(() => isThere('new')).toBe(true);
    await put('new/x', MAIL);
    await eventually(() => client.sent.length).toBe(1);
    await rm(folder, { recursive: true });
    await rename(`${folder}.away`, folder);
    await put('new/y', `${MAIL}more\n`);
    await eventually(() => client.sent.length).toBe(2);
  });

  it('never takes what lies in other folders', async () => {
    for (const place of ['.Sent', '.Failed', '.Drafts', 'more']) {
      for (const part of ['tmp', 'new', 'cur']) {
        await mkdir(join(folder, place, part), { recursive: true });
      }
      await put(`${place}/new/x`, MAIL);
      await put(`${place}/cur/x:2,S`, MAIL);
    }
    await start({ rescanMs: 200 });
    await put('new/x', MAIL);
    await eventually(() => client.sent.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(client.sent).toHaveLength(1);
  });

  it('sends a hundred mails, each once', async () => {
    await start();
    const names = Array.from({ length: 100 }, (_, i) => `new/${i}`);
    for (const name of names) await put(name, `${HEAD}\nSubject: ${name}\n\n`);
    await eventually(() => client.sent.length).toBe(100);
    await eventually(() => readdir(join(folder, 'new'))).toEqual([]);
    expect(new Set(client.sent.map((_, i) => sentMail(i))).size).toBe(100);
  });

  const mutt = program('mutt') ?? program('neomutt');
  it.runIf(mutt)('suits mutt', async () => {
    await start();
    const settings = `set copy=yes record=${folder} mbox_type=Maildir sendmail=/bin/true`;
    const parameters = ['-F', '/dev/null', '-e', `${settings} from=${ALICE}`, '-s', 's', BOB];
    const done = await run(mutt ?? '', parameters, 'body\n');
    expect(done.code, done.stderr).toBe(0);
    await eventually(() => client.sent.length).toBe(1);
    expect(sentMail(0)).toMatch(/Subject: s\r\n/);
  });

  const notmuch = program('notmuch');
  it.runIf(notmuch)('suits notmuch insert, which reads what it has put there', async () => {
    await start({ stableMs: 1000 });
    const config = `${folder}.notmuch`;
    await writeFile(config, `[database]\npath=${folder}.db\nmail_root=${folder}\n`);
    await mkdir(`${folder}.db`);
    const ask = (words: readonly string[], input = '') =>
      run(notmuch ?? '', ['--config', config, ...words], input);
    expect((await ask(['new', '--quiet'])).code).toBe(0);
    const insert = (...words: readonly string[]) =>
      ask(['insert', ...words], `${HEAD}\nSubject: s\n\nbody\n`);
    expect(await insert()).toMatchObject({ code: 0, stderr: '' });
    await eventually(() => client.sent.length).toBe(1);
    // Without the tag it lies in cur.
    expect(await insert('-unread')).toMatchObject({ code: 0, stderr: '' });
    await eventually(() => client.sent.length).toBe(2);
    expect(sentMail(1)).toMatch(/Subject: s\r\n/);
  });
});
