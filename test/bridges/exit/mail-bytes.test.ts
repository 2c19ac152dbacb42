/** The bytes of a mail that goes on to a mail server: there, as they were. */
import { afterEach, describe, expect, it } from 'vitest';
import { DELIVERED, later, never } from '../../../bridges/exit/contracts.js';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { openSink } from '../filter/sink.js';
import { ALICE, BOB, startSmtp } from '../smtp/setup.js';
import { closeServers, deliver, MAIL, start } from './attempt.js';

afterEach(closeServers);

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const LINES = '.\r\n..\r\n...\r\n.a\r\na.\r\n\r\n.\r\n';
const LONG = `${'x'.repeat(200_000)}\r\n`;
const EIGHT = 'ä ö ü ß €\r\n';
const ALONE = 'a\nb\rc\r\r\nd\r\n';

describe('bytes', () => {
  it.each([LINES, LONG, EIGHT, ALONE, '', 'open', 'open\r', 'open\n', 'a\n.\nMAIL FROM:<x>\r\n'])(
    'arrive as they are by BDAT: %#',
    async (body) => {
      const server = await start();
      const mail = Buffer.concat([utf8(MAIL), EVERY_BYTE, utf8(body)]);
      expect(await deliver({ Address: server.address }, new Uint8Array(mail))).toEqual(DELIVERED);
      expect(server.mails).toEqual([new Uint8Array(mail)]);
    },
  );

  it.each([LINES, LONG, EIGHT, ALONE, '', `${fromUtf8(EVERY_BYTE.subarray(0, 128))}\r\n`])(
    'arrive as they are by DATA: %#',
    async (body) => {
      const server = await start({}, { protocol: 'lmtp', offer: 'HELP' });
      const mail = utf8(`${MAIL}${body}`);
      const { address: Address } = server;
      expect(await deliver({ Address }, mail, { protocol: 'lmtp' })).toEqual(DELIVERED);
      expect(server.mails).toEqual([mail]);
    },
  );

  it('get by DATA an end of their last line', async () => {
    const server = await start({}, { protocol: 'smtp', offer: 'HELP' });
    for (const end of ['open', 'open\r', 'open\n']) {
      expect(await deliver({ Address: server.address }, `${MAIL}${end}`)).toEqual(DELIVERED);
      expect(fromUtf8(server.mails.at(-1)!)).toBe(`${MAIL}${end}\r\n`);
    }
  });

  it('that a server could take for an end and commands do not go by DATA', async () => {
    const server = await start({}, { protocol: 'smtp', offer: 'HELP' });
    for (const end of ['\n.\n', '\n.\r\n', '\r.\r', '\r.\r\n', '\n.a\r\n']) {
      const mail = `${MAIL}a${end}MAIL FROM:<eve@x.test>\r\n`;
      const { kind } = await deliver({ Address: server.address }, mail);
      expect(kind).toBe('no-retry');
    }
    expect(server.mails).toEqual([]);
    expect(server.commands).not.toContain('DATA');
  });
});

describe('other people’s servers, and ours', () => {
  const mail = `${MAIL}${LINES}${EIGHT}`;

  it('a server by SMTP', async () => {
    const sink = await openSink();
    const Address = `127.0.0.1:${sink.port}`;
    expect(await deliver({ Address, To: 'ops@x.test' }, mail)).toEqual(DELIVERED);
    expect(sink.mails).toEqual([{ from: '', to: ['ops@x.test'], text: mail }]);
    expect(sink.names).toEqual(['localhost']);
    expect(await deliver({ Address, To: 'nobody@x.test' })).toEqual(never('550 5.1.1 to RCPT'));
    sink.refusal = '5.6.0 no';
    expect(await deliver({ Address, To: 'ops@x.test' })).toEqual(never('554 5.6.0 to the mail'));
    await sink.close();
  });

  it('our bridge by LMTP', async () => {
    const { bridge, client } = await startSmtp({ protocol: 'lmtp', allowAnyPassword: true });
    const section = { Address: bridge.address, To: BOB, From: ALICE };
    expect(await deliver(section, mail, { protocol: 'lmtp' })).toEqual(DELIVERED);
    expect(client.sent).toMatchObject([{ account: ALICE, to: [BOB], mail: utf8(mail) }]);
    client.failures.send = { kind: 'store-full' };
    const refused = await deliver(section, mail, { protocol: 'lmtp' });
    expect(refused).toEqual(later('452 4.3.1 to the mail'));
    await bridge.close();
  });
});
