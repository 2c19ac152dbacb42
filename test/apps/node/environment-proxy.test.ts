import { describe, expect, it } from 'vitest';
import { directoryViaEnvironment } from '../../../apps/node/environment-proxy.js';
import { fromUtf8, toHex } from '../../../src/bytes/text.js';
import { manualClock, memoryNetwork } from '../../../src/io/memory.js';

const AUTHORITY = '192.0.2.1:30000';
const never = new AbortController().signal;

/** Where a dial of the authority ends under this environment, and what is heard first there. */
const reached = async (env: Readonly<Record<string, string>>, address = AUTHORITY) => {
  const clock = manualClock();
  const network = memoryNetwork({ clock });
  const places = ['192.0.2.9:3128', '192.0.2.9:1080', '192.0.2.9:80', AUTHORITY, '127.0.0.1:30000'];
  const heard: string[] = [];
  for (const place of places) {
    const listener = (await network.listen(place))._unsafeUnwrap();
    void (async () => {
      for await (const duplex of listener.connections) {
        heard.push(place);
        const bytes = (await duplex.read()) ?? new Uint8Array(0);
        heard.push(bytes[0] === 5 ? toHex(bytes) : (fromUtf8(bytes).split('\r\n')[0] ?? ''));
        duplex.destroy();
      }
    })();
  }
  const via = directoryViaEnvironment(env, clock)._unsafeUnwrap();
  const dialled = await via(network).dial(address, never);
  if (dialled.isOk()) dialled.value.end();
  await clock.settled();
  return heard;
};

const asked = `CONNECT ${AUTHORITY} HTTP/1.1`;

describe('the proxy of the environment', () => {
  it.each([
    [{}, [AUTHORITY, '']],
    [{ http_proxy: '' }, [AUTHORITY, '']],
    [{ http_proxy: 'http://192.0.2.9:3128/' }, ['192.0.2.9:3128', asked]],
    [{ http_proxy: '192.0.2.9:3128' }, ['192.0.2.9:3128', asked]],
    [{ http_proxy: 'http://192.0.2.9' }, ['192.0.2.9:80', asked]],
    [
      { HTTPS_PROXY: 'http://192.0.2.9:3128', http_proxy: 'http://192.0.2.8:1' },
      ['192.0.2.9:3128', asked],
    ],
    [{ HTTP_PROXY: 'http://192.0.2.9:3128' }, [AUTHORITY, '']],
    [{ ALL_PROXY: 'socks5://192.0.2.9:1080' }, ['192.0.2.9:1080', '050100']],
    [{ all_proxy: 'socks5h://u:p%20w@192.0.2.9' }, ['192.0.2.9:1080', '050102']],
    [{ http_proxy: '192.0.2.9:3128', no_proxy: 'x.test, 192.0.2.1' }, [AUTHORITY, '']],
    [{ http_proxy: '192.0.2.9:3128', NO_PROXY: '*' }, [AUTHORITY, '']],
    [{ http_proxy: '192.0.2.9:3128', no_proxy: '2.0.1,192.0.2' }, ['192.0.2.9:3128', asked]],
  ])('%o', async (env, expected) => {
    expect(await reached(env)).toEqual(expected);
  });

  it('is not for loopback', async () => {
    const env = { http_proxy: '192.0.2.9:3128' };
    expect(await reached(env, '127.0.0.1:30000')).toEqual(['127.0.0.1:30000', '']);
  });

  it('must be one that can be used', () => {
    const refused = [
      'https://192.0.2.9:1',
      'socks4://192.0.2.9',
      'http://',
      'http://%zz@h:1',
      '//',
    ];
    for (const text of refused) {
      const via = directoryViaEnvironment({ https_proxy: text }, manualClock());
      expect(via._unsafeUnwrapErr()).toEqual({ kind: 'bad-proxy', variable: 'https_proxy' });
    }
  });
});
