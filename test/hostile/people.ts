/** Honest people, who want to be served while others attack. */
import { expect } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { talkTo } from '../bridges/socket.js';
import { raw } from './raw.js';
import { eventually } from './siege.js';
import { ALICE, BOB, PASSWORD, type Town } from './town.js';

const MAIL_MS = 100_000;

/** Sends a mail by SMTP and waits until POP3 has it. */
export const exchangeMail = async (town: Town, mark: string): Promise<void> => {
  const smtp = await talkTo(town.smtp.address);
  await smtp.expect(/220 .*\r\n/);
  await smtp.ask('EHLO honest');
  const token = Buffer.from(`\0${ALICE}\0${PASSWORD}`).toString('base64');
  expect(await smtp.ask(`AUTH PLAIN ${token}`)).toMatch(/^235/);
  await smtp.ask(`MAIL FROM:<${ALICE}>`);
  await smtp.ask(`RCPT TO:<${BOB}>`);
  await smtp.ask('DATA');
  expect(await smtp.ask(`Subject: ${mark}\r\n\r\nhello\r\n.`)).toMatch(/^250/);
  smtp.say('QUIT');
  await smtp.ended();
  const isThere = () => town.client.inbox.list(BOB, 'inbox')._unsafeUnwrap().length > 0;
  await eventually(() => expect(isThere()).toBe(true), MAIL_MS);
  await fetchMail(town, mark);
};

const fetchMail = async (town: Town, mark: string): Promise<void> => {
  const pop3 = await talkTo(town.pop3.address);
  await pop3.expect(/\+OK .*\r\n/);
  await pop3.ask(`USER ${BOB}`);
  expect(await pop3.ask(`PASS ${PASSWORD}`)).toMatch(/^\+OK/);
  pop3.say('RETR 1');
  expect(await pop3.expect(/\r\n\.\r\n/)).toBeDefined();
  expect(pop3.heard()).toContain(`Subject: ${mark}`);
  await pop3.ask('DELE 1');
  await pop3.ask('QUIT');
  await pop3.ended();
};

/** Asks the control socket for a key. */
export const askManagement = async (town: Town): Promise<void> => {
  const peer = await raw(town.management.address);
  const heard: string[] = [];
  peer.socket.on('data', (bytes) => heard.push(bytes.toString()));
  await peer.write(utf8(`GET_RECIPIENT ${BOB}\r\n`));
  await eventually(() => expect(heard.join('')).toMatch(/^250 [A-Za-z0-9+/]{43}=\r\n/m));
  peer.socket.destroy();
};
