/** Thirty nasty mails from a mail program to the other end of a network, and out by every bridge. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fromFile } from '../../bridges/files/line-ends.js';
import { deliverToMaildir } from '../../bridges/maildir/index.js';
import { decodeMbox } from '../../bridges/mbox/format.js';
import { deliverToMbox } from '../../bridges/mbox/index.js';
import { servePop3 } from '../../bridges/pop3/index.js';
import { serveSmtp } from '../../bridges/smtp/index.js';
import { concat } from '../../src/bytes/writer.js';
import { MixClient } from '../../src/index.js';
import { memoryLog } from '../../src/io/memory.js';
import { nodeClock, nodeNetwork } from '../../src/io/node.js';
import { openTestWorld, type TestWorld } from '../../testkit/world.js';
import { talkTo } from '../bridges/socket.js';
import {
  bodyHash,
  NASTY_RECIPIENT as BOB,
  NASTY_SENDER as ALICE,
  nastyMails,
} from '../support/nasty-mails.js';

const PASSWORD = 'battery-staple';
const READERS = ['inbox', 'maildir', 'mbox'];
const CRLF = Buffer.from('\r\n');
const clock = nodeClock();
const here = { clock, log: memoryLog() };

const openClient = async (world: TestWorld, address: string): Promise<MixClient> => {
  const config = world.configOf(address);
  const accounts = config.accounts.map((account) => ({ ...account, readers: READERS }));
  return (await MixClient.open({ ...config, accounts }))._unsafeUnwrap();
};

/** By SMTP where that can carry a mail, else as programs do that live with us. */
const sendAll = async (client: MixClient): Promise<void> => {
  const options = { ...here, client, accounts: new Map([[ALICE, PASSWORD]]) };
  const smtp = (await serveSmtp({ ...options, address: '127.0.0.1:0' }))._unsafeUnwrap();
  const talk = await talkTo(smtp.address);
  await talk.expect(/220 .*\r\n/);
  const token = Buffer.from(`\0${ALICE}\0${PASSWORD}`).toString('base64');
  for (const words of ['EHLO here', `AUTH PLAIN ${token}`]) await talk.ask(words);
  for (const { name, mail, form } of nastyMails) {
    if (form !== 'lines') {
      (await client.send({ account: ALICE, to: BOB, mail }))._unsafeUnwrap();
      continue;
    }
    for (const words of [`MAIL FROM:<${ALICE}> BODY=8BITMIME`, `RCPT TO:<${BOB}>`, 'DATA']) {
      await talk.ask(words);
    }
    const dotted = Buffer.from(mail).toString('latin1').replace(/^\./gm, '..');
    talk.socket.write(Buffer.from(`${dotted}.\r\n`, 'latin1'));
    expect(await talk.expect(/\d.*\r\n/), name).toMatch(/^250 /);
  }
  await talk.ask('QUIT');
  await smtp.close();
};

const byPop3 = async (client: MixClient, count: number): Promise<readonly Uint8Array[]> => {
  const accounts = new Map([[BOB, PASSWORD]]);
  const network = nodeNetwork();
  const options = { ...here, client, network, accounts };
  const pop3 = (await servePop3({ ...options, address: '127.0.0.1:0' }))._unsafeUnwrap();
  const duplex = (await network.dial(pop3.address, new AbortController().signal))._unsafeUnwrap();
  const all = Array.from({ length: count }, (_, at) => `RETR ${at + 1}\r\nDELE ${at + 1}\r\n`);
  const script = `USER ${BOB}\r\nPASS ${PASSWORD}\r\n${all.join('')}QUIT\r\n`;
  await duplex.write(Buffer.from(script));
  let heard: Uint8Array = new Uint8Array();
  for (let piece = await duplex.read(); piece; piece = await duplex.read()) {
    heard = concat(heard, piece);
  }
  await pop3.close();
  const text = Buffer.from(heard).toString('latin1');
  return [...text.matchAll(/\+OK \d+ octets\r\n([^]*?\r\n)\.\r\n/g)].map(([, mail = '']) =>
    Buffer.from(mail.replace(/^\./gm, ''), 'latin1'),
  );
};

const byFiles = async (client: MixClient, folder: string, count: number) => {
  const [directory, path] = [join(folder, 'Maildir'), join(folder, 'mbox')];
  const options = { ...here, client, account: BOB };
  const maildir = (await deliverToMaildir({ ...options, directory }))._unsafeUnwrap();
  const mbox = (await deliverToMbox({ ...options, path }))._unsafeUnwrap();
  const namesIn = (): Promise<readonly string[]> => readdir(join(directory, 'new'));
  const records = async () =>
    decodeMbox(new Uint8Array(await readFile(path).catch(() => Buffer.alloc(0))));
  while ((await namesIn()).length < count || (await records()).length < count) {
    await clock.sleep(20);
  }
  await Promise.all([maildir.close(), mbox.close()]);
  const files = await Promise.all(
    (await namesIn()).map((name) => readFile(join(directory, 'new', name))),
  );
  return { maildir: files.map((file) => fromFile(file)), mbox: (await records()).map(fromFile) };
};

const hashesOf = (mails: readonly Uint8Array[]): readonly string[] => mails.map(bodyHash).sort();

it('comes out with the body that was sent, by POP3, Maildir and mbox', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-test-'));
  const world = await openTestWorld({ users: [ALICE, BOB], seed: 'nasty', openClients: false });
  const [alice, bob] = [await openClient(world, ALICE), await openClient(world, BOB)];
  await sendAll(alice);
  const { length: count } = nastyMails;
  const arrived = (): boolean => bob.accounts.status()[0]?.inbox.count === count;
  while (!arrived()) await clock.sleep(20);
  const wanted = hashesOf(nastyMails.map(({ mail }) => mail));
  const { maildir, mbox } = await byFiles(bob, folder, count);
  expect(hashesOf(maildir)).toEqual(wanted);
  expect(hashesOf(mbox)).toEqual(wanted);
  // POP3 ends each mail's last line; which ones it had to end is known of what was sent.
  const open = new Set(
    nastyMails
      .filter(({ mail }) => !Buffer.from(mail).subarray(-2).equals(CRLF))
      .map(({ mail }) => bodyHash(mail)),
  );
  const fetched = (await byPop3(bob, count)).map((mail) => {
    const shorter = mail.subarray(0, -CRLF.length);
    return open.has(bodyHash(shorter)) ? shorter : mail;
  });
  expect(hashesOf(fetched)).toEqual(wanted);
  expect(bob.accounts.status()[0]?.inbox.count).toBe(0);
  await alice.close();
  await bob.close();
  await world.close();
  await rm(folder, { recursive: true });
});
