/** An mbox that is drained: each mail once, through failures and crashes. */
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errAsync } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import { decodeMbox, encodeRecord } from '../../../bridges/mbox/format.js';
import { drainMbox, type DrainOptions, type RunningDrain } from '../../../bridges/mbox/index.js';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { memoryLog, type MemoryLog } from '../../../src/io/memory.js';
import type { SendError } from '../../../src/index.js';
import { nodeClock } from '../../../src/io/node.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { openDirectory } from '../../support/directory.js';
import { NASTY_SENDER, nastyMails } from '../../support/nasty-mails.js';
import { eventually } from '../eventually.js';

const ALICE = NASTY_SENDER;
const BOB = 'bob@p2.test';
const mailOf = (subject: string): string =>
  `From: ${ALICE}\nTo: ${BOB}\nBcc: carol@p1.test\nStatus: RO\nSubject: ${subject}\n\nFrom me\n`;
const recordOf = (mail: string): Uint8Array => encodeRecord(utf8(mail), 0);

let directory: string;
let path: string;
let client: FakeClient;
let log: MemoryLog;
let running: RunningDrain | undefined;
beforeEach(async () => {
  const opened = await openDirectory();
  directory = opened.path;
  path = join(directory, 'outbox');
  client = new FakeClient({ accounts: [ALICE] });
  log = memoryLog();
  return async () => {
    await running?.close();
    await opened.dispose();
  };
});

const start = async (more: Partial<DrainOptions> = {}): Promise<void> => {
  const options = { client, account: ALICE, path, clock: nodeClock(), log };
  running = (await drainMbox({ ...options, pollMs: 50, stableMs: 50, ...more }))._unsafeUnwrap();
};
const subjects = (): readonly (string | undefined)[] =>
  client.sent.map(({ mail }) => /Subject: (.*)\r/.exec(fromUtf8(mail as Uint8Array))?.[1]);
const mailsIn = async (name: string): Promise<readonly string[]> =>
  decodeMbox(
    new Uint8Array(await readFile(join(directory, name)).catch(() => Buffer.from(''))),
  ).map(fromUtf8);

describe('an mbox that is drained', () => {
  it('sends what stands there, and what comes, and keeps it', async () => {
    await writeFile(path, recordOf(mailOf('one')));
    await appendFile(path, recordOf(mailOf('two')));
    await start();
    await eventually(subjects).toEqual(['one', 'two']);
    await writeFile(path, recordOf(mailOf('three')));
    await eventually(() => mailsIn('outbox.sent')).toEqual(['one', 'two', 'three'].map(mailOf));
    await eventually(() => readdir(directory)).toEqual(['outbox.sent']);
    const text = fromUtf8(client.sent[0]?.mail as Uint8Array);
    expect(text).not.toMatch(/carol|Status/);
    expect(text).toMatch(/\r\n\r\nFrom me\r\n$/);
    expect(client.sent[0]?.to).toEqual([BOB, 'carol@p1.test']);
  });

  it('keeps what can never be sent, with the reason behind it', async () => {
    await writeFile(path, recordOf(mailOf('good')));
    await appendFile(path, recordOf(`From: eve@p1.test\nTo: ${BOB}\n\nbad\n`));
    await start();
    await eventually(async () => (await mailsIn('outbox.failed')).length).toBe(2);
    const [bad = '', report = ''] = await mailsIn('outbox.failed');
    expect(bad).toMatch(/^From: eve[^]*bad\n$/);
    expect(report).toMatch(/not from the account/);
    await eventually(() => readdir(directory)).toEqual(['outbox.failed', 'outbox.sent']);
    expect(subjects()).toEqual(['good']);
  });

  it('sends each once when something comes between', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `mail ${i}`);
    await writeFile(path, Buffer.concat(names.map((name) => recordOf(mailOf(name)))));
    // As three crashes do: what was accepted is accepted, and nobody has heard of it.
    for (const until of [1, 7, 20]) {
      const lose = () => errAsync<never, SendError>({ kind: 'closed' });
      const send: FakeClient['send'] = (options) =>
        client.sent.length < until - 1 ? client.send(options) : client.send(options).andThen(lose);
      await start({ client: { send } });
      await eventually(() => client.sent.length).toBe(until);
      await running?.close();
    }
    await start();
    await eventually(() => mailsIn('outbox.sent')).toEqual(names.map(mailOf));
    expect(subjects()).toEqual(names);
    await eventually(() => readdir(directory)).toEqual(['outbox.sent']);
  });

  it('waits for what cannot be sent now', async () => {
    client.failures.send = { kind: 'store-full' };
    await writeFile(path, recordOf(mailOf('later')));
    await start();
    await eventually(() => log.lines.join('\n')).toMatch(/drained later/);
    expect(await readdir(directory)).toEqual(['.outbox.draining']);
    await running?.close();
    client.failures.send = undefined;
    await start({ keepSent: false });
    await eventually(subjects).toEqual(['later']);
    await eventually(() => readdir(directory)).toEqual([]);
  });

  it('is left alone while somebody has the lock, or writes', async () => {
    await writeFile(`${path}.lock`, '');
    await writeFile(path, recordOf(mailOf('locked')));
    await start();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(subjects()).toEqual([]);
  });

  it('sends every nasty mail as it stands there', async () => {
    const mails = nastyMails.filter(({ form }) => form !== 'bare');
    const files = mails.map(({ mail }) => utf8(fromLatin(mail).replaceAll('\r\n', '\n')));
    await mkdir(directory, { recursive: true });
    await writeFile(path, Buffer.concat(files.map((file) => encodeRecord(file, 0))));
    await start();
    await eventually(() => client.sent.length).toBe(mails.length);
  });
});

const fromLatin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
