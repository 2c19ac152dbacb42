import { describe, expect, it } from 'vitest';
import { transcript } from '../peer.js';
import { BOB, PASSWORD, pop3Setup } from './setup.js';

const FIRST = 'Subject: one\r\n\r\n.dot\r\n..\r\nend\r\n';
const SECOND = 'Subject: two\r\nX: y\r\n\r\n1\r\n2\r\n3\r\n';
const LOGIN = `USER ${BOB}\r\nPASS ${PASSWORD}\r\n`;

/** What is said after greeting and log-in, as lines. */
const after = (heard: string): string[] => heard.split('\r\n').slice(3, -1);

describe('a POP3 session', () => {
  it('greets, lists what it can do, before and after the log-in', async () => {
    const { connect } = pop3Setup();
    const heard = await transcript(connect(), `CAPA\r\n${LOGIN}CAPA\r\nQUIT\r\n`);
    const capabilities = [
      '+OK Capabilities follow',
      'USER',
      'SASL PLAIN',
      'TOP',
      'UIDL',
      'RESP-CODES',
      'AUTH-RESP-CODE',
      'PIPELINING',
      'EXPIRE NEVER',
      'LOGIN-DELAY 0',
      'UTF8 USER',
      'IMPLEMENTATION Postern',
      '.',
    ];
    expect(heard.split('\r\n')).toEqual([
      '+OK POP3 server ready',
      ...capabilities,
      '+OK Now the password',
      '+OK Logged in',
      ...capabilities,
      '+OK Goodbye',
      '',
    ]);
  });

  it('answers every command of a transaction', async () => {
    const { connect, client } = pop3Setup([FIRST, SECOND]);
    const [one = '', two = ''] = client.kept;
    const commands = ['STAT', 'LIST', 'LIST 2', 'UIDL', 'UIDL 1', 'NOOP', 'RETR 1', 'TOP 2 1'];
    const heard = await transcript(connect(), `${LOGIN}${commands.join('\r\n')}\r\nQUIT\r\n`);
    expect(after(heard)).toEqual([
      `+OK 2 ${FIRST.length + SECOND.length}`,
      '+OK 2 messages',
      `1 ${FIRST.length}`,
      `2 ${SECOND.length}`,
      '.',
      `+OK 2 ${SECOND.length}`,
      '+OK 2 messages',
      `1 ${one}`,
      `2 ${two}`,
      '.',
      `+OK 1 ${one}`,
      '+OK Nothing done',
      `+OK ${FIRST.length} octets`,
      'Subject: one',
      '',
      '..dot',
      '...',
      'end',
      '.',
      '+OK Top follows',
      'Subject: two',
      'X: y',
      '',
      '1',
      '.',
      '+OK Goodbye',
    ]);
  });

  it('deletes at QUIT, and nothing before', async () => {
    const { connect, client } = pop3Setup([FIRST, SECOND]);
    const [one = '', two = ''] = client.kept;
    const dropped = await transcript(connect(), `${LOGIN}DELE 1\r\n`);
    expect(after(dropped)).toEqual(['+OK Message 1 will be deleted']);
    expect(client.kept).toEqual([one, two]);
    const commands = [
      'DELE 1',
      'DELE 1',
      'RETR 1',
      'LIST',
      'STAT',
      'RSET',
      'STAT',
      'DELE 2',
      'QUIT',
    ];
    const heard = await transcript(connect(), `${LOGIN}${commands.join('\r\n')}\r\n`);
    expect(after(heard)).toEqual([
      '+OK Message 1 will be deleted',
      '-ERR Message already deleted',
      '-ERR No such message',
      '+OK 1 messages',
      `2 ${SECOND.length}`,
      '.',
      `+OK 1 ${SECOND.length}`,
      '+OK Nothing is deleted',
      `+OK 2 ${FIRST.length + SECOND.length}`,
      '+OK Message 2 will be deleted',
      '+OK Goodbye',
    ]);
    expect(client.kept).toEqual([one]);
  });

  it('says when a deletion is not durable, and deletes nothing then', async () => {
    const { connect, client, loggedIn } = pop3Setup([FIRST, SECOND]);
    client.failures.done = { kind: 'store-full' };
    const heard = await transcript(connect(), `${LOGIN}DELE 1\r\nDELE 2\r\nQUIT\r\n`);
    expect(after(heard).at(-1)).toMatch(/^-ERR \[SYS\/TEMP\] /);
    expect(client.kept).toHaveLength(2);
    client.failures.done = undefined;
    const peer = await loggedIn();
    expect(await peer.ask('STAT')).toMatch(/^\+OK 2 /);
    peer.duplex.end();
  });

  it('says when a mail cannot be read', async () => {
    const { connect, client } = pop3Setup([FIRST]);
    client.failures.read = { kind: 'store-io', reason: 'EIO' };
    const heard = await transcript(connect(), `${LOGIN}RETR 1\r\nTOP 1 0\r\nQUIT\r\n`);
    const refusal = '-ERR [SYS/TEMP] The message cannot be read';
    expect(after(heard)).toEqual([refusal, refusal, '+OK Goodbye']);
  });

  it('refuses what is no command in its state, and wrong arguments', async () => {
    const { connect } = pop3Setup([FIRST]);
    const before = [
      'STAT',
      'RETR 1',
      'PASS x',
      'USER',
      'USER a b',
      'STLS',
      'APOP a b',
      '',
      ' ',
      'XYZZY',
    ];
    const heard = await transcript(connect(), `${before.join('\r\n')}\r\nQUIT\r\n`);
    const lines = heard.split('\r\n').slice(1, -2);
    expect(lines).toHaveLength(before.length);
    for (const line of lines) expect(line).toMatch(/^-ERR /);
    const within = [
      'USER x',
      'PASS x',
      'AUTH PLAIN',
      'RETR',
      'RETR 0',
      'RETR 2',
      'RETR -1',
      'RETR 1e0',
    ];
    const more = [
      'RETR  1',
      'TOP 1',
      'TOP 1 x',
      'TOP 1 -1',
      'DELE 99999999999',
      'LIST 1 1',
      'NOOP x',
    ];
    const sent = `${LOGIN}${[...within, ...more].join('\r\n')}\r\nQUIT\r\n`;
    const refusals = after(await transcript(connect(), sent)).slice(0, -1);
    expect(refusals).toHaveLength(within.length + more.length);
    for (const line of refusals) expect(line).toMatch(/^-ERR /);
  });

  it('ends a mail that does not end its last line', async () => {
    const { connect } = pop3Setup(['Subject: x\r\n\r\nno end']);
    const heard = await transcript(connect(), `${LOGIN}RETR 1\r\nTOP 1 0\r\nQUIT\r\n`);
    expect(after(heard)).toEqual([
      '+OK 22 octets',
      'Subject: x',
      '',
      'no end',
      '.',
      '+OK Top follows',
      'Subject: x',
      '',
      '.',
      '+OK Goodbye',
    ]);
  });

  it('stuffs dots across the pieces of a large mail', async () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => (i % 3 === 0 ? `.${i}` : `${i}`));
    const mail = `Subject: big\r\n\r\n${lines.join('\r\n')}\r\n`;
    const { loggedIn } = pop3Setup([mail]);
    const peer = await loggedIn();
    expect(await peer.ask('RETR 1')).toBe(`+OK ${mail.length} octets`);
    const got = (await peer.block()).map((line) => (line.startsWith('.') ? line.slice(1) : line));
    expect(`${got.join('\r\n')}\r\n`).toBe(mail);
    peer.duplex.end();
  });
});
