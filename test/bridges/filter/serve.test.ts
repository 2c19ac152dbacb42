/** The filter between real mail programs and a server that only tests have. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SMTPServerOptions } from 'smtp-server';
import { serveFilter, type FilterOptions } from '../../../bridges/filter/index.js';
import type { UpstreamOptions } from '../../../bridges/filter/upstream.js';
import type { RunningBridge } from '../../../src/control/serve.js';
import { seededRandom } from '../../../src/io/memory.js';
import { nodeIo } from '../../../src/io/node.js';
import { CERTIFICATE, CERTIFICATE_KEY } from '../../support/certificate.js';
import { program, run } from '../programs.js';
import { talkTo } from '../socket.js';
import { openSink, type Sink } from './sink.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';

let sink: Sink;
let filter: RunningBridge;
const open = async (changes: Partial<FilterOptions> = {}): Promise<RunningBridge> => {
  const { clock, log } = nodeIo();
  const opened = await serveFilter({
    address: '127.0.0.1:0',
    upstream: { host: '127.0.0.1', port: sink.port, tls: 'none' },
    policy: { mode: 'full', addresses: [ALICE] },
    random: seededRandom(1),
    ...{ clock, log },
    ...changes,
  });
  return opened._unsafeUnwrap();
};
beforeEach(async () => {
  sink = await openSink();
  filter = await open();
});
afterEach(async () => {
  await filter.close();
  await sink.close();
});

const begun = async (address = filter.address) => {
  const talk = await talkTo(address);
  expect(await talk.expect(/220 .*\r\n/)).toBe('220 localhost ESMTP\r\n');
  await talk.ask('EHLO leaky-host');
  return talk;
};
const MAIL = 'From: root@leaky-host\r\nX-Mailer: m\r\nSubject: AW: x\r\n\r\n.dot\r\nh\xc3\xa4\r\n';

describe('the filter', () => {
  it('hands a mail on sanitised, under its own name, once the upstream has it', async () => {
    const talk = await begun();
    expect(await talk.ask('MAIL FROM:<root@leaky-host>')).toMatch(/^250 /);
    expect(await talk.ask(`RCPT TO:<${BOB}>`)).toMatch(/^250 /);
    expect(await talk.ask('DATA')).toMatch(/^354 /);
    talk.socket.write(
      Buffer.from(`.${MAIL.replace('.dot', '..dot').slice(0)}.\r\n`.slice(1), 'latin1'),
    );
    expect(await talk.expect(/\d.*\r\n/)).toMatch(/^250 .*kept as 17/);
    const [mail] = sink.mails;
    expect(mail).toMatchObject({ from: ALICE, to: [BOB] });
    expect(mail!.text).toMatch(
      /^From: alice@p1\.test\r\nSubject: Re: x\r\nDate: .*:00 \+0000\r\nMessage-ID: <[0-9a-f]{32}@anonymous\.invalid>\r\nMIME-Version: 1\.0\r\nContent-Type: text\/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\.dot\r\nhä\r\n$/,
    );
    expect(sink.names).toEqual(['localhost']);
    expect(filter.status().counters).toEqual({ passed: 1 });
    expect(await talk.ask('MAIL FROM:<>')).toMatch(/^250 /);
    talk.socket.destroy();
  });

  it('passes on what the upstream refuses, for each recipient and each mail', async () => {
    const talk = await begun();
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    expect(await talk.ask('RCPT TO:<nobody@p2.test>')).toBe('550 5.1.1 who is nobody?\r\n');
    expect(await talk.ask(`RCPT TO:<${BOB}>`)).toMatch(/^250 /);
    sink.refusal = '5.7.1 not that one';
    await talk.ask('DATA');
    talk.say(`${MAIL}.`);
    expect(await talk.expect(/\d.*\r\n/)).toBe('554 5.7.1 not that one\r\n');
    expect(sink.mails).toEqual([]);
    talk.socket.destroy();
  });

  it('refuses what it would break, and keeps the session', async () => {
    const talk = await begun();
    for (let times = 0; times < 2; times++) {
      await talk.ask(`MAIL FROM:<${ALICE}>`);
      await talk.ask(`RCPT TO:<${BOB}>`);
      await talk.ask('DATA');
      talk.say('Content-Type: multipart/mixed\r\n\r\nx\r\n.');
      expect(await talk.expect(/\d.*\r\n/)).toMatch(/^554 5\.6\.0 The mail cannot be sanitised/);
    }
    expect(sink.mails).toEqual([]);
    talk.socket.destroy();
  });

  it('says so while the upstream is away, and goes on when it is back', async () => {
    const away = await open({ upstream: { host: '127.0.0.1', port: 1, tls: 'none' } });
    const talk = await begun(away.address);
    expect(await talk.ask(`MAIL FROM:<${ALICE}>`)).toMatch(/^451 4\.4\.1 /);
    expect(await talk.ask('NOOP')).toMatch(/^250 /);
    talk.socket.destroy();
    await away.close();
  });

  it('logs in upstream, and nobody has to here', async () => {
    const at = { host: '127.0.0.1', port: sink.port, tls: 'none' } as const;
    for (const [password, code] of [
      ['secret', '250'],
      ['wrong', '451'],
    ] as const) {
      const upstream = { ...at, credentials: { user: 'me', password } };
      const logged = await open({ upstream });
      const talk = await talkTo(logged.address);
      await talk.expect(/220 .*\r\n/);
      expect(await talk.ask('EHLO x')).not.toContain('AUTH');
      expect(await talk.ask(`MAIL FROM:<${ALICE}>`)).toMatch(new RegExp(`^${code} `));
      talk.socket.destroy();
      await logged.close();
    }
    expect(new Set(sink.log)).toEqual(new Set(['auth me']));
  });

  it('tells no password to a server without TLS that is to have it', async () => {
    const at = { host: '127.0.0.1', port: sink.port, tls: 'starttls' } as const;
    const logged = await open({ upstream: { ...at, credentials: { user: 'me', password: 'x' } } });
    const talk = await begun(logged.address);
    expect(await talk.ask(`MAIL FROM:<${ALICE}>`)).toMatch(/^454 4\.7\.0 /);
    expect(sink.log).toEqual([]);
    talk.socket.destroy();
    await logged.close();
  });

  describe.each(['starttls', 'implicit'] as const)('to a server with TLS, %s', (tls) => {
    const certificate = { key: CERTIFICATE_KEY, cert: CERTIFICATE };
    const credentials = { user: 'me', password: 'secret' };

    /** What MAIL is answered with, by way of a server with TLS. */
    const answerBy = async (upstream: Partial<UpstreamOptions>): Promise<string> => {
      const settings: SMTPServerOptions = {
        ...certificate,
        secure: tls === 'implicit',
        disabledCommands: tls === 'implicit' ? ['STARTTLS'] : [],
        authOptional: false,
        allowInsecureAuth: false,
      };
      const secure = await openSink(settings, upstream.host);
      const at = { host: '127.0.0.1', port: secure.port, tls, credentials };
      const filtering = await open({ upstream: { ...at, ...upstream } });
      const talk = await begun(filtering.address);
      const answer = await talk.ask(`MAIL FROM:<${ALICE}>`);
      expect(secure.log).toEqual(answer.startsWith('250') ? ['auth me'] : []);
      if (answer.startsWith('250')) {
        await talk.ask(`RCPT TO:<${BOB}>`);
        await talk.ask('DATA');
        talk.socket.write(`${MAIL}.\r\n`);
        expect(await talk.expect(/\d.*\r\n/)).toMatch(/^250 /);
        expect(secure.mails).toHaveLength(1);
      }
      talk.socket.destroy();
      await filtering.close();
      await secure.close();
      return answer;
    };

    it('logs in and hands on, where its certificate is the host’s', async () => {
      expect(await answerBy({ ca: CERTIFICATE })).toMatch(/^250 /);
      expect(await answerBy({ ca: CERTIFICATE, host: 'localhost' })).toMatch(/^250 /);
    });

    it('tells nothing where nobody vouches for it, or it is of another host', async () => {
      expect(await answerBy({})).toMatch(/^4\d\d /);
      const other = await answerBy({ ca: CERTIFICATE, host: '127.0.0.2' });
      expect(other).toMatch(/^4\d\d /);
    });
  });

  it('names a port that is in use', async () => {
    const { clock, log } = nodeIo();
    const second = await serveFilter({
      address: filter.address,
      upstream: { host: '127.0.0.1', port: 1, tls: 'none' },
      policy: { mode: 'full' },
      random: seededRandom(1),
      ...{ clock, log },
    });
    expect(second._unsafeUnwrapErr()).toMatchObject({ address: filter.address, reason: 'in-use' });
  });
});

describe('mail programs through the filter', () => {
  const port = (): string => filter.address.split(':')[1]!;
  const from = ['set', `from=${ALICE}`];
  const commands = {
    swaks: () => [...['--server', filter.address, '-f', ALICE, '-t', BOB, '--body', 'hi']],
    msmtp: () => [
      '-C',
      '/dev/null',
      '--host=127.0.0.1',
      `--port=${port()}`,
      '--tls=off',
      '-f',
      ALICE,
      BOB,
    ],
    mutt: () => [
      '-F',
      '/dev/null',
      '-e',
      `${from.join(' ')} copy=no ssl_starttls=no ssl_force_tls=no smtp_url=smtp://${filter.address}`,
      '-s',
      's',
      BOB,
    ],
    's-nail': () => [
      ...['-:/', '-Sv15-compat', `-Smta=smtp://${filter.address}`, '-Ssmtp-auth=none'],
      `-Sfrom=${ALICE}`,
      '-s',
      's',
      BOB,
    ],
  } as const;

  it.each(Object.entries(commands))('%s', async (name, parameters) => {
    const path = program(name);
    if (path === undefined) return;
    const input = name === 'msmtp' ? `From: ${ALICE}\nSubject: s\n\nhi\n` : 'hi\n';
    const { code, stderr } = await run(path, parameters(), name === 'swaks' ? '' : input);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(sink.mails).toHaveLength(1);
    expect(sink.mails[0]!.text).toMatch(/^From: .*alice@p1\.test>?\r\n/);
    expect(sink.mails[0]!.text).toMatch(/\r\n\r\nhi\r\n$/);
    expect(sink.mails[0]!.text).not.toMatch(/swaks|mutt|s-nail|user-agent|x-mailer/i);
  });
});
