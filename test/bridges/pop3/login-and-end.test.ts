import { describe, expect, it } from 'vitest';
import { Peer, transcript } from '../peer.js';
import { BOB, PASSWORD, pop3Setup } from './setup.js';

const FIRST = 'Subject: one\r\n\r\none\r\n';
const SECOND = 'Subject: two\r\n\r\ntwo\r\n';

describe('the log-in', () => {
  it('takes the name in any case, and AUTH PLAIN in both its forms', async () => {
    const { connect } = pop3Setup();
    const token = Buffer.from(`\0${BOB}\0${PASSWORD}`).toString('base64');
    const ways = [
      `USER BOB@P2.TEST\r\nPASS ${PASSWORD}\r\n`,
      `AUTH PLAIN ${token}\r\n`,
      `auth plain\r\n${token}\r\n`,
    ];
    for (const way of ways) {
      expect(await transcript(connect(), `${way}STAT\r\nQUIT\r\n`)).toMatch(
        /\+OK Logged in\r\n\+OK 0 0\r\n\+OK Goodbye\r\n$/,
      );
    }
    expect(await transcript(connect(), 'AUTH\r\nQUIT\r\n')).toMatch(/\+OK .*\r\nPLAIN\r\n\.\r\n/);
  });

  it('refuses malformed AUTH and goes on', async () => {
    const { connect } = pop3Setup();
    const foreign = Buffer.from(`eve@x.test\0${BOB}\0${PASSWORD}`).toString('base64');
    for (const way of [
      'PLAIN =',
      'PLAIN *',
      'PLAIN\r\n*',
      'CRAM-MD5',
      'PLAIN aGVsbG8=',
      `PLAIN ${foreign}`,
    ]) {
      expect(await transcript(connect(), `AUTH ${way}\r\nQUIT\r\n`)).toMatch(
        /\r\n-ERR .*\r\n\+OK Goodbye\r\n$/,
      );
    }
  });

  it('answers a wrong password late, and ends at the third', async () => {
    const { connect, clock, open } = pop3Setup();
    const peer = new Peer(connect());
    await peer.line();
    for (const [name, password] of [
      [BOB, 'wrong'],
      ['eve@x.test', ''],
      ['?', PASSWORD],
    ]) {
      await peer.ask(`USER ${name}`);
      let reply: string | undefined;
      const asked = peer.ask(`PASS ${password}`).then((line) => (reply = line));
      await clock.advance(900);
      expect(reply).toBeUndefined();
      await clock.advance(200);
      await asked;
      expect(reply).toBe('-ERR [AUTH] Wrong user name or password');
    }
    expect(await peer.line()).toBeUndefined();
    peer.duplex.end();
    await Promise.all(open);
  });

  it('opens a mailbox once at a time', async () => {
    const { loggedIn, connect, client } = pop3Setup([FIRST]);
    const first = await loggedIn();
    const second = new Peer(connect());
    await second.line();
    await second.ask(`USER ${BOB}`);
    expect(await second.ask(`PASS ${PASSWORD}`)).toMatch(/^-ERR \[IN-USE\] /);
    client.deliver(BOB, SECOND);
    expect(await first.ask('STAT')).toBe(`+OK 1 ${FIRST.length}`);
    expect(await first.ask('QUIT')).toMatch(/^\+OK/);
    await second.ask(`USER ${BOB}`);
    expect(await second.ask(`PASS ${PASSWORD}`)).toMatch(/^\+OK/);
    expect(await second.ask('STAT')).toMatch(/^\+OK 2 /);
    second.duplex.destroy();
  });

  it('gives the mailbox free when the connection breaks', async () => {
    const { loggedIn, open } = pop3Setup([FIRST]);
    const first = await loggedIn();
    first.duplex.destroy();
    await Promise.all(open);
    const second = await loggedIn();
    expect(await second.ask('STAT')).toMatch(/^\+OK 1 /);
    second.duplex.destroy();
  });
});

describe('the end of a session', () => {
  it('comes after ten minutes without a line', async () => {
    const { loggedIn, clock, open } = pop3Setup();
    const peer = await loggedIn();
    await clock.advance(9 * 60_000);
    expect(await peer.ask('NOOP')).toMatch(/^\+OK/);
    await clock.advance(9 * 60_000);
    await peer.duplex.write(new Uint8Array([0x4e]));
    await clock.advance(61_000);
    expect(await peer.line()).toBe('-ERR Idle for too long');
    expect(await peer.line()).toBeUndefined();
    await clock.advance(3000);
    await Promise.all(open);
  });

  it('comes with a word when the bridge stops', async () => {
    const { loggedIn, stop, clock, client, open } = pop3Setup([FIRST]);
    const peer = await loggedIn();
    await peer.ask('DELE 1');
    stop.abort();
    expect(await peer.line()).toBe('-ERR [SYS/TEMP] Shutting down');
    await clock.advance(3000);
    await Promise.all(open);
    expect(client.kept).toHaveLength(1);
  });

  it('comes after too much garbage, in flat memory', async () => {
    const { connect, clock, open } = pop3Setup();
    const ours = connect();
    const garbage = new Uint8Array(64 * 1024).fill(0x80);
    const hearing = new Peer(ours);
    await hearing.line();
    for (let i = 0; i < 100; i++) await ours.write(garbage.slice());
    await ours.write(new Uint8Array([0x0a]));
    expect(await hearing.line()).toBe('-ERR Line too long');
    await ours.write(new TextEncoder().encode('x\r\n'.repeat(100)));
    const replies: string[] = [];
    for (let line = await hearing.line(); line !== undefined; line = await hearing.line()) {
      replies.push(line);
    }
    expect(replies).toHaveLength(49);
    ours.end();
    await clock.advance(3000);
    await Promise.all(open);
  });
});
