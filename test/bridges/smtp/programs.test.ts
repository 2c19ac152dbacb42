/** The SMTP bridge under other people's programs. */
import nodemailer from 'nodemailer';
import { beforeEach, describe, expect, it } from 'vitest';
import { program, python, run, type Finished } from '../programs.js';
import { ALICE, BOB, CAROL, PASSWORD, startSmtp, type Setup } from './setup.js';

let setup: Setup;
beforeEach(async () => {
  setup = await startSmtp();
  return () => setup.bridge.close();
});

const bytesOf = (index: number): string => {
  const mail = setup.client.sent[index]?.mail;
  return mail instanceof Uint8Array ? Buffer.from(mail).toString('latin1') : '';
};
const host = (): readonly [string, string] => {
  const [name = '', port = ''] = setup.bridge.address.split(':');
  return [name, port];
};

const SMTPLIB = `
import smtplib, sys
host, port, user, password, to = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
s = smtplib.SMTP(host, port, timeout=10)
s.ehlo()
assert s.esmtp_features['size'] == '33554432', s.esmtp_features
s.login(user, password)
mail = b'Subject: hi\\r\\n\\r\\n.dot\\r\\n..\\r\\n' + bytes(range(128, 256)) + b'\\r\\n'
assert s.sendmail(user, [to, to.upper()], mail, ['body=8bitmime']) == {}
try:
    s.sendmail('eve@p1.test', [to], b'x'); sys.exit('foreign sender')
except smtplib.SMTPSenderRefused as e:
    assert (e.smtp_code, e.smtp_error[:5]) == (550, b'5.7.1'), e
try:
    s.sendmail(user, ['zed@p2.test'], b'x'); sys.exit('unknown recipient')
except smtplib.SMTPRecipientsRefused as e:
    assert e.recipients['zed@p2.test'][1].startswith(b'5.1.1'), e
s.quit()
`;

describe('SMTP with other programs', () => {
  it.runIf(program('python3'))('suits smtplib', async () => {
    const done = await python(SMTPLIB, ...host(), ALICE, PASSWORD, BOB);
    expect(done).toEqual({ code: 0, stdout: '', stderr: '' });
    const high = Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('');
    expect(bytesOf(0)).toBe(`Subject: hi\r\n\r\n.dot\r\n..\r\n${high}\r\n`);
    expect(setup.client.sent).toHaveLength(1);
    expect(setup.client.sent[0]?.to).toEqual([BOB]);
  });

  const curl = program('curl');
  const put = (from: string, mail: string, ...to: readonly string[]): Promise<Finished> => {
    const recipients = to.flatMap((each) => ['--mail-rcpt', each]);
    const login = ['-sS', '--crlf', '-u', `${ALICE}:${PASSWORD}`];
    const url = `smtp://${setup.bridge.address}/localhost`;
    return run(curl ?? '', [...login, url, '--mail-from', from, ...recipients, '-T', '-'], mail);
  };

  it.runIf(curl)('suits curl', async () => {
    const mail = 'From: alice\nSubject: hi\n\n.\n.x\nend\n';
    expect(await put(ALICE, mail, BOB, BOB, CAROL)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(setup.client.sent[0]).toMatchObject({ account: ALICE, to: [BOB, CAROL] });
    expect(bytesOf(0)).toBe(mail.replaceAll('\n', '\r\n'));
    const foreign = await put('eve@p1.test', mail, BOB);
    expect(foreign.code).toBe(55);
    expect(foreign.stderr).toMatch(/550/);
    expect((await put(ALICE, mail, 'zed@p2.test')).code).toBe(55);
    setup.client.failures.send = { kind: 'store-full' };
    expect((await put(ALICE, mail, BOB)).code).not.toBe(0);
    expect(setup.client.sent).toHaveLength(1);
  });

  it('suits nodemailer, with a mail of a megabyte', async () => {
    const [name, port] = host();
    const transport = nodemailer.createTransport({
      host: name,
      port: Number(port),
      auth: { user: ALICE, pass: PASSWORD },
      ignoreTLS: true,
    });
    const text = `${'lorem ipsum '.repeat(6)}\n`.repeat(15_000);
    const info = await transport.sendMail({ from: ALICE, to: [BOB, CAROL], subject: 'big', text });
    expect(info.accepted).toEqual([BOB, CAROL]);
    expect(info.response).toMatch(/^250 2\.6\.0 /);
    expect(bytesOf(0)).toContain('Subject: big\r\n');
    expect(bytesOf(0).length).toBeGreaterThan(1_000_000);
    transport.close();
  });

  const swaks = program('swaks');
  it.runIf(swaks)('suits swaks', async () => {
    const login = ['--auth', 'PLAIN', '-au', ALICE, '-ap', PASSWORD];
    const to = ['--server', setup.bridge.address, '-f', ALICE, '-t', BOB];
    const done = await run(swaks ?? '', [...to, ...login]);
    expect(done.code, done.stdout).toBe(0);
    expect(setup.client.sent).toHaveLength(1);
  });

  const msmtp = program('msmtp');
  it.runIf(msmtp)('suits msmtp', async () => {
    const [name, port] = host();
    const server = ['-C', '/dev/null', `--host=${name}`, `--port=${port}`, '--tls=off'];
    const login = ['--auth=plain', `--user=${ALICE}`, `--passwordeval=echo ${PASSWORD}`];
    const done = await run(
      msmtp ?? '',
      [...server, ...login, '-f', ALICE, BOB],
      'Subject: hi\n\nx\n',
    );
    expect(done.code, done.stderr).toBe(0);
    expect(bytesOf(0)).toMatch(/Subject: hi\r\n/);
  });

  const mutt = program('mutt') ?? program('neomutt');
  it.runIf(mutt)('suits mutt', async () => {
    const user = `${encodeURIComponent(ALICE)}:${PASSWORD}`;
    const settings = `set smtp_url="smtp://${user}@${setup.bridge.address}" from=${ALICE} copy=no`;
    const more = 'smtp_authenticators=plain ssl_starttls=no ssl_force_tls=no';
    const done = await run(
      mutt ?? '',
      ['-F', '/dev/null', '-e', `${settings} ${more}`, '-s', 's', BOB],
      'b\n',
    );
    expect(done.code, done.stderr).toBe(0);
    expect(bytesOf(0)).toMatch(/Subject: s\r\n/);
  });
});
