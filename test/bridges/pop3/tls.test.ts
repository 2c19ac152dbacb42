/** POP3 where passwords must not pass in clear. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as dialTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { servePop3 } from '../../../bridges/pop3/index.js';
import type { RunningBridge } from '../../../src/control/serve.js';
import type { Duplex } from '../../../src/io/contracts.js';
import { manualClock, memoryLog } from '../../../src/io/memory.js';
import { nodeClock, nodeNetwork, nodeTls } from '../../../src/io/node.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { CERTIFICATE, CERTIFICATE_KEY } from '../../support/certificate.js';
import { hearAll, Peer } from '../peer.js';
import { program, python, run } from '../programs.js';
import { BOB, PASSWORD } from './setup.js';

const MAIL = 'Subject: one\r\n\r\none\r\n';

let bridge: RunningBridge;
let folder: string;
const port = (): number => Number(bridge.address.split(':')[1]);

const connect = async (): Promise<Duplex> =>
  (await nodeNetwork().dial(bridge.address, new AbortController().signal))._unsafeUnwrap();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pop3-tls-'));
  await writeFile(join(folder, 'ca.pem'), CERTIFICATE);
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  const client = new FakeClient({ accounts: [BOB] });
  client.deliver(BOB, MAIL);
  const served = await servePop3({
    network: nodeNetwork(),
    address: '127.0.0.1:0',
    client,
    accounts: new Map([[BOB, PASSWORD]]),
    tls: nodeTls({ cert: CERTIFICATE, key: CERTIFICATE_KEY }),
    clock: nodeClock(),
    log: memoryLog({ clock: manualClock() }),
  });
  bridge = served._unsafeUnwrap();
  return () => bridge.close();
});

describe('POP3 with a certificate', () => {
  it('takes no password in clear, and says what to do', async () => {
    const peer = new Peer(await connect());
    await peer.line();
    expect(await peer.ask('CAPA')).toMatch(/^\+OK/);
    const before = await peer.block();
    expect(before).toContain('STLS');
    expect(before).not.toContain('USER');
    expect(before).not.toContain('SASL PLAIN');
    for (const line of [`USER ${BOB}`, `PASS ${PASSWORD}`, 'AUTH PLAIN', 'STLS now', 'STAT']) {
      expect(await peer.ask(line)).toMatch(/^-ERR/);
    }
    expect(await peer.ask('QUIT')).toMatch(/^\+OK/);
    peer.duplex.end();
  });

  it('begins with a greeting for who waits, and with TLS for who does not', async () => {
    const said = await new Promise<string>((resolve, reject) => {
      const socket: TLSSocket = dialTls({ port: port(), ca: CERTIFICATE, host: '127.0.0.1' });
      let text = '';
      socket.on('data', (bytes: Uint8Array) => (text += new TextDecoder().decode(bytes)));
      socket.once('error', reject).once('close', () => resolve(text));
      socket.write(`CAPA\r\nUSER ${BOB}\r\nPASS ${PASSWORD}\r\nRETR 1\r\nQUIT\r\n`);
    });
    expect(said).toMatch(/^\+OK POP3 server ready\r\n/);
    expect(said).toContain('SASL PLAIN');
    expect(said).not.toContain('STLS');
    expect(said).toContain(`\r\n${MAIL}.\r\n+OK Goodbye\r\n`);
  });

  it('ends with who speaks neither', async () => {
    const garbage = await connect();
    await garbage.write(new Uint8Array([22, 9, 9, 9, 9, 9, 9, 9, 9, 9]));
    await hearAll(garbage);
    const silent = new Peer(await connect());
    await silent.line();
    await silent.ask('STLS');
    await silent.say('NOOP');
    await hearAll(silent.duplex);
    const injecting = new Peer(await connect());
    await injecting.line();
    // In one packet: whatever stands behind STLS was never protected.
    await injecting.duplex.write(new TextEncoder().encode(`STLS\r\nUSER ${BOB}\r\n`));
    expect(await injecting.line()).toMatch(/^\+OK/);
    expect(await injecting.line()).toBeUndefined();
    expect(bridge.status().counters['no-tls']).toBe(3);
  });

  it('closes in the middle of a handshake', async () => {
    const socket = dial(port(), '127.0.0.1').on('error', () => undefined);
    socket.write(new Uint8Array([22, 3, 1, 2, 0, 1]));
    await nodeClock().sleep(50);
    await bridge.close();
    socket.destroy();
  });

  it.runIf(program('python3'))('suits poplib, both ways', async () => {
    const script = `
import poplib, ssl, sys
ca, port, user, password = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
context = ssl.create_default_context(cafile=ca)
p = poplib.POP3('localhost', port, timeout=5)
assert 'STLS' in p.capa() and 'USER' not in p.capa()
p.stls(context)
assert 'USER' in p.capa() and 'STLS' not in p.capa()
p.user(user); p.pass_(password); assert p.stat()[0] == 1; p.quit()
p = poplib.POP3_SSL('localhost', port, context=context, timeout=5)
p.user(user); p.pass_(password); assert p.retr(1)[1][-1] == b'one'; p.quit()
`;
    const done = await python(script, join(folder, 'ca.pem'), `${port()}`, BOB, PASSWORD);
    expect(done).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  const curl = program('curl');
  it.runIf(curl)('suits curl, both ways', async () => {
    const fetched = (url: string, ...more: readonly string[]): ReturnType<typeof run> =>
      run(curl ?? '', [
        '-sS',
        '--cacert',
        join(folder, 'ca.pem'),
        '-u',
        `${BOB}:${PASSWORD}`,
        url,
        ...more,
      ]);
    const want = { code: 0, stdout: MAIL, stderr: '' };
    expect(await fetched(`pop3s://localhost:${port()}/1`)).toEqual(want);
    expect(await fetched(`pop3://localhost:${port()}/1`, '--ssl-reqd')).toEqual(want);
    expect((await fetched(`pop3://localhost:${port()}/1`)).code).not.toBe(0);
  });
});
