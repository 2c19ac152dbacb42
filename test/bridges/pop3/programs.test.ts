/** The POP3 bridge under other people's programs. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { servePop3 } from '../../../bridges/pop3/index.js';
import type { RunningBridge } from '../../../src/control/serve.js';
import { manualClock, memoryLog } from '../../../src/io/memory.js';
import { nodeClock, nodeNetwork } from '../../../src/io/node.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { program, python, run } from '../programs.js';
import { BOB, PASSWORD } from './setup.js';

const MAILS = [
  'From: alice@p1.test\r\nTo: bob@p2.test\r\nSubject: one\r\n\r\n.dot\r\n..\r\nend\r\n',
  'From: alice@p1.test\r\nTo: bob@p2.test\r\nSubject: two\r\n\r\nsecond\r\n',
];

/** Runs a program at a terminal that stays open until the program ends. */
const TERMINAL = join(import.meta.dirname, '../../apps/checks/terminal.py');

let client: FakeClient;
let bridge: RunningBridge;
let folder: string;
const port = (): string => bridge.address.split(':')[1] ?? '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pop3-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  client = new FakeClient({ accounts: [BOB] });
  for (const mail of MAILS) client.deliver(BOB, mail);
  const served = await servePop3({
    network: nodeNetwork(),
    address: '127.0.0.1:0',
    client,
    accounts: new Map([[BOB, PASSWORD]]),
    clock: nodeClock(),
    log: memoryLog({ clock: manualClock() }),
  });
  bridge = served._unsafeUnwrap();
  return () => bridge.close();
});

const POPLIB = `
import poplib, sys
host, port, user, password, one, two = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
p = poplib.POP3(host, port, timeout=5)
assert b'ready' in p.getwelcome()
assert p.capa()['SASL'] == ['PLAIN'], p.capa()
p.utf8()
p.user(user); p.pass_(password)
assert p.capa()['IMPLEMENTATION'] == ['Postern']
count, octets = p.stat()
assert count == 2
assert [int(l.split()[1]) for l in p.list()[1]] == [int(p.list(n).split()[2]) for n in (1, 2)]
assert sum(int(l.split()[1]) for l in p.list()[1]) == octets
assert [l.split()[1].decode() for l in p.uidl()[1]] == [one, two]
assert p.uidl(2).split()[2].decode() == two
lines = p.retr(1)[1]
assert lines[-3:] == [b'.dot', b'..', b'end'], lines
assert sum(len(l) + 2 for l in lines) == int(p.list(1).split()[2])
assert p.top(2, 0)[1][-1] == b''
p.noop(); p.dele(1); p.rset(); p.dele(2)
q = poplib.POP3(host, port, timeout=5)
try:
    q.user(user); q.pass_(password); sys.exit('opened twice')
except poplib.error_proto as e:
    assert b'[IN-USE]' in e.args[0]
q.close()
assert p.stat()[0] == 1
p.quit()
r = poplib.POP3(host, port, timeout=5)
try:
    r.user(user); r.pass_('wrong'); sys.exit('wrong password')
except poplib.error_proto as e:
    assert b'[AUTH]' in e.args[0]
r.quit()
`;

describe('POP3 with other programs', () => {
  it.runIf(program('python3'))('suits poplib', async () => {
    const [one = '', two = ''] = client.kept;
    const done = await python(POPLIB, '127.0.0.1', port(), BOB, PASSWORD, one, two);
    expect(done).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(client.kept).toEqual([one]);
  });

  const curl = program('curl');
  const fetch = (path: string, ...more: readonly string[]): ReturnType<typeof run> =>
    run(curl ?? '', [
      '-sS',
      '-u',
      `${BOB}:${PASSWORD}`,
      `pop3://${bridge.address}/${path}`,
      ...more,
    ]);

  it.runIf(curl)('suits curl', async () => {
    const [one = '', two = ''] = client.kept;
    expect(await fetch('1')).toEqual({ code: 0, stdout: MAILS[0], stderr: '' });
    expect((await fetch('', '-X', 'UIDL')).stdout).toBe(`1 ${one}\r\n2 ${two}\r\n`);
    expect((await fetch('')).stdout).toBe(`1 ${MAILS[0]?.length}\r\n2 ${MAILS[1]?.length}\r\n`);
    expect((await fetch('1', '-X', 'DELE', '-l')).code).toBe(0);
    expect(client.kept).toEqual([two]);
    expect((await fetch('2')).code).not.toBe(0);
  });

  const fetchmail = program('fetchmail');
  it.runIf(fetchmail)('suits fetchmail', async () => {
    const rc = join(folder, 'fetchmailrc');
    const mbox = join(folder, 'fetched');
    const account = `user "${BOB}" password "${PASSWORD}" sslproto ""`;
    const poll = `poll 127.0.0.1 protocol pop3 port ${port()} ${account} mda "cat >> ${mbox}"\n`;
    await writeFile(rc, `set no syslog\n${poll}`, { mode: 0o600 });
    const done = await run(fetchmail ?? '', [
      '-f',
      rc,
      '-N',
      '-d0',
      '--pidfile',
      join(folder, 'pid'),
    ]);
    expect(done.code, done.stderr).toBe(0);
    expect(await readFile(mbox, 'utf8')).toMatch(/Subject: one[^]*Subject: two/);
    expect(client.kept).toEqual([]);
  });

  const mpop = program('mpop');
  it.runIf(mpop)('suits mpop', async () => {
    const mbox = join(folder, 'popped');
    const parameters = ['-C', '/dev/null', '--host=127.0.0.1', `--port=${port()}`, '--tls=off'];
    const login = ['--auth=user', `--user=${BOB}`, `--passwordeval=echo ${PASSWORD}`];
    const to = [`--uidls-file=${join(folder, 'uidls')}`, `--delivery=mbox,${mbox}`, '--keep=off'];
    const done = await run(mpop ?? '', [...parameters, ...login, ...to]);
    expect(done.code, done.stderr).toBe(0);
    expect(await readFile(mbox, 'utf8')).toMatch(/Subject: one[^]*Subject: two/);
    expect(client.kept).toEqual([]);
  });

  const mutt = program('mutt') ?? program('neomutt');
  it.runIf(mutt !== undefined && program('python3'))('suits mutt', async () => {
    const out = join(folder, 'muttbox');
    const rc = join(folder, 'muttrc');
    const settings =
      'set pop_authenticators="user" ssl_starttls=no ssl_force_tls=no mbox_type=mbox quit=yes copy=no';
    const keys = `push "<tag-pattern>~A<enter><tag-prefix><copy-message>${out}<enter><exit>y"`;
    await writeFile(rc, `${settings} delete=yes confirmappend=no confirmcreate=no\n${keys}\n`);
    const user = `${encodeURIComponent(BOB)}:${PASSWORD}`;
    const mailbox = `pop://${user}@127.0.0.1:${port()}/`;
    await run('python3', [TERMINAL, '20', '--', mutt ?? '', '-nF', rc, '-f', mailbox]);
    expect(await readFile(out, 'utf8')).toMatch(/Subject: one[^]*Subject: two/);
  });
});
