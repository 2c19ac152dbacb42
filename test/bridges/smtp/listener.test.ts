import { readdir, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveSmtp } from '../../../bridges/smtp/index.js';
import { withDirectory } from '../../support/directory.js';
import { holdSend } from '../held-send.js';
import { talkTo } from '../socket.js';
import { ALICE, BOB, loggedIn, startSmtp, type Setup } from './setup.js';

const MAIL = 'Subject: hi\r\n\r\nhello\r\n';

let setup: Setup;
beforeEach(async () => {
  setup = await startSmtp();
});
afterEach(() => setup.bridge.close());

describe('a close', () => {
  it('tells a client within DATA, and keeps nothing of its mail', async () => {
    const talk = await loggedIn(setup.bridge.address);
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    await talk.ask(`RCPT TO:<${BOB}>`);
    await talk.ask('DATA');
    talk.say('Subject: half');
    const idle = await talkTo(setup.bridge.address);
    await idle.expect(/220 .*\r\n/);
    const closed = setup.bridge.close();
    expect(await talk.expect(/421 .*\r\n/)).toMatch(/^421 4\.3\.2/);
    expect(await idle.expect(/421 .*\r\n/)).toMatch(/^421 4\.3\.2/);
    talk.say('a mail\r\n.');
    await Promise.all([closed, talk.ended(), idle.ended()]);
    expect(setup.client.sent).toHaveLength(0);
  });

  it('waits for a mail in the hands of the client', async () => {
    const { given, makeDurable } = holdSend(setup.client);
    const talk = await loggedIn(setup.bridge.address);
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    await talk.ask(`RCPT TO:<${BOB}>`);
    await talk.ask('DATA');
    talk.say(`${MAIL}.`);
    await given;
    const closed = setup.bridge.close();
    makeDurable();
    expect(await talk.expect(/250 2\.6\.0 .*\r\n421 4\.3\.2 .*\r\n/)).toBeDefined();
    await closed;
    expect(setup.client.sent).toHaveLength(1);
  });
});

describe('the listener', () => {
  it('names an address that is in use', async () => {
    const { address } = setup.bridge;
    const second = await serveSmtp({
      address,
      client: setup.client,
      accounts: new Map(),
      clock: { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve() },
      log: { write: () => undefined },
    });
    expect(second._unsafeUnwrapErr()).toEqual({ kind: 'listen', address, reason: 'in-use' });
  });

  it('refuses an address that is none', async () => {
    const options = { client: setup.client, accounts: new Map<string, string>() };
    const world = {
      clock: { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve() },
      log: { write: () => undefined },
    };
    const result = await serveSmtp({ address: 'nonsense', ...options, ...world });
    expect(result._unsafeUnwrapErr()).toMatchObject({ reason: 'bad-address' });
  });

  it('can be a Unix socket, private and taken away at the end', () =>
    withDirectory(async (directory) => {
      const address = `unix:${directory}/smtp`;
      const { bridge, client } = await startSmtp({ address });
      expect(bridge.address).toBe(address);
      expect((await stat(`${directory}/smtp`)).mode & 0o777).toBe(0o600);
      const talk = await loggedIn(address);
      await talk.ask(`MAIL FROM:<${ALICE}>`);
      await talk.ask(`RCPT TO:<${BOB}>`);
      await talk.ask('DATA');
      talk.say(MAIL);
      expect(await talk.ask('.')).toMatch(/^250 /);
      expect(client.sent).toHaveLength(1);
      talk.socket.destroy();
      await bridge.close();
      expect(await readdir(directory)).toEqual([]);
    }));

  it('turns away more clients than it has room for', async () => {
    const { bridge } = await startSmtp({ maxClients: 1 });
    const first = await talkTo(bridge.address);
    await first.expect(/220 .*\r\n/);
    const second = await talkTo(bridge.address);
    expect(await second.expect(/.*\r\n/)).toMatch(/^421 /);
    first.socket.destroy();
    second.socket.destroy();
    await bridge.close();
  });

  it('survives garbage and sudden ends', async () => {
    for (const garbage of [
      '\xff\xfe\x00\x01',
      'GET / HTTP/1.1',
      'MAIL FROM:<\x00>',
      '\r'.repeat(999),
    ]) {
      const talk = await talkTo(setup.bridge.address);
      await talk.expect(/220 .*\r\n/);
      talk.say(garbage);
      talk.socket.write(Buffer.alloc(40_000, 0x2e));
      talk.socket.resetAndDestroy();
    }
    const talk = await loggedIn(setup.bridge.address);
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    await talk.ask(`RCPT TO:<${BOB}>`);
    await talk.ask('DATA');
    talk.say('half a mail');
    talk.socket.resetAndDestroy();
    const next = await loggedIn(setup.bridge.address);
    expect(await next.ask('NOOP')).toMatch(/^250/);
    expect(setup.client.sent).toHaveLength(0);
    next.socket.destroy();
  });
});
