/** LMTP, Unix sockets, and listeners that others than this machine reach. */
import { execFileSync } from 'node:child_process';
import { chmod, readFile } from 'node:fs/promises';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { withDirectory } from '../../support/directory.js';
import { program } from '../programs.js';
import { talkTo } from '../socket.js';
import { ALICE, BOB, CAROL, loggedIn, PASSWORD, startSmtp } from './setup.js';

const MAIL = 'Subject: hi\r\n\r\nhello\r\n';

describe('LMTP', () => {
  it('answers for every RCPT that it accepted', async () => {
    const { bridge, client } = await startSmtp({ protocol: 'lmtp', allowAnyPassword: true });
    const talk = await talkTo(bridge.address);
    expect(await talk.expect(/220 .*\r\n/)).toBe('220 localhost LMTP\r\n');
    expect(await talk.ask('EHLO x')).toMatch(/^500 5\./);
    expect(await talk.ask('LHLO x')).toMatch(/^250-localhost/);
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    for (const to of [BOB, CAROL, BOB]) await talk.ask(`RCPT TO:<${to}>`);
    expect(await talk.ask('RCPT TO:<zed@p2.test>')).toMatch(/^550 5\.1\.1/);
    await talk.ask('DATA');
    const send = client.send.bind(client);
    client.send = (options) => send(options).andThen((sent) => okAsync(sent.slice(0, 1)));
    talk.say(`${MAIL}.`);
    const answers = await talk.expect(/(?:.*\r\n){3}/);
    expect(answers.split('\r\n').map((line) => line.slice(0, 9))).toEqual([
      '250 2.6.0',
      '550 5.1.2',
      '250 2.6.0',
      '',
    ]);
    expect(client.sent[0]).toMatchObject({ to: [BOB, CAROL], badRecipients: 'skip' });
    client.failures.send = { kind: 'store-full' };
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    for (const to of [BOB, BOB]) await talk.ask(`RCPT TO:<${to}>`);
    await talk.ask('DATA');
    talk.say(`${MAIL}.`);
    expect(await talk.expect(/(?:.*\r\n){2}/)).toMatch(/^452 4\.3\.1 .*\r\n452 4\.3\.1 /);
    talk.socket.destroy();
    await bridge.close();
  });
});

describe('a Unix socket', () => {
  it('that is its owner’s alone wants no log-in, and no other account’s sender', () =>
    withDirectory(async (directory) => {
      const { bridge, client } = await startSmtp({ address: `unix:${directory}/smtp` });
      const talk = await talkTo(bridge.address);
      await talk.expect(/220 .*\r\n/);
      await talk.ask('EHLO x');
      expect(await talk.ask('MAIL FROM:<eve@p1.test>')).toMatch(/^550 5\.7\.1/);
      expect(await talk.ask(`MAIL FROM:<${BOB}>`)).toMatch(/^553 5\.7\.1/);
      expect(await talk.ask(`MAIL FROM:<${ALICE}>`)).toMatch(/^250 /);
      await talk.ask(`RCPT TO:<${BOB}>`);
      await talk.ask('DATA');
      expect(await talk.ask(`From: eve@p1.test\r\n${MAIL}.`)).toMatch(/^550 5\.7\.1 .*From/);
      expect(client.sent).toEqual([]);
      await chmod(`${directory}/smtp`, 0o600);
      talk.socket.destroy();
      await bridge.close();
    }));
});

const openssl = program('openssl');
const certificate = async (directory: string): Promise<{ cert: string; key: string }> => {
  const [key, cert] = [`${directory}/k.pem`, `${directory}/c.pem`];
  const made = ['-keyout', key, '-out', cert, '-subj', '/CN=localhost', '-days', '1', '-nodes'];
  execFileSync(openssl ?? '', ['req', '-x509', '-newkey', 'rsa:2048', ...made], {
    stdio: 'ignore',
  });
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
};

describe('a listener with a certificate', () => {
  it.runIf(openssl)('lets people log in behind TLS only', () =>
    withDirectory(async (directory) => {
      const { bridge, client } = await startSmtp({ tls: await certificate(directory) });
      const talk = await talkTo(bridge.address);
      await talk.expect(/220 .*\r\n/);
      const offers = await talk.ask('EHLO x');
      expect(offers).toContain('250-STARTTLS\r\n');
      expect(offers).not.toContain('AUTH');
      const token = Buffer.from(`\0${ALICE}\0${PASSWORD}`).toString('base64');
      expect(await talk.ask(`AUTH PLAIN ${token}`)).toMatch(/^538 5\.7\.0/);
      expect(await talk.ask(`MAIL FROM:<${ALICE}>`)).toMatch(/^530 5\.7\.0/);
      // A command that comes with STARTTLS, before TLS, must not be heard behind it.
      talk.socket.write(`STARTTLS\r\nMAIL FROM:<${ALICE}>\r\n`);
      await talk.expect(/220 .*\r\n/);
      talk.socket.removeAllListeners('data').setEncoding();
      const secure = connectTls({ socket: talk.socket, rejectUnauthorized: false });
      await once(secure, 'secureConnect');
      const heard: string[] = [];
      secure.setEncoding('latin1').on('data', (text: string) => heard.push(text));
      const ask = async (line: string, reply: RegExp): Promise<void> => {
        heard.length = 0;
        secure.write(`${line}\r\n`);
        while (!heard.join('').endsWith('\r\n') || !/^\d{3} /m.test(heard.join(''))) {
          await once(secure, 'data');
        }
        expect(heard.join('')).toMatch(reply);
      };
      await ask('EHLO x', /^250-AUTH PLAIN LOGIN\r$/m);
      await ask(`AUTH PLAIN ${token}`, /^235 /);
      await ask(`MAIL FROM:<${ALICE}>`, /^250 /);
      expect(client.sent).toEqual([]);
      secure.destroy();
      await bridge.close();
    }),
  );
});

describe('the network', () => {
  it('is announced where it is not reachable', async () => {
    const { bridge, client } = await startSmtp();
    const said = async (): Promise<string> => {
      const talk = await loggedIn(bridge.address);
      await talk.ask(`MAIL FROM:<${ALICE}>`);
      await talk.ask(`RCPT TO:<${BOB}>`);
      await talk.ask('DATA');
      const answer = await talk.ask(`${MAIL}.`);
      talk.socket.destroy();
      return answer;
    };
    const status = client.accounts.status.bind(client.accounts);
    const connected = status().map((each) => ({
      ...each,
      connection: { kind: 'connected' as const },
    }));
    Object.assign(client.accounts, { status: () => connected });
    expect(await said()).toMatch(/^250 2\.6\.0 Accepted for the mix network/);
    Object.assign(client.accounts, { status });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await said()).toMatch(/^250 2\.6\.0 Accepted, will leave when the mix network is reach/);
    await bridge.close();
  });
});
