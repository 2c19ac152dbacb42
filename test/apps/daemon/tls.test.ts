import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as dialTls, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { isPrivate, loadTls } from '../../../apps/daemon/tls.js';
import { utf8 } from '../../../src/bytes/text.js';
import { memoryFiles } from '../../../src/io/memory.js';
import { program } from '../../bridges/programs.js';
import { CERTIFICATE, CERTIFICATE_KEY } from '../../support/certificate.js';
import { makeSite } from './setup.js';

describe('a certificate', () => {
  it('is there with its key, or the file at fault is named', async () => {
    const files = memoryFiles();
    const tls = { certFile: '/c.pem', keyFile: '/k.pem' };
    expect((await loadTls(files, undefined))._unsafeUnwrap()).toBeUndefined();
    expect((await loadTls(files, tls))._unsafeUnwrapErr()).toEqual({
      kind: 'tls-file',
      key: 'Proxy.TLSCertFile',
      path: '/c.pem',
      problem: 'missing',
    });
    for (const path of ['/c.pem', '/k.pem']) (await files.write(path, utf8('x')))._unsafeUnwrap();
    expect((await loadTls(files, tls))._unsafeUnwrapErr()).toMatchObject({ problem: 'no-pair' });
  });

  it('is for what others reach', () => {
    for (const place of ['127.0.0.1:25', '[::1]:25', 'unix:/s'])
      expect(isPrivate(place)).toBe(true);
    for (const place of ['0.0.0.0:25', '[::]:25', '192.0.2.7:25', '']) {
      expect(isPrivate(place)).toBe(false);
    }
  });
});

const portOf = (address: string | undefined): number => Number(address?.split(':').at(-1));

const fingerprintOf = async (socket: TLSSocket): Promise<string> => {
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
};

/** Of the certificate that a POP3 listener shows. */
const shownByPop3 = (address: string | undefined): Promise<string> =>
  fingerprintOf(dialTls({ port: portOf(address), rejectUnauthorized: false }));

const said = async (socket: Socket, last: RegExp): Promise<void> => {
  for (let text = ''; !last.test(text);) text += String((await once(socket, 'data'))[0]);
};

/** Of the certificate that an SMTP listener shows behind STARTTLS. */
const shownBySmtp = async (address: string | undefined): Promise<string> => {
  const socket = createConnection(portOf(address), '127.0.0.1');
  await said(socket, /^220 .*\r\n/);
  socket.write('EHLO x\r\n');
  await said(socket, /^250 .*\r\n/m);
  socket.write('STARTTLS\r\n');
  await said(socket, /^220 .*\r\n/);
  return fingerprintOf(dialTls({ socket, rejectUnauthorized: false }));
};

const openssl = program('openssl');

describe('a certificate that is renewed', () => {
  it.runIf(openssl)('is shown from then on, and one that is none changes nothing', async () => {
    const site = await makeSite();
    const [certFile, keyFile] = ['c.pem', 'k.pem'].map((name) => join(site.directory, name));
    await writeFile(certFile ?? '', CERTIFICATE);
    await writeFile(keyFile ?? '', CERTIFICATE_KEY);
    const tls = `AllowRemote = true\nTLSCertFile = "${certFile}"\nTLSKeyFile = "${keyFile}"`;
    const listeners = 'SMTPAddress = "0.0.0.0:0"\nPOP3Address = "0.0.0.0:0"';
    const daemon = await site.start(site.config(`${listeners}\n${tls}`));
    const shown = () => Promise.all([shownBySmtp(daemon.smtp), shownByPop3(daemon.pop3)]);
    const first = new X509Certificate(CERTIFICATE).fingerprint256;
    expect(await shown()).toEqual([first, first]);

    await writeFile(certFile ?? '', 'rubbish');
    expect((await daemon.renewCertificate())._unsafeUnwrapErr()).toMatchObject({
      kind: 'tls-file',
      problem: 'no-pair',
    });
    expect(await shown()).toEqual([first, first]);

    const made = ['-keyout', keyFile ?? '', '-out', certFile ?? '', '-subj', '/CN=new', '-nodes'];
    execFileSync(openssl ?? '', ['req', '-x509', '-newkey', 'rsa:2048', ...made], {
      stdio: 'ignore',
    });
    (await daemon.renewCertificate())._unsafeUnwrap();
    const next = new X509Certificate(await readFile(certFile ?? '')).fingerprint256;
    expect(next).not.toBe(first);
    expect(await shown()).toEqual([next, next]);
    await site.dispose();
  });
});
