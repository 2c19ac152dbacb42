import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes/writer.js';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/text.js';
import type { DialError } from '../../src/io/contracts.js';
import { manualClock, memoryNetwork } from '../../src/io/memory.js';
import { nodeClock, nodeNetwork } from '../../src/io/node.js';
import { socks5Network, type Socks5Options } from '../../src/io/socks5.js';
import { withDirectory } from '../support/directory.js';
import { startSocksProxy } from '../support/socks-proxy.js';
import { reasonOf, scriptedProxy } from './scripted-proxy.js';

const PROXY = '127.0.0.1:9050';
const never = new AbortController().signal;
const CREDENTIALS = { user: 'alice', password: 'secret' };

const rig = (options: Partial<Socks5Options> = {}) => {
  const clock = manualClock();
  const network = memoryNetwork({ clock });
  const proxied = socks5Network(network, { proxy: PROXY, clock, ...options });
  return { clock, network, proxied };
};

const OK = Uint8Array.of(5, 0, 0, 1, 10, 0, 0, 1, 0, 80);
const NO_LOGIN = Uint8Array.of(5, 0);

describe('a network behind SOCKS5', () => {
  it.each([
    ['192.0.2.7:443', '05010001c000020701bb'],
    ['[2001:db8::1]:80', '0501000420010db80000000000000000000000010050'],
    ['abc.onion:29483', `0501000309${toHex(utf8('abc.onion'))}732b`],
    ['127.1:80', `0501000305${toHex(utf8('127.1'))}0050`],
  ])('asks for %s as the RFC says, and resolves nothing itself', async (address, asked) => {
    const { network, proxied } = rig();
    const { heard } = await scriptedProxy(network, PROXY, [NO_LOGIN, OK]);
    const duplex = (await proxied.dial(address, never))._unsafeUnwrap();
    expect(heard.map(toHex)).toEqual(['050100', asked]);
    expect(duplex.remote).toBe(address);
    expect(network.counters()).toMatchObject({ dials: 1, failedDials: 0 });
  });

  it('logs in, and offers nothing else', async () => {
    const { network, proxied } = rig({ credentials: CREDENTIALS });
    const { heard } = await scriptedProxy(network, PROXY, [
      Uint8Array.of(5, 2),
      Uint8Array.of(1, 0),
      OK,
    ]);
    (await proxied.dial('a:1', never))._unsafeUnwrap();
    const login = `0105${toHex(utf8('alice'))}06${toHex(utf8('secret'))}`;
    expect(heard.slice(0, 2).map(toHex)).toEqual(['050102', login]);
  });

  it('goes on without credentials only where none are wanted', async () => {
    const { network, proxied } = rig({ credentials: CREDENTIALS });
    const { heard } = await scriptedProxy(network, PROXY, [NO_LOGIN, OK]);
    expect(await reasonOf(proxied.dial('a:1', never))).toBe('proxy');
    expect(heard.map(toHex)).toEqual(['050102']);
  });

  it('carries bytes both ways, also those that came with the consent', async () => {
    const { network, proxied } = rig();
    const { ends } = await scriptedProxy(network, PROXY, [NO_LOGIN, concat(OK, utf8('early '))]);
    const duplex = (await proxied.dial('a:1', never))._unsafeUnwrap();
    await ends[0]?.write(utf8('late'));
    expect(fromUtf8((await duplex.read()) ?? new Uint8Array())).toBe('early ');
    expect(fromUtf8((await duplex.read()) ?? new Uint8Array())).toBe('late');
    await duplex.write(utf8('back'));
    duplex.end();
    expect(fromUtf8((await ends[0]?.read()) ?? new Uint8Array())).toBe('back');
    expect(await ends[0]?.read()).toBeUndefined();
    duplex.destroy();
  });

  it.each([
    [[5, 0, 0, 1, 1, 2, 3, 4, 0, 80], undefined],
    [[5, 0, 0, 3, 1, 0x61, 0, 80], undefined],
    [[5, 0, 0, 4, ...new Uint8Array(16), 0, 80], undefined],
    [[5, 1, 0, 1, 0, 0, 0, 0, 0, 0], 'unreachable'],
    [[5, 2], 'refused'],
    [[5, 3], 'unreachable'],
    [[5, 4], 'unreachable'],
    [[5, 5], 'refused'],
    [[5, 6], 'timeout'],
    [[5, 7], 'proxy'],
    [[5, 8], 'proxy'],
    [[5, 0xf0], 'unreachable'],
    [[5, 0xff], 'proxy'],
    [[4, 0], 'proxy'],
    [[5, 0, 1, 1, 0, 0, 0, 0, 0, 0], 'proxy'],
    [[5, 0, 0, 9, 0, 0, 0, 0, 0, 0], 'proxy'],
  ])('understands the reply %j', async (reply, reason) => {
    const { network, proxied } = rig();
    await scriptedProxy(network, PROXY, [NO_LOGIN, Uint8Array.from(reply)]);
    expect(await reasonOf(proxied.dial('a:1', never))).toBe(reason);
    if (reason !== undefined) expect(network.counters().open).toBe(0);
  });

  it('takes a reply that comes byte by byte', async () => {
    const { network, proxied } = rig();
    const { ends } = await scriptedProxy(network, PROXY, [NO_LOGIN, new Uint8Array(0)]);
    const dialled = proxied.dial('a:1', never);
    for (let i = 0; i < 50 && ends.length === 0; i++) await Promise.resolve();
    void (async () => {
      for (const byte of concat(NO_LOGIN, OK)) await ends[0]?.write(Uint8Array.of(byte));
    })();
    expect((await dialled).isOk()).toBe(true);
  });

  it.each([
    ['at once', ['end']],
    ['after the greeting', [NO_LOGIN, 'end']],
    ['within a reply', [NO_LOGIN, OK.subarray(0, 5), 'end']],
  ] as const)('does not wait for a proxy that ends %s', async (_, answers) => {
    const { network, proxied } = rig();
    const { ends } = await scriptedProxy(network, PROXY, answers);
    const dialled = reasonOf(proxied.dial('a:1', never));
    for (let i = 0; i < 100; i++) await Promise.resolve();
    ends[0]?.end();
    expect(await dialled).toBe('proxy');
  });

  it('says when the proxy is not there', async () => {
    const { proxied } = rig();
    expect(await reasonOf(proxied.dial('a:1', never))).toBe('proxy');
  });

  it('gives up on a silent proxy, and leaves nothing behind', async () => {
    const { clock, network, proxied } = rig({ deadlineMs: 5000 });
    await network.listen(PROXY);
    let reason: DialError['reason'] | undefined;
    void reasonOf(proxied.dial('a:1', never)).then((found) => (reason = found));
    await clock.advance(4999);
    expect(reason).toBeUndefined();
    await clock.advance(1);
    expect(reason).toBe('timeout');
    expect(network.counters().open).toBe(0);
  });

  it('gives up when it is told to', async () => {
    const { clock, network, proxied } = rig();
    await network.listen(PROXY);
    const stop = new AbortController();
    const dialled = reasonOf(proxied.dial('a:1', stop.signal));
    await clock.settled();
    stop.abort();
    expect(await dialled).toBe('aborted');
    expect(network.counters().open).toBe(0);
  });

  it('outlives its deadline and its signal once it is there', async () => {
    const { clock, network, proxied } = rig({ deadlineMs: 5000 });
    await scriptedProxy(network, PROXY, [NO_LOGIN, OK]);
    const stop = new AbortController();
    (await proxied.dial('a:1', stop.signal))._unsafeUnwrap();
    await clock.advance(10_000);
    stop.abort();
    expect(network.counters().open).toBe(1);
  });

  it.each([
    'unix:/run/sock',
    'a:0',
    'nothing',
    `${'a'.repeat(256)}:1`,
    '[fe80::1%eth0]:1',
    '[::g]:1',
  ])('dials nobody for %s', async (address) => {
    const { network, proxied } = rig();
    expect(await reasonOf(proxied.dial(address, never))).toBe('bad-address');
    expect(network.counters().dials).toBe(0);
  });

  it('lets nobody listen behind it', async () => {
    const { proxied } = rig();
    expect((await proxied.listen('127.0.0.1:0'))._unsafeUnwrapErr().reason).toBe('denied');
  });

  it.each([
    { user: '', password: 'x' },
    { user: 'x', password: '' },
    { user: 'ü'.repeat(128), password: 'x' },
  ])('takes no credentials that cannot be sent', (credentials) => {
    expect(() => rig({ credentials })).toThrow(RangeError);
  });

  it('never lets garbage through, throws or hangs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 40 }),
        async (first, second) => {
          const { network, proxied, clock } = rig({ deadlineMs: 1000 });
          await scriptedProxy(network, PROXY, [first, second]);
          let ended = false;
          const dialled = reasonOf(proxied.dial('a:1', never)).finally(() => (ended = true));
          await clock.runUntil(() => ended, 2000);
          const isConsent = first[0] === 5 && first[1] === 0;
          if (!isConsent) expect(['proxy', 'timeout']).toContain(await dialled);
          else await dialled;
        },
      ),
    );
  });
});

describe('a network behind SOCKS5 on this machine', () => {
  it('reaches its target through a proxy on a Unix socket', async () => {
    await withDirectory(async (directory) => {
      const network = nodeNetwork();
      const path = join(directory, 'socks');
      const proxy = await startSocksProxy(network, `unix:${path}`);
      const target = (await network.listen('127.0.0.1:0'))._unsafeUnwrap();
      const proxied = socks5Network(network, {
        proxy: `unix:${path}`,
        clock: nodeClock(),
        credentials: CREDENTIALS,
      });
      const duplex = (await proxied.dial(target.address, never))._unsafeUnwrap();
      for await (const accepted of target.connections) {
        await accepted.write(utf8('hello'));
        expect(fromUtf8((await duplex.read()) ?? new Uint8Array())).toBe('hello');
        accepted.destroy();
        break;
      }
      expect(proxy.asked).toEqual([{ ...CREDENTIALS, target: target.address }]);
      duplex.destroy();
      await target.close();
      await proxy.close();
      await rm(path, { force: true });
    });
  });
});
