import { describe, expect, it } from 'vitest';
import { isPrivate, loadTls } from '../../../apps/daemon/tls.js';
import { utf8 } from '../../../src/bytes/text.js';
import { memoryFiles } from '../../../src/io/memory.js';

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
