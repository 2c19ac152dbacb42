/** Fetching mail from another machine. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect as dialTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDaemonConfig } from '../../../apps/daemon/config.js';
import { nodeIo } from '../../../src/io/node.js';
import { Peer } from '../../bridges/peer.js';
import { CERTIFICATE, CERTIFICATE_KEY } from '../../support/certificate.js';
import { makeSite, type Site } from './setup.js';

let site: Site;
let proxy: string;
beforeEach(async () => {
  site = await makeSite();
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(site.directory, name));
  await writeFile(cert ?? '', CERTIFICATE);
  await writeFile(key ?? '', CERTIFICATE_KEY);
  proxy = `AllowRemote = true\nTLSCertFile = "${cert}"\nTLSKeyFile = "${key}"`;
});
afterEach(() => site.dispose());

const portOf = (address: string | undefined): number => Number(address?.split(':').at(-1));

describe('a POP3 listener that others than this machine reach', () => {
  it('speaks TLS and takes the password of the account', async () => {
    const daemon = await site.start(site.config(`POP3Address = "0.0.0.0:0"\n${proxy}`));
    const said = await new Promise<string>((resolve, reject) => {
      const socket = dialTls({ port: portOf(daemon.pop3), host: '127.0.0.1', ca: CERTIFICATE });
      let text = '';
      socket.on('data', (bytes: Uint8Array) => (text += new TextDecoder().decode(bytes)));
      socket.once('error', reject).once('close', () => resolve(text));
      const password = daemon.passwords.get('alice@p1.test') ?? '';
      socket.write(`USER alice@p1.test\r\nPASS wrong\r\nPASS ${password}\r\n`);
      socket.write(`USER alice@p1.test\r\nPASS ${password}\r\nSTAT\r\nQUIT\r\n`);
    });
    expect(said).toMatch(/-ERR \[AUTH\][^]*\+OK Logged in\r\n\+OK 0 0\r\n\+OK Goodbye\r\n$/);
  });

  it('hears no password in clear; one on loopback does, and offers no TLS', async () => {
    for (const [host, capability] of [
      ['0.0.0.0', 'STLS'],
      ['127.0.0.1', 'SASL PLAIN'],
    ]) {
      const daemon = await site.start(site.config(`POP3Address = "${host}:0"\n${proxy}`));
      const address = `127.0.0.1:${portOf(daemon.pop3)}`;
      const dialled = await nodeIo().network.dial(address, new AbortController().signal);
      const peer = new Peer(dialled._unsafeUnwrap());
      await peer.line();
      await peer.ask('CAPA');
      const able = (await peer.block()).filter((line) => /^(STLS|SASL PLAIN)$/.test(line));
      expect(able).toEqual([capability]);
      peer.duplex.destroy();
      await daemon.close();
    }
  });

  it('is refused without TLS, and where any password would do', () => {
    const problems = (lines: string): string[] =>
      readDaemonConfig(site.text(`POP3Address = "0.0.0.0:0"\n${lines}`), 'c.toml').match(
        () => [],
        (found) => found.map(({ key }) => key),
      );
    expect(problems('')).toEqual(['Proxy.POP3Address']);
    expect(problems('AllowRemote = true').length).toBeGreaterThan(0);
    expect(problems(`${proxy}\nAllowAnyPassword = true`)).toEqual(['Proxy.AllowAnyPassword']);
    expect(problems(proxy)).toEqual([]);
  });
});
