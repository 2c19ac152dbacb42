import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes/writer.js';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { httpConnectNetwork, type HttpConnectOptions } from '../../src/io/http-connect.js';
import { manualClock, memoryNetwork } from '../../src/io/memory.js';
import { reasonOf, scriptedProxy } from './scripted-proxy.js';

const PROXY = '127.0.0.1:3128';
const never = new AbortController().signal;

const rig = (options: Partial<HttpConnectOptions> = {}) => {
  const clock = manualClock();
  const network = memoryNetwork({ clock });
  const proxied = httpConnectNetwork(network, { proxy: PROXY, clock, ...options });
  return { clock, network, proxied };
};

const OK = utf8('HTTP/1.1 200 Connection established\r\n\r\n');

describe('a network behind an HTTP proxy', () => {
  it.each(['192.0.2.7:443', '[2001:db8::1]:80', 'authority.test:30000'])(
    'asks for %s, and resolves nothing itself',
    async (address) => {
      const { network, proxied } = rig();
      const { heard } = await scriptedProxy(network, PROXY, [OK]);
      const duplex = (await proxied.dial(address, never))._unsafeUnwrap();
      expect(heard.map(fromUtf8)).toEqual([
        `CONNECT ${address} HTTP/1.1\r\nHost: ${address}\r\n\r\n`,
      ]);
      expect(duplex.remote).toBe(address);
      expect(network.counters()).toMatchObject({ dials: 1, failedDials: 0 });
    },
  );

  it('logs in where it was told how', async () => {
    const { network, proxied } = rig({ credentials: { user: 'alice', password: 'a:b' } });
    const { heard } = await scriptedProxy(network, PROXY, [OK]);
    (await proxied.dial('a:1', never))._unsafeUnwrap();
    expect(heard.map(fromUtf8).join()).toContain(
      '\r\nProxy-Authorization: Basic YWxpY2U6YTpi\r\n\r\n',
    );
  });

  it('gives what comes behind the answer to whoever asked, in whatever pieces', async () => {
    const all = concat(utf8('HTTP/1.0 200 OK\r\nVia: x\r\n\r\n'), utf8('first words'));
    for (let cut = 1; cut < all.length; cut++) {
      const { network, proxied } = rig();
      const { ends } = await scriptedProxy(network, PROXY, [
        [all.slice(0, cut), all.slice(cut), 'end'],
      ]);
      const duplex = (await proxied.dial('a:1', never))._unsafeUnwrap();
      let heard = '';
      for (let piece = await duplex.read(); piece; piece = await duplex.read()) {
        heard += fromUtf8(piece);
      }
      expect(heard).toBe('first words');
      await duplex.write(utf8('hello'));
      expect(fromUtf8((await ends[0]?.read()) ?? new Uint8Array(0))).toBe('hello');
    }
  });

  it.each([
    ['HTTP/1.1 407 Proxy Authentication Required', 'proxy'],
    ['HTTP/1.1 403 Forbidden', 'proxy'],
    ['HTTP/1.1 502 Bad Gateway', 'unreachable'],
    ['HTTP/1.1 504 Gateway Timeout', 'timeout'],
    ['HTTP/2 200', 'proxy'],
    ['220 mail.test ESMTP', 'proxy'],
  ])('that says %s gives no connection: %s', async (line, reason) => {
    const { network, proxied } = rig();
    const { ends } = await scriptedProxy(network, PROXY, [utf8(`${line}\r\n\r\n`)]);
    expect(await reasonOf(proxied.dial('a:1', never))).toBe(reason);
    expect(await ends[0]?.read()).toBeUndefined();
  });

  it('that does not come to an end is left, by length or by time', async () => {
    const long = rig();
    await scriptedProxy(long.network, PROXY, [utf8(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}`)]);
    expect(await reasonOf(long.proxied.dial('a:1', never))).toBe('proxy');
    const silent = rig({ deadlineMs: 1000 });
    await scriptedProxy(silent.network, PROXY, []);
    const dialled = reasonOf(silent.proxied.dial('a:1', never));
    await silent.clock.advance(1001);
    expect(await dialled).toBe('timeout');
  });

  it('is never gone round', async () => {
    const { network, proxied } = rig();
    await network.listen('a:1');
    expect(await reasonOf(proxied.dial('a:1', never))).toBe('proxy');
    expect(await reasonOf(proxied.dial('unix:/x', never))).toBe('bad-address');
    expect((await proxied.listen('a:2')).isErr()).toBe(true);
  });

  it('never throws, whatever it answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const { network, proxied } = rig();
        await scriptedProxy(network, PROXY, [[bytes, 'end']]);
        expect(await reasonOf(proxied.dial('a:1', never))).toBe('proxy');
      }),
    );
  });
});
