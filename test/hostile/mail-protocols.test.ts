/** Lines of SMTP and POP3 from anybody. */
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { readPlain } from '../../bridges/pop3/login.js';
import { FakeClient } from '../../testkit/fake-client.js';
import { eventually } from '../bridges/eventually.js';
import { Peer, transcript } from '../bridges/peer.js';
import { BOB as POP3_BOB, PASSWORD as POP3_PASSWORD, pop3Setup } from '../bridges/pop3/setup.js';
import { ALICE, BOB, loggedIn, startSmtp, type Setup } from '../bridges/smtp/setup.js';
import { talkTo } from '../bridges/socket.js';
import { MOST_GROWTH, usedBytes } from './memory.js';
import { flips } from './mutants.js';
import { describeParser } from './parser.js';

describeParser('a PLAIN message', {
  read: (bytes) => readPlain(Buffer.from(bytes).toString('base64')),
  valid: [utf8(`\0${POP3_BOB}\0${POP3_PASSWORD}`)],
  // A password may be any text, so a shorter one is another.
  cut: 'another',
});

const MAILS = ['Subject: a\r\n\r\none\r\n', 'Subject: b\r\n\r\ntwo\r\n'];

describe('a POP3 session', () => {
  it('logs nobody in with a flipped byte in name or password', async () => {
    const { connect, clock } = pop3Setup(MAILS);
    const password = utf8(POP3_PASSWORD);
    for (const { bytes, what } of flips(password)) {
      let heard: string | undefined;
      const line = concat(utf8(`USER ${POP3_BOB}\r\nPASS `), bytes, utf8('\r\nSTAT\r\n'));
      void transcript(connect(), line).then((all) => (heard = all));
      await clock.runUntil(() => heard !== undefined, 10_000);
      expect(heard, what).not.toMatch(/\+OK \d/);
    }
  });

  it('takes no number that is none of a mail, however it is written', async () => {
    const { loggedIn } = pop3Setup(MAILS);
    const peer = await loggedIn();
    for (const verb of ['RETR', 'DELE', 'LIST', 'UIDL']) {
      for (const word of [
        '0',
        '3',
        '-1',
        '1.0',
        '1e0',
        '0x1',
        '+1',
        '١',
        '9'.repeat(9),
        '9'.repeat(400),
      ]) {
        expect(await peer.ask(`${verb} ${word}`)).toMatch(/^-ERR/);
      }
    }
  });

  it('gives the top of a mail for any number of lines', async () => {
    const { loggedIn } = pop3Setup(MAILS);
    const peer = await loggedIn();
    expect(await peer.ask('TOP 1 999999999')).toMatch(/^\+OK/);
    expect(await peer.block()).toContain('one');
    expect(await peer.ask('TOP 1 9999999999')).toMatch(/^-ERR/);
    expect(await peer.ask('TOP 1 -1')).toMatch(/^-ERR/);
    expect(await peer.ask('STAT')).toMatch(/^\+OK 2 /);
  });

  it('ends when nobody has logged in after a minute, whatever is said meanwhile', async () => {
    const { connect, clock, open } = pop3Setup(MAILS);
    const peer = new Peer(connect());
    await peer.line();
    for (let seconds = 0; seconds < 55; seconds += 5) {
      expect(await peer.ask('CAPA')).toMatch(/^\+OK/);
      await peer.block();
      await clock.advance(5000);
    }
    await clock.advance(6000);
    expect(await peer.line()).toMatch(/^-ERR/);
    await clock.advance(5000);
    expect(open.size).toBe(0);
  });
});

let setup: Setup;
beforeAll(async () => {
  setup = await startSmtp();
});
afterAll(() => setup.bridge.close());

describe('an SMTP session', () => {
  it('takes a hundred recipients and no more, of ten thousand', async () => {
    const names = Array.from({ length: 10_000 }, (_, at) => `r${at}@p2.test`);
    const recipients = Object.fromEntries(names.map((name) => [name, new Uint8Array(32)]));
    const client = new FakeClient({ accounts: [ALICE], recipients });
    const { bridge } = await startSmtp({ client });
    const talk = await loggedIn(bridge.address);
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    for (const name of names) talk.say(`RCPT TO:<${name}>`);
    talk.say('DATA');
    await talk.expect(/^354 .*\r\n/m);
    expect(talk.heard().match(/^250 2\.1\.5 /gm)).toHaveLength(100);
    expect(talk.heard().match(/^452 /gm)).toHaveLength(9900);
    expect(await talk.ask('Subject: x\r\n\r\nbody\r\n.')).toMatch(/^250/);
    expect(client.sent[0]?.to).toHaveLength(100);
    talk.socket.destroy();
    await bridge.close();
  });

  it('keeps nothing of 100,000 lines that are refused', async () => {
    const talk = await loggedIn(setup.bridge.address);
    const lines = [
      ...['MAIL FROM:<', `MAIL FROM:<x@y.z>`, `RCPT TO:<${BOB}>`, 'DATA', 'RSET \u0000', 'VRFY x'],
      ...[
        'AUTH PLAIN',
        `MAIL FROM:<${'a'.repeat(900)}@b.c>`,
        'RCPT TO:<\xff@\xff>',
        'NOOP',
        'EHLO',
      ],
    ];
    const batch = lines.map((line) => `${line}\r\n`).join('');
    let heard = 0;
    talk.socket.removeAllListeners('data');
    talk.socket.on('data', (text: string) => (heard += text.split('\n').length - 1));
    const run = async (rounds: number): Promise<void> => {
      const wanted = heard + rounds * lines.length;
      for (let i = 0; i < rounds; i++) {
        if (!talk.socket.write(batch, 'latin1')) {
          await new Promise((resolve) => talk.socket.once('drain', resolve));
        }
      }
      while (heard < wanted && !talk.socket.destroyed) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await run(200);
    const before = await usedBytes();
    await run(9100);
    expect(heard).toBeGreaterThan(100_000);
    expect((await usedBytes()) - before).toBeLessThan(MOST_GROWTH);
    expect(talk.socket.destroyed).toBe(false);
    talk.socket.destroy();
  });

  it('logs nobody in with a flipped byte', async () => {
    const { bridge } = await startSmtp({ clock: impatient() });
    const token = Buffer.from(`\0${ALICE}\0correct-horse-battery`);
    const all = [...flips(token)];
    for (const { bytes, what } of all.filter((_, at) => at % 2 === 0)) {
      const talk = await talkTo(bridge.address);
      await talk.expect(/220 .*\r\n/);
      await talk.ask('EHLO test');
      const reply = await talk.ask(`AUTH PLAIN ${Buffer.from(bytes).toString('base64')}`);
      // The case of a name says nothing.
      if (!isSameName(bytes)) expect(reply, what).not.toMatch(/^235/);
      talk.socket.destroy();
    }
    await bridge.close();
  });

  it('takes a mail with a header line of ten megabytes, and of a million lines', async () => {
    for (const head of [`X: ${'a'.repeat(10_000_000)}`, 'A: b\r\n'.repeat(1_000_000).trimEnd()]) {
      const talk = await loggedIn(setup.bridge.address);
      await talk.ask(`MAIL FROM:<${ALICE}>`);
      await talk.ask(`RCPT TO:<${BOB}>`);
      await talk.ask('DATA');
      talk.say(head);
      talk.say('\r\nbody\r\n.');
      expect(await talk.expect(/\d{3} .*\r\n/)).toMatch(/^250/);
      talk.socket.destroy();
    }
  });

  it('survives any bytes after any beginning', async () => {
    const start = fc.constantFrom('', 'EHLO x\r\n', `MAIL FROM:<${ALICE}>\r\n`, 'AUTH LOGIN\r\n');
    const garbage = fc.string({ unit: 'binary', maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(start, garbage, async (first, rest) => {
        const talk = await loggedIn(setup.bridge.address);
        talk.socket.end(`${first}${rest}`, 'latin1');
        await talk.ended();
      }),
      { numRuns: 40 },
    );
    const next = await loggedIn(setup.bridge.address);
    expect(await next.ask('NOOP')).toMatch(/^250/);
    next.socket.destroy();
  });
});

/** A clock on which refusals are not held back, but deadlines never pass. */
const impatient = () => ({
  now: () => 0,
  monotonic: () => 0,
  sleep: (ms: number, signal?: AbortSignal) =>
    ms <= 1000
      ? Promise.resolve()
      : new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve())),
});

const isSameName = (token: Uint8Array): boolean => {
  const [as, name = '', password] = Buffer.from(token).toString('latin1').split('\0');
  return as === '' && name.toLowerCase() === ALICE && password === 'correct-horse-battery';
};

describe('an SMTP port', () => {
  it('keeps no place for those who were gone before it looked', async () => {
    const { bridge } = await startSmtp({ maxClients: 4 });
    const [host, port] = bridge.address.split(':');
    for (let round = 0; round < 20; round++) {
      for (let at = 0; at < 20; at++) {
        const socket = connect(Number(port), host);
        socket.on('error', () => undefined);
        socket.once('connect', () => socket.resetAndDestroy());
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await eventually(() => bridge.status().sessions).toBe(0);
    const talk = await loggedIn(bridge.address);
    expect(await talk.ask('NOOP')).toMatch(/^250/);
    talk.socket.destroy();
    await bridge.close();
  });
});
