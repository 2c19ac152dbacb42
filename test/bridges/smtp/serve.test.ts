import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdSend } from '../held-send.js';
import { talkTo } from '../socket.js';
import { ALICE, BOB, CAROL, PASSWORD, loggedIn, startSmtp, type Setup } from './setup.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const MAIL = 'Subject: hi\r\n\r\nhello\r\n';

let setup: Setup;
beforeEach(async () => {
  setup = await startSmtp();
});
afterEach(() => setup.bridge.close());

const bytesOf = (index: number): string => {
  const mail = setup.client.sent[index]?.mail;
  return mail instanceof Uint8Array ? Buffer.from(mail).toString('latin1') : '';
};

describe('an SMTP session', () => {
  it('greets without host name or version and offers what it has', async () => {
    const talk = await talkTo(setup.bridge.address);
    expect(await talk.expect(/220 .*\r\n/)).toBe('220 localhost ESMTP\r\n');
    const features = (await talk.ask('EHLO mail.host.example')).split('\r\n');
    expect(features).toEqual([
      '250-localhost',
      '250-PIPELINING',
      '250-8BITMIME',
      '250-SMTPUTF8',
      '250-ENHANCEDSTATUSCODES',
      '250-AUTH PLAIN LOGIN',
      '250 SIZE 33554432',
      '',
    ]);
    expect(await talk.ask('STARTTLS')).toMatch(/^500 /);
    expect(await talk.ask('NOOP')).toMatch(/^250 /);
    expect(await talk.ask('QUIT')).toMatch(/^221 /);
    await talk.ended();
  });

  it('sends a mail for each recipient once, and says so only when it is durable', async () => {
    const { given, makeDurable } = holdSend(setup.client);
    const talk = await loggedIn(setup.bridge.address);
    expect(await talk.ask(`MAIL FROM:<${ALICE}> SIZE=100 BODY=8BITMIME`)).toMatch(/^250 2\.1\.0/);
    for (const to of [BOB, 'BOB@P2.TEST', CAROL]) {
      expect(await talk.ask(`RCPT TO:<${to}>`)).toMatch(/^250 2\.1\.5/);
    }
    expect(await talk.ask('DATA')).toMatch(/^354 /);
    talk.say(`${MAIL}.`);
    await given;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(talk.heard()).not.toMatch(/250 2\.6\.0/);
    makeDurable();
    expect(await talk.expect(/250 2\.6\.0 .*\r\n/)).toMatch(/Accepted/);
    expect(setup.client.sent).toHaveLength(1);
    expect(setup.client.sent[0]).toMatchObject({ account: ALICE, to: [BOB, CAROL] });
    expect(bytesOf(0)).toBe(MAIL);
    talk.socket.destroy();
  });

  it('takes a pipelined transaction and an empty mail', async () => {
    const talk = await loggedIn(setup.bridge.address);
    talk.say(`MAIL FROM:<${ALICE}>\r\nRCPT TO:<${BOB}>\r\nDATA`);
    await talk.expect(/354 .*\r\n/);
    talk.say('.');
    await talk.expect(/250 2\.6\.0 .*\r\n/);
    expect(bytesOf(0)).toBe('');
    expect(await talk.ask('NOOP')).toMatch(/^250 /);
    talk.socket.destroy();
  });

  it('forgets a transaction that was reset', async () => {
    const talk = await loggedIn(setup.bridge.address);
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    await talk.ask(`RCPT TO:<${CAROL}>`);
    expect(await talk.ask('RSET')).toMatch(/^250 /);
    expect(await talk.ask('DATA')).toMatch(/^503 /);
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    await talk.ask(`RCPT TO:<${BOB}>`);
    await talk.ask('DATA');
    await talk.ask(`${MAIL}.`);
    expect(setup.client.sent.map(({ to }) => to)).toEqual([[BOB]]);
    talk.socket.destroy();
  });

  it('gives the bytes on as they came, dots unstuffed', async () => {
    const talk = await loggedIn(setup.bridge.address);
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    await talk.ask(`RCPT TO:<${BOB}>`);
    await talk.ask('DATA');
    const body = 'X: 1\r\n\r\n..\r\n..dot\r\n \t\r\n\xe9\xff\x00\x80 8-bit\r\n...\r\n';
    await talk.ask(`${body}.`);
    expect(bytesOf(0)).toBe('X: 1\r\n\r\n.\r\n.dot\r\n \t\r\n\xe9\xff\x00\x80 8-bit\r\n..\r\n');
    talk.socket.destroy();
  });
});

describe('a log-in', () => {
  it('is wanted before mail', async () => {
    const talk = await talkTo(setup.bridge.address);
    await talk.expect(/220 .*\r\n/);
    await talk.ask('EHLO x');
    expect(await talk.ask(`MAIL FROM:<${ALICE}>`)).toMatch(/^530 5\.7\.0/);
    talk.socket.destroy();
  });

  it('is done by PLAIN or LOGIN, whatever the case of the name', async () => {
    const plain = await talkTo(setup.bridge.address);
    await plain.expect(/220 .*\r\n/);
    await plain.ask('EHLO x');
    const token = base64(`\0ALICE@P1.TEST\0${PASSWORD}`);
    expect(await plain.ask(`AUTH PLAIN ${token}`)).toMatch(/^235 2\.7\.0/);
    plain.socket.destroy();
    const login = await talkTo(setup.bridge.address);
    await login.expect(/220 .*\r\n/);
    await login.ask('EHLO x');
    expect(await login.ask('AUTH LOGIN')).toMatch(/^334 /);
    expect(await login.ask(base64(ALICE))).toMatch(/^334 /);
    expect(await login.ask(base64(PASSWORD))).toMatch(/^235 /);
    login.socket.destroy();
  });

  it('fails late with a wrong password, and ends the connection at the third', async () => {
    const talk = await talkTo(setup.bridge.address);
    await talk.expect(/220 .*\r\n/);
    await talk.ask('EHLO x');
    const started = performance.now();
    expect(await talk.ask(`AUTH PLAIN ${base64(`\0${ALICE}\0wrong`)}`)).toMatch(/^535 5\.7\.8/);
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(await talk.ask(`AUTH PLAIN ${base64(`\0eve@x.test\0`)}`)).toMatch(/^535 5\.7\.8/);
    expect(await talk.ask(`AUTH PLAIN ${base64(`\0${ALICE}\0`)}`)).toMatch(/^421 4\.7\.0/);
    await talk.ended();
  });

  it('is not wanted where any password will do', async () => {
    const { bridge, client } = await startSmtp({ allowAnyPassword: true });
    const talk = await talkTo(bridge.address);
    await talk.expect(/220 .*\r\n/);
    await talk.ask('HELO x');
    expect(await talk.ask('MAIL FROM:<eve@p1.test>')).toMatch(/^550 5\.7\.1/);
    expect(await talk.ask(`MAIL FROM:<${ALICE}>`)).toMatch(/^250 /);
    await talk.ask(`RCPT TO:<${BOB}>`);
    await talk.ask('DATA');
    expect(await talk.ask(`${MAIL}.`)).toMatch(/^250 /);
    expect(client.sent).toHaveLength(1);
    talk.socket.destroy();
    await bridge.close();
  });
});

describe('a refusal', () => {
  it('names the sender, or the one recipient that is wrong', async () => {
    const talk = await loggedIn(setup.bridge.address);
    expect(await talk.ask('MAIL FROM:<eve@p1.test>')).toMatch(/^550 5\.7\.1/);
    expect(await talk.ask('MAIL FROM:<>')).toMatch(/^550 5\.7\.1/);
    expect(await talk.ask(`MAIL FROM:<${ALICE}>`)).toMatch(/^250/);
    expect(await talk.ask('RCPT TO:<zed@p2.test>')).toMatch(/^550 5\.1\.1 .*zed@p2\.test/);
    expect(await talk.ask('RCPT TO:<bob@-p2.test>')).toMatch(/^553 5\.1\.3/);
    expect(await talk.ask('RCPT TO:<bob@[1.2.3.4]>')).toMatch(/^553 5\.1\.3/);
    expect(await talk.ask('RCPT TO:<bob>')).toMatch(/^501 5\.1\.3/);
    expect(await talk.ask('RCPT TO:<>')).toMatch(/^501 5\.1\.3/);
    expect(await talk.ask(`RCPT TO:<${BOB}>`)).toMatch(/^250/);
    await talk.ask('DATA');
    await talk.ask(`${MAIL}.`);
    expect(setup.client.sent.map(({ to }) => to)).toEqual([[BOB]]);
    talk.socket.destroy();
  });

  it('of a mail that is too large comes before it or after it', async () => {
    const { bridge, client } = await startSmtp({ maxMailLength: 1000 });
    const talk = await loggedIn(bridge.address);
    expect(await talk.ask(`MAIL FROM:<${ALICE}> SIZE=1001`)).toMatch(/^552 5\.3\.4/);
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    await talk.ask(`RCPT TO:<${BOB}>`);
    await talk.ask('DATA');
    expect(await talk.ask(`${'x'.repeat(60)}\r\n`.repeat(40) + '.')).toMatch(/^552 5\.3\.4/);
    expect(await talk.ask('NOOP')).toMatch(/^250/);
    expect(client.sent).toHaveLength(0);
    talk.socket.destroy();
    await bridge.close();
  });

  it('has a code for whatever the client says', async () => {
    const cases = [
      [{ kind: 'store-full' }, '452 4.3.1'],
      [{ kind: 'store-io', reason: 'EIO' }, '452 4.3.1'],
      [{ kind: 'store-corrupt', collection: 'x' }, '451 4.3.0'],
      [{ kind: 'forbidden-header', header: 'X-Katzenpost-Sender' }, '550 5.7.7'],
      [{ kind: 'bad-mail', problem: 'no-colon' }, '554 5.6.0'],
      [{ kind: 'unsanitisable', part: '2', problem: 'transfer-encoding' }, '554 5.6.0'],
      [{ kind: 'closed' }, '421 4.3.2'],
    ] as const;
    for (const [failure, code] of cases) {
      setup.client.failures.send = failure;
      const talk = await loggedIn(setup.bridge.address);
      await talk.ask(`MAIL FROM:<${ALICE}>`);
      await talk.ask(`RCPT TO:<${BOB}>`);
      await talk.ask('DATA');
      expect((await talk.ask(`${MAIL}.`)).slice(0, 9)).toBe(code);
      talk.socket.destroy();
    }
    expect(setup.client.sent).toHaveLength(0);
  });

  it('spares an address whose key the account searches for', async () => {
    const { bridge } = await startSmtp({ discovering: new Set([ALICE]) });
    const talk = await loggedIn(bridge.address);
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    expect(await talk.ask('RCPT TO:<new@p2.test>')).toMatch(/^250/);
    expect(await talk.ask('RCPT TO:<new@-p2.test>')).toMatch(/^553/);
    talk.socket.destroy();
    await bridge.close();
  });
});
