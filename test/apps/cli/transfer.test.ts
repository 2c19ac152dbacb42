/** `postern export` and `postern import` of mail: from one machine to another, to the byte. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromFile, toFile } from '../../../bridges/files/line-ends.js';
import { decodeMbox, encodeRecord } from '../../../bridges/mbox/format.js';
import { toBase64, utf8 } from '../../../src/bytes/text.js';
import { concat } from '../../../src/bytes/writer.js';
import { senderFields, senderKeyIn } from '../../../src/mail/sender-field.js';
import { encodeFields } from '../../../src/mail/header.js';
import { repeated } from '../../support/bytes.js';
import { nastyMails } from '../../support/nasty-mails.js';
import { makeSite, type Site } from '../daemon/setup.js';
import { run } from './run.js';

const KEY = repeated(9, 32);
/** As they lie in an inbox. */
const MAILS = nastyMails.map(({ mail }) => concat(encodeFields(senderFields(KEY)), mail));

let site: Site;
let file: string;
let archive: string;
beforeEach(async () => {
  site = await makeSite();
  file = join(site.directory, 'c.toml');
  archive = join(site.directory, 'archive');
  await writeFile(file, site.text());
  for (const each of ['new', 'cur']) await mkdir(join(archive, each), { recursive: true });
});
afterEach(() => site.dispose());

const postern = (...words: string[]) => run([...words, '-f', file]);
const sorted = (mails: readonly Uint8Array[]): readonly string[] => mails.map(toBase64).sort();
const mailsIn = async (directory: string): Promise<readonly Uint8Array[]> =>
  Promise.all(
    (await readdir(directory)).map(async (name) =>
      fromFile(new Uint8Array(await readFile(join(directory, name)))),
    ),
  );
/** Half of them new, half of them seen. */
const fill = async (): Promise<void> => {
  for (const [at, mail] of MAILS.entries()) {
    await writeFile(join(archive, at % 2 ? `new/${at}` : `cur/${at}:2,S`), toFile(mail));
  }
};

const both: [string, () => Promise<unknown>][] = [
  ['with a daemon', () => site.start()],
  ['without one', () => Promise.resolve()],
];

describe('mail from one machine to another', () => {
  it.each(both)('comes back from a Maildir and an mbox to the byte, %s', async (_, start) => {
    await start();
    await fill();
    const imported = await postern('import', '--maildir', archive);
    expect(imported).toEqual({ code: 0, out: [`${MAILS.length} in the inbox`], err: [] });
    const [maildir, mbox] = [join(site.directory, 'out'), join(site.directory, 'out.mbox')];
    const written = [`${MAILS.length} written`];
    expect(await postern('export', '--maildir', maildir)).toMatchObject({ code: 0, out: written });
    expect(sorted(await mailsIn(join(maildir, 'new')))).toEqual(sorted(MAILS));
    expect(await postern('export', '--mbox', mbox)).toMatchObject({ code: 0, out: written });
    const records = decodeMbox(new Uint8Array(await readFile(mbox))).map(fromFile);
    expect(sorted(records)).toEqual(sorted(MAILS));
    // What is there already is not written, and not taken, again.
    const again = await postern('export', '--maildir', maildir, '--json');
    expect(again.out).toEqual(['{"exported":0}']);
    expect(await postern('import', '--mbox', mbox)).toMatchObject({ code: 0 });
    expect((await postern('export', '--maildir', maildir)).out).toEqual(['0 written']);
  });

  it('keeps mails with the same bytes apart, and knows who has sealed them', async () => {
    const mail = concat(encodeFields(senderFields(KEY)), utf8('Subject: twice\r\n\r\nx\r\n'));
    const mbox = join(site.directory, 'in.mbox');
    await writeFile(mbox, concat(encodeRecord(toFile(mail), 0), encodeRecord(toFile(mail), 0)));
    for (let times = 0; times < 2; times++) await postern('import', '--mbox', mbox);
    expect((await postern('export', '--maildir', archive)).out).toEqual(['2 written']);
    expect(senderKeyIn(mail)).toEqual(KEY);
    const daemon = await site.start();
    const entries = daemon.client.inbox.list('alice@p1.test', 'pop3')._unsafeUnwrap();
    expect(entries.map(({ senderKey }) => senderKey)).toEqual([KEY, KEY]);
  });

  it('says what is no mail, and takes the rest', async () => {
    await writeFile(join(archive, 'new/good'), 'Subject: x\n\ny\n');
    await writeFile(join(archive, 'new/bad'), 'no header at all\n');
    await writeFile(join(archive, 'cur/thrown-away:2,T'), 'Subject: z\n\n');
    expect(await postern('import', '--maildir', archive)).toEqual({
      code: 1,
      out: ['1 in the inbox'],
      err: ['new/bad: this is no mail', 'postern: 1 thing could not be taken over'],
    });
  });

  it('needs one place, and none from which mail is sent', async () => {
    const drop = join(site.directory, 'drop');
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['export'], /give one of the two/],
      [['export', '--maildir', '/x', '--mbox', '/y'], /give one of the two/],
      [['import', '--mailproxy', '/x', '--mbox', '/y'], /another import/],
      [['export', '--maildir', join(drop, '.Queued')], /would be sent/],
      [['export', '--mbox', file], /is there already/],
    ];
    for (const [words, problem] of cases) {
      const { code, err } = await postern(...words);
      expect([code, err.join('\n')]).toEqual([2, expect.stringMatching(problem)]);
    }
    const missing = await postern('import', '--mbox', join(site.directory, 'none'));
    expect(missing).toMatchObject({ code: 1, err: [expect.stringMatching(/no such file/)] });
  });
});
