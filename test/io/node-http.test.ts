import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import type { Duplex, HttpAnswer, HttpOutcome, HttpRequest } from '../../src/io/contracts.js';
import { nodeHttp, nodeNetwork } from '../../src/io/node.js';
import { CERTIFICATE, CERTIFICATE_KEY } from '../support/certificate.js';

const network = nodeNetwork();
const http = nodeHttp();
const never = new AbortController().signal;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Rig {
  readonly address: string;
  readonly requests: HttpRequest[];
  readonly outcomes: Promise<HttpOutcome>[];
  readonly duplexes: Duplex[];
}

const MAX_BODY = 1000;

/** A server that answers everybody with what it was told. */
const listening = async (given: HttpAnswer = { status: 200, body: utf8('OK\n') }): Promise<Rig> => {
  const listener = (await network.listen('127.0.0.1:0'))._unsafeUnwrap();
  closers.push(() => listener.close());
  const rig: Rig = { address: listener.address, requests: [], outcomes: [], duplexes: [] };
  void (async () => {
    for await (const duplex of listener.connections) {
      rig.duplexes.push(duplex);
      closers.push(() => duplex.destroy());
      const respond = async (request: HttpRequest): Promise<HttpAnswer> => {
        rig.requests.push(request);
        return given;
      };
      rig.outcomes.push(http.answer(duplex, { maxBody: MAX_BODY, respond }));
    }
  })();
  return rig;
};

/** What comes back for some bytes; the connection is ended by the other side. */
const say = async (address: string, ...pieces: readonly string[]): Promise<string> => {
  const duplex = (await network.dial(address, never))._unsafeUnwrap();
  for (const piece of pieces) await duplex.write(utf8(piece));
  let heard = '';
  for (let bytes = await duplex.read(); bytes; bytes = await duplex.read())
    heard += fromUtf8(bytes);
  duplex.destroy();
  return heard;
};

const raw = async (answer: (server: Server) => void): Promise<string> => {
  const server = createTcpServer();
  answer(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const post = (url: string, signal = never) =>
  http.post(network, url, { a: '1 & 2', b: 'ü' }, signal);
const reasonOf = async (url: string, signal?: AbortSignal): Promise<string> =>
  (await post(url, signal))._unsafeUnwrapErr().reason;

describe('posting a form', () => {
  it('sends it URL-encoded, and says nothing of who asks', async () => {
    const rig = await listening();
    const got = await post(`http://${rig.address}/registration?x=1`);
    expect(got._unsafeUnwrap()).toMatchObject({ status: 200 });
    expect(
      rig.requests.map(({ body, ...request }) => ({ ...request, body: fromUtf8(body) })),
    ).toEqual([
      {
        method: 'POST',
        target: '/registration?x=1',
        contentType: 'application/x-www-form-urlencoded',
        body: 'a=1+%26+2&b=%C3%BC',
      },
    ]);
    expect(await Promise.all(rig.outcomes)).toEqual(['answered']);
  });

  it('tells every status, and follows no redirection', async () => {
    for (const status of [404, 500, 302]) {
      const rig = await listening({ status, body: new Uint8Array(0) });
      expect((await post(`http://${rig.address}/`))._unsafeUnwrap()).toMatchObject({ status });
    }
  });

  it('dials through the network that it is given', async () => {
    const rig = await listening();
    const dialled: string[] = [];
    const through = {
      ...network,
      dial: (address: string, signal: AbortSignal) => {
        dialled.push(address);
        return network.dial(rig.address, signal);
      },
    };
    await http.post(through, 'http://provider.example/registration', {}, never);
    await http.post(through, 'http://[2001:db8::1]:8080/', {}, never);
    expect(dialled).toEqual(['provider.example:80', '[2001:db8::1]:8080']);
  });

  it.each(['', 'provider:80', 'ftp://h/', 'http://', 'http://user:secret@h/', 'unix:/run/x'])(
    'refuses %j as an address',
    async (url) => expect(await reasonOf(url)).toBe('bad-url'),
  );

  it('says what went wrong', async () => {
    expect(await reasonOf('http://127.0.0.1:1/')).toBe('refused');
    const rude = await raw((server) => server.on('connection', (socket) => socket.destroy()));
    expect(await reasonOf(`http://${rude}/`)).toBe('ended');
    const babble = await raw((server) =>
      server.on('connection', (socket) => socket.end('no web here\r\n\r\n')),
    );
    expect(await reasonOf(`http://${babble}/`)).toBe('malformed');
    const endless = await raw((server) =>
      server.on('connection', (socket) => {
        socket.on('error', () => undefined);
        socket.write(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(1_000_000)}`);
      }),
    );
    expect(await reasonOf(`http://${endless}/`)).toBe('malformed');
    expect(await reasonOf(`https://${babble}/`)).toBe('tls');
  });

  it('ends when it is told to', async () => {
    const silent = await raw((server) => server.on('connection', () => undefined));
    const stop = new AbortController();
    const asked = reasonOf(`http://${silent}/`, stop.signal);
    setTimeout(() => stop.abort(), 20);
    expect(await asked).toBe('aborted');
    expect(await reasonOf(`http://${silent}/`, stop.signal)).toBe('aborted');
  });

  it('trusts a certificate only when it should', async () => {
    const server = createTlsServer({ key: CERTIFICATE_KEY, cert: CERTIFICATE }, (_, response) =>
      response.writeHead(200).end('OK\n'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const here = {
      ...network,
      dial: (_: string, signal: AbortSignal) => network.dial(`127.0.0.1:${port}`, signal),
    };
    const trusting = nodeHttp({ authorities: CERTIFICATE });
    const ask = (to: typeof http, host: string) => to.post(here, `https://${host}/`, {}, never);
    expect((await ask(trusting, `localhost:${port}`))._unsafeUnwrap()).toMatchObject({
      status: 200,
    });
    expect((await ask(trusting, '127.0.0.1'))._unsafeUnwrap()).toMatchObject({ status: 200 });
    expect((await ask(trusting, 'provider.example'))._unsafeUnwrapErr().reason).toBe('tls');
    expect((await ask(http, 'localhost'))._unsafeUnwrapErr().reason).toBe('tls');
  });
});

describe('answering one request', () => {
  const HEAD = 'POST /r HTTP/1.1\r\nHost: h\r\n';

  it('reads the body in whatever pieces it comes, once per connection', async () => {
    const rig = await listening();
    const twice = 'Content-Length: 5\r\n\r\nab';
    const heard = await say(rig.address, HEAD, twice, 'cde', `${HEAD}Content-Length: 0\r\n\r\n`);
    expect(heard).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(heard.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(heard).toMatch(/content-length: 3\r\n[^]*\r\n\r\nOK\n$/i);
    expect(rig.requests.map(({ body }) => fromUtf8(body))).toEqual(['abcde']);
    const chunked = 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    await say(rig.address, HEAD, chunked);
    expect(fromUtf8(rig.requests[1]!.body)).toBe('abc');
  });

  it('answers whatever comes behind the request', async () => {
    const rig = await listening();
    const heard = await say(rig.address, `${HEAD}Content-Length: 1\r\n\r\nxrubbish\r\n\r\n`);
    expect(heard).toContain(' 200 ');
    expect(await Promise.all(rig.outcomes)).toEqual(['answered']);
  });

  it('takes no more than it was told to', async () => {
    const rig = await listening();
    const most = `Content-Length: ${MAX_BODY}\r\n\r\n${'x'.repeat(MAX_BODY)}`;
    expect(await say(rig.address, HEAD, most)).toContain(' 200 ');
    const long = `Content-Length: 1000000000\r\n\r\n${'x'.repeat(MAX_BODY + 1)}`;
    expect(await say(rig.address, HEAD, long)).toContain(' 413 ');
    expect(rig.requests).toHaveLength(1);
    expect(await Promise.all(rig.outcomes)).toEqual(['answered', 'too-large']);
  });

  it.each([
    ['nonsense', 'hello\r\n\r\n'],
    ['another protocol', 'SSH-2.0-x\r\n'],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000'],
    ['a header without end', `${HEAD}A: ${'x'.repeat(100_000)}`],
    ['two lengths', `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`],
    [
      'a length and chunks',
      `${HEAD}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a bad chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
  ])('refuses %s', async (_, text) => {
    const rig = await listening();
    expect(await say(rig.address, text)).toMatch(/^HTTP\/1\.1 400 /);
    expect(rig.requests).toEqual([]);
    expect(await rig.outcomes[0]).toBe('malformed');
  });

  it('ends with its connection', async () => {
    const rig = await listening();
    const duplex = (await network.dial(rig.address, never))._unsafeUnwrap();
    await duplex.write(utf8(`${HEAD}Content-Length: 10\r\n\r\nabc`));
    duplex.destroy();
    await expect.poll(() => rig.outcomes.length).toBe(1);
    expect(await rig.outcomes[0]).toBe('ended');
    const held = (await network.dial(rig.address, never))._unsafeUnwrap();
    await held.write(utf8(`${HEAD}Content-Length: 10\r\n\r\nabc`));
    await expect.poll(() => rig.duplexes.length).toBe(2);
    rig.duplexes[1]!.destroy();
    expect(await rig.outcomes[1]).toBe('ended');
    held.destroy();
    expect(rig.requests).toEqual([]);
  });

  it('opens no tunnel', async () => {
    const rig = await listening();
    expect(await say(rig.address, 'CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n')).not.toContain(
      ' 200 ',
    );
    expect(rig.requests).toEqual([]);
  });
});
