/** What the exits into a mail server make of what it says. */
import { afterEach, describe, expect, it } from 'vitest';
import { DELIVERED, later, never } from '../../../bridges/exit/contracts.js';
import { smtpExit, type ExitResult } from '../../../bridges/exit/index.js';
import { fromUtf8 } from '../../../src/bytes/text.js';
import type { Network } from '../../../src/io/contracts.js';
import { manualClock } from '../../../src/io/memory.js';
import { nodeNetwork } from '../../../src/io/node.js';
import { eventually } from '../eventually.js';
import { closeServers, deliver, MAIL, start } from './attempt.js';
import { SILENCE, type Script } from './scripted-server.js';

afterEach(closeServers);

describe('an envelope', () => {
  it('tells a server nothing but who gets it, and ends the connection', async () => {
    const { address: Address, commands, open } = await start();
    expect(await deliver({ Address })).toEqual(DELIVERED);
    expect(commands).toEqual([
      'EHLO localhost',
      `MAIL FROM:<> SIZE=${MAIL.length} BODY=8BITMIME`,
      'RCPT TO:<ops>',
      `BDAT ${MAIL.length} LAST`,
      'QUIT',
    ]);
    await eventually(open).toBe(0);
  });

  it('has a sender where one is given, and no parameter that is not offered', async () => {
    const EHLO = '250 x.test\r\n';
    const { address: Address, commands } = await start({ EHLO });
    expect(await deliver({ Address, From: 'me@x.test', To: 'a+b@x.test' })).toEqual(DELIVERED);
    expect(commands.slice(1, 4)).toEqual(['MAIL FROM:<me@x.test>', 'RCPT TO:<a+b@x.test>', 'DATA']);
  });

  it('begins with LHLO for LMTP, and with HELO where EHLO is not known', async () => {
    const [lmtp, old] = [
      await start({}, { protocol: 'lmtp' }),
      await start({ EHLO: '502 5.5.1 what?\r\n' }),
    ];
    expect(await deliver({ Address: lmtp.address }, MAIL, { protocol: 'lmtp' })).toEqual(DELIVERED);
    expect(lmtp.commands[0]).toBe('LHLO localhost');
    expect(await deliver({ Address: old.address })).toEqual(DELIVERED);
    expect(old.commands.slice(0, 3)).toEqual(['EHLO localhost', 'HELO localhost', 'MAIL FROM:<>']);
    expect([...lmtp.mails, ...old.mails].map(fromUtf8)).toEqual([MAIL, MAIL]);
  });
});

/** What a server says at each point, and what becomes of the mail. */
const ANSWERS: readonly (readonly [title: string, Script, ExitResult])[] = [
  [
    'several lines',
    { greeting: '220-a\r\n220-b\r\n220 c\r\n', end: '250-a\r\n250 b\r\n' },
    DELIVERED,
  ],
  ['a recipient that it forwards to', { RCPT: '251 2.1.5 elsewhere\r\n' }, DELIVERED],
  ['421 as greeting', { greeting: '421 4.3.2 full\r\n' }, later('421 4.3.2 to the greeting')],
  ['554 as greeting', { greeting: '554 no\r\n' }, never('554 to the greeting')],
  ['a refusal of EHLO and HELO', { EHLO: '550 a\r\n', HELO: '550 b\r\n' }, never('550 to HELO')],
  ['450 to MAIL', { MAIL: '450 4.7.1 wait\r\n' }, later('450 4.7.1 to MAIL')],
  ['530 to MAIL', { MAIL: '530 5.7.0 log in\r\n' }, never('530 5.7.0 to MAIL')],
  ['451 to RCPT', { RCPT: '451-4.2.0 a\r\n451 4.2.0 b\r\n' }, later('451 4.2.0 to RCPT')],
  ['550 to RCPT', { RCPT: '550 5.1.1 who?\r\n' }, never('550 5.1.1 to RCPT')],
  ['452 to the mail', { end: '452 4.2.2 full\r\n' }, later('452 4.2.2 to the mail')],
  ['552 to the mail', { end: '552-5.2.2 a\r\n552 5.2.2 b\r\n' }, never('552 5.2.2 to the mail')],
  ['a code without words', { end: '554\r\n' }, never('554 to the mail')],
  ['421 too early', { MAIL: '250 a\r\n421 4.3.2 bye\r\n' }, later('421 4.3.2 to RCPT')],
  ['a reply too many', { RCPT: '250 a\r\n250 b\r\n' }, later('a reply makes no sense')],
  ['300 where there is nothing to add', { end: '354 more\r\n' }, later('354 to the mail')],
  ['half an answer', { end: '250 2.0.0 ke' }, later('the connection ended')],
  ['half of several lines', { end: '250-a\r\n250' }, later('the connection ended')],
  ['no answer and an end', { end: '' }, later('the connection ended')],
  ['no greeting and an end', { greeting: '' }, later('the connection ended')],
  ['an end in the mail', { content: '' }, later('the connection ended')],
  ['421 in the mail', { content: '421 4.3.2 bye\r\n' }, later('421 4.3.2 to the mail')],
  ['what is no reply', { EHLO: 'HTTP/1.1 400 Bad Request\r\n' }, later('a reply makes no sense')],
  ['lines without end', { EHLO: '250-x\r\n'.repeat(20_000) }, later('a reply makes no sense')],
  ['too small a SIZE', { EHLO: '250-x\r\n250 SIZE 20\r\n' }, never('too large for the server')],
  [
    'a SIZE that is enough',
    { EHLO: `250-x\r\n250-size ${MAIL.length}\r\n250 HELP\r\n` },
    DELIVERED,
  ],
  ['a SIZE without a limit', { EHLO: '250-x\r\n250-SIZE\r\n250 SIZE 0\r\n' }, DELIVERED],
];

describe.each(['CHUNKING', 'HELP'])('a server with %s that says', (offer) => {
  it.each(ANSWERS)('%s', async (_, script, expected) => {
    const server = await start(script, { protocol: 'smtp', offer });
    expect(await deliver({ Address: server.address })).toEqual(expected);
    expect(server.mails.map(fromUtf8)).toEqual(expected.kind === 'ok' ? [MAIL] : []);
    await eventually(server.open).toBe(0);
  });
});

describe('a server that says to DATA', () => {
  it.each([
    ['554 5.5.1 no\r\n', never('554 5.5.1 to DATA')],
    ['451 wait\r\n', later('451 to DATA')],
    ['250 well\r\n', later('250 to DATA')],
    ['354 go\r\n250 2.0.0 kept\r\n', later('a reply makes no sense')],
  ])('%j', async (DATA, expected) => {
    const server = await start({ DATA }, { protocol: 'smtp', offer: 'HELP' });
    expect(await deliver({ Address: server.address })).toEqual(expected);
    expect(server.mails).toEqual([]);
  });
});

/** A network that tells of each connection that our side drops. */
const watched = (onDropped: (remote: string) => void): Network => {
  const network = nodeNetwork();
  return {
    ...network,
    dial: (address, signal) =>
      network.dial(address, signal).map((duplex) => ({
        ...duplex,
        destroy: () => {
          onDropped(duplex.remote);
          duplex.destroy();
        },
      })),
  };
};

describe('an attempt', () => {
  it.each(['greeting', 'RCPT', 'end'] as const)(
    'ends at once when it has to, in silence after: %s',
    async (cue) => {
      const server = await start({ [cue]: SILENCE });
      const over = new AbortController();
      const delivering = deliver({ Address: server.address }, MAIL, { signal: over.signal });
      await eventually(server.open).toBe(1);
      if (cue !== 'greeting') {
        const last = cue === 'RCPT' ? /^RCPT/ : /^BDAT/;
        await eventually(() => server.commands.at(-1)).toMatch(last);
      }
      over.abort();
      expect(await delivering).toEqual(later('aborted'));
      await eventually(server.open).toBe(0);
    },
  );

  it('ends when its time is over, and is what it was when only the goodbye takes longer', async () => {
    const clock = manualClock();
    const silent = await start({ end: SILENCE });
    const rude = await start({ QUIT: SILENCE });
    const section = { Address: silent.address, Timeout: 7 };
    const first = deliver(section, MAIL, { clock });
    await eventually(() => silent.commands.at(-1)).toMatch(/^BDAT/);
    await clock.advance(6999);
    expect(silent.open()).toBe(1);
    await clock.advance(1);
    expect(await first).toEqual(later('timeout'));
    const second = deliver({ ...section, Address: rude.address, Timeout: 1 }, MAIL, { clock });
    await eventually(() => rude.commands.at(-1)).toBe('QUIT');
    await clock.advance(1000);
    expect(await second).toEqual(DELIVERED);
    await eventually(silent.open).toBe(0);
  });

  it('leaves a server that does not, after two seconds', async () => {
    const clock = manualClock();
    const server = await start({ QUIT: SILENCE });
    const dropped: string[] = [];
    const delivering = deliver({ Address: server.address }, MAIL, {
      clock,
      network: watched((remote) => dropped.push(remote)),
    });
    await eventually(() => server.commands.at(-1)).toBe('QUIT');
    await clock.advance(1999);
    expect(dropped).toEqual([]);
    await clock.advance(1);
    expect(await delivering).toEqual(DELIVERED);
    expect(dropped).toEqual([server.address]);
  });

  it('is for later where nobody listens', async () => {
    const server = await start();
    await server.close();
    const expected = later('it cannot be reached: refused');
    expect(await deliver({ Address: server.address })).toEqual(expected);
    expect(await deliver({ Address: 'unix:/nowhere/lmtp' })).toEqual(expected);
  });
});

describe('a section', () => {
  const problem = (section: object): string =>
    smtpExit.section
      .safeParse({ Address: '127.0.0.1:25', To: 'ops', ...section })
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('; ') ?? '';

  it('has a server of this machine', () => {
    for (const Address of ['[::1]:24', '127.8.0.1:2525', 'unix:/run/dovecot/lmtp']) {
      expect(problem({ Address })).toBe('');
    }
    for (const Address of [
      ...['192.0.2.1:25', 'mail.example.org:25', '127.0.0.1.example.org:25', '[2001:db8::1]:25'],
      ...['127.0.0.1', '127.0.0.1:0', 'unix:lmtp', `unix:/${'x'.repeat(110)}`, 'fd:3', ''],
    ]) {
      expect(problem({ Address }), Address).toMatch(/^Address: must be a loopback address and a/);
    }
  });

  it('has one recipient, and a sender or none', () => {
    for (const To of ['ops', 'ops+a@x.test', 'ops@[127.0.0.1]']) expect(problem({ To })).toBe('');
    for (const To of ['', 'a b', 'a@x.test,b@x.test', '<a@x.test>', 'a\r\nDATA', 'ä@x.test']) {
      expect(problem({ To }), To).toMatch(/^To: must be one address/);
    }
    for (const From of ['<>', 'me@x.test']) expect(problem({ From })).toBe('');
    for (const From of ['', '<me@x.test>', 'a\nb'])
      expect(problem({ From })).toMatch(/^From: must/);
    expect(problem({ Timeout: 0 })).toMatch(/^Timeout/);
  });
});
