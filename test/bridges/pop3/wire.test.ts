/** What goes over the wire, octet by octet. */
import { describe, expect, it } from 'vitest';
import { holdSession } from '../../../bridges/pop3/session.js';
import { concat } from '../../../src/bytes/writer.js';
import { utf8 } from '../../../src/bytes/text.js';
import type { Duplex } from '../../../src/io/contracts.js';
import { duplexPair, manualClock } from '../../../src/io/memory.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { bodyHash, nastyMails } from '../../support/nasty-mails.js';
import { hearAll, transcript } from '../peer.js';
import { BOB, PASSWORD, pop3Setup } from './setup.js';

const LOGIN = `USER ${BOB}\r\nPASS ${PASSWORD}\r\n`;
const CRLF = utf8('\r\n');

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** All octets that are said to a script. */
const heardBy = async (duplex: Duplex, script: string): Promise<string> => {
  const hearing = (async () => {
    const pieces: Uint8Array[] = [];
    for (let piece = await duplex.read(); piece; piece = await duplex.read()) pieces.push(piece);
    return latin1(concat(...pieces));
  })();
  await duplex.write(utf8(script));
  duplex.end();
  return hearing;
};

describe('thirty nasty mails', () => {
  it('come out with the body that they had, and as long as LIST says', async () => {
    expect(nastyMails.length).toBeGreaterThanOrEqual(30);
    for (const { name, mail, form } of nastyMails) {
      const { connect } = pop3Setup([mail]);
      const heard = await heardBy(connect(), `${LOGIN}LIST 1\r\nSTAT\r\nRETR 1\r\nQUIT\r\n`);
      const [, size, total, said, rest = ''] =
        /\+OK 1 (\d+)\r\n\+OK 1 (\d+)\r\n\+OK (\d+) octets\r\n([^]*)$/.exec(heard) ?? [];
      const end = rest.indexOf('\r\n.\r\n');
      const sent = bytesOf(rest.slice(0, end + CRLF.length).replace(/^\.|(?<=\n)\./g, ''));
      expect([name, size, total], name).toEqual([name, `${sent.length}`, `${sent.length}`]);
      expect(Number(said)).toBe(sent.length);
      expect(rest.slice(end + 5), name).toBe('+OK Goodbye\r\n');
      const isEnded = latin1(mail).endsWith('\r\n');
      expect(isEnded || form !== 'lines', name).toBe(true);
      const got = isEnded ? sent : sent.subarray(0, -CRLF.length);
      expect(bodyHash(got), name).toBe(bodyHash(mail));
      expect(latin1(got), name).toBe(latin1(mail));
    }
  });

  it('can be looked at from their top', async () => {
    for (const { name, mail } of nastyMails) {
      const { connect } = pop3Setup([mail]);
      const heard = await heardBy(connect(), `${LOGIN}TOP 1 0\r\nQUIT\r\n`);
      const [, top = ''] = /Top follows\r\n([^]*)\r\n\.\r\n\+OK Goodbye\r\n$/.exec(heard) ?? [];
      expect(latin1(mail).startsWith(top.replaceAll(/^\./gm, '')), name).toBe(true);
      expect(top, name).not.toBe('');
    }
  });
});

describe('a script', () => {
  const MAILS = ['Subject: one\r\n\r\n.\r\n..x\r\n', 'Subject: two\r\n\r\ntwo'];
  const SCRIPT = [
    ...['CAPA', 'STAT', 'APOP a b', 'UTF8', `USER ${BOB}`, `PASS ${PASSWORD}`, 'CAPA', 'STAT'],
    ...['LIST', 'LIST 2', 'LIST 3', 'UIDL', 'UIDL 2', 'UIDL 9', 'RETR 1', 'RETR 2', 'TOP 1 0'],
    ...['NOOP', 'DELE 2', 'DELE 2', 'RETR 2', 'RSET', 'DELE 1', 'LIST', 'xyzzy', 'QUIT'],
  ].map((line) => `${line}\r\n`);

  it('is answered alike in one packet, byte by byte and in odd pieces', async () => {
    const whole = SCRIPT.join('');
    const setup = pop3Setup(MAILS);
    const inOne = await transcript(setup.connect(), whole);
    expect(inOne).toMatch(/\+OK Goodbye\r\n$/);
    expect(setup.client.kept).toHaveLength(1);
    for (const length of [1, 2, 7, 64]) {
      const { connect, client } = pop3Setup(MAILS);
      const duplex = connect();
      const hearing = hearAll(duplex);
      for (let at = 0; at < whole.length; at += length) {
        await duplex.write(utf8(whole.slice(at, at + length)));
      }
      duplex.end();
      expect(await hearing, `${length}`).toBe(inOne);
      expect(client.kept).toHaveLength(1);
    }
  });

  it('is cut off at any byte, and nothing is deleted without its QUIT', async () => {
    const whole = `${LOGIN}DELE 1\r\nDELE 2\r\nQUIT\r\n`;
    for (let length = 0; length < whole.length; length++) {
      const { connect, client, open } = pop3Setup(MAILS);
      await transcript(connect(), whole.slice(0, length));
      await Promise.all(open);
      // A QUIT counts with the end of its line.
      expect(client.kept, `${length}`).toHaveLength(2);
    }
  });
});

describe('a large mail', () => {
  it('leaves in pieces, each when there is room for it', async () => {
    const line = `.${'x'.repeat(76)}\r\n`;
    const mail = `Subject: big\r\n\r\n${line.repeat(65_000)}`;
    const client = new FakeClient({ accounts: [BOB] });
    client.deliver(BOB, mail);
    const [ours, theirs] = duplexPair();
    const written: number[] = [];
    let [waiting, mostWaiting] = [0, 0];
    const counted: Duplex = {
      ...theirs,
      read: () => theirs.read(),
      end: () => theirs.end(),
      destroy: () => theirs.destroy(),
      write: async (bytes) => {
        written.push(bytes.length);
        mostWaiting = Math.max(mostWaiting, ++waiting);
        const isOpen = await theirs.write(bytes);
        waiting--;
        return isOpen;
      },
    };
    const login = { passwords: new Map([[BOB, PASSWORD]]) };
    const source = { client, reader: 'inbox', locks: new Set<string>() };
    const deps = { source, login, clock: manualClock(), count: () => undefined };
    const session = holdSession(deps, counted, new AbortController().signal);
    const heard = await heardBy(ours, `${LOGIN}RETR 1\r\nQUIT\r\n`);
    await session;
    expect(heard.length).toBeGreaterThan(5_000_000);
    expect(Math.max(...written)).toBeLessThanOrEqual(128 * 1024);
    expect(mostWaiting).toBe(1);
  });

  it('of which a part is lost ends the session before its end', async () => {
    const { connect, client } = pop3Setup(['Subject: x\r\n\r\nlong enough\r\n']);
    client.failures.rest = { kind: 'store-corrupt', collection: 'inbox-parts' };
    const heard = await transcript(connect(), `${LOGIN}RETR 1\r\nDELE 1\r\nQUIT\r\n`);
    expect(heard).toMatch(/octets\r\nSubject/);
    expect(heard).not.toMatch(/\r\n\.\r\n|Goodbye/);
    expect(client.kept).toHaveLength(1);
  });
});

describe('ten thousand mails', () => {
  it('are listed, fetched, and deleted all at once', async () => {
    const COUNT = 10_000;
    const { connect, client } = pop3Setup(
      Array.from({ length: COUNT }, (_, i) => `Subject: ${i}\r\n\r\n${i}\r\n`),
    );
    const { kept } = client;
    const deletions = Array.from({ length: COUNT }, (_, i) => `DELE ${i + 1}\r\n`).join('');
    const script = `${LOGIN}STAT\r\nUIDL\r\nUIDL 9999\r\nRETR 10000\r\n${deletions}QUIT\r\n`;
    const heard = await transcript(connect(), script);
    expect(heard).toMatch(/^\+OK 10000 \d+\r$/m);
    expect(heard).toContain(`\r\n${COUNT} ${kept.at(-1)}\r\n.\r\n`);
    expect(heard).toContain(`\r\n+OK 9999 ${kept.at(-2)}\r\n`);
    expect(heard).toMatch(/\+OK Goodbye\r\n$/);
    expect(client.kept).toHaveLength(0);
  });
});
