import { errAsync, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { openMixClient } from '../../../src/client/mix-client.js';
import { registrationUrl } from '../../../src/client/link/register.js';
import type { MixClient, UpstreamProxy } from '../../../src/client/types.js';
import { toBase64, utf8 } from '../../../src/bytes/text.js';
import { isProof } from '../../../src/crypto/proof-of-work.js';
import { selectPrimitives } from '../../../src/crypto/select.js';
import type { Http, HttpAnswer, Network } from '../../../src/io/contracts.js';
import { memoryIo } from '../../../src/io/memory.js';
import { nodeClock } from '../../../src/io/node.js';
import { memoryStores } from '../../../src/store/memory.js';
import { FakeNetwork } from '../support/fake-network.js';

const URL = 'https://p1.test/registration';

interface Question {
  readonly url: string;
  readonly form: Readonly<Record<string, unknown>>;
}

/** What the form of a second question has besides that of the first. */
const textsOf = (question: Question | undefined) => ({
  challenge: String(question?.form['challenge']),
  proof: String(question?.form['proof']),
});

/** A client without connections in a world whose web answers so. */
const openOffline = async (
  status: number | undefined,
  proxy?: UpstreamProxy,
  answers: HttpAnswer[] = [],
): Promise<{ client: MixClient; asked: Question[]; dialled: string[] }> => {
  const world = memoryIo({ seed: 'register' });
  const asked: Question[] = [];
  const dialled: string[] = [];
  const http: Http = {
    post: (network, url, form, signal) => {
      asked.push({ url, form: { ...form } });
      void network.dial('p1.test:443', signal);
      return status === undefined
        ? errAsync({ kind: 'http', url, reason: 'refused' })
        : okAsync(answers.shift() ?? { status, body: new Uint8Array(0) });
    },
    ask: () => errAsync('ended'),
    answer: () => Promise.resolve('ended'),
  };
  const watched: Network = {
    dial: (address, signal) => {
      dialled.push(address);
      return world.network.dial(address, signal);
    },
    listen: (address) => world.network.listen(address),
  };
  // Work lets others go on between two rounds.
  const io = { ...world, clock: nodeClock(), network: watched, http };
  const net = new FakeNetwork({ io: world });
  const opened = await openMixClient(
    {
      dataDir: '/alice',
      networks: { test: net.config },
      accounts: [{ user: 'Alice', provider: 'p1.test', network: 'test' }],
      storageKey: new Uint8Array(32),
      offline: true,
      ...(proxy === undefined ? {} : { upstreamProxy: proxy }),
    },
    { io, openStore: memoryStores().open, primitives: selectPrimitives() },
  );
  return { client: opened._unsafeUnwrap(), asked, dialled };
};

describe('registering an account', () => {
  it('sends the name as it is on the wire, and both keys', async () => {
    const { client, asked, dialled } = await openOffline(200);
    expect((await client.accounts.register({ account: 'ALICE@p1.test', url: URL })).isOk()).toBe(
      true,
    );
    const keys = client.accounts.keys('alice@p1.test')._unsafeUnwrap();
    expect(asked).toEqual([
      {
        url: URL,
        form: {
          version: '0',
          command: 'register_link_and_identity_key',
          user: 'alice',
          link_key: toBase64(keys.linkKey),
          identity_key: toBase64(keys.identityKey),
        },
      },
    ]);
    expect(dialled).toEqual(['p1.test:443']);
    await client.close();
  });

  it('leaves by the proxy where there is one', async () => {
    const proxy = { kind: 'tor', address: '10.9.9.9:9050' } as const;
    const { client, dialled } = await openOffline(200, proxy);
    await client.accounts.register({ account: 'alice@p1.test', url: URL });
    expect(dialled).toEqual([proxy.address]);
    await client.close();
  });

  it.each([
    [500, { kind: 'registration-refused', url: URL, status: 500 }],
    [404, { kind: 'registration-refused', url: URL, status: 404 }],
    [302, { kind: 'registration-refused', url: URL, status: 302 }],
    [undefined, { kind: 'http', url: URL, reason: 'refused' }],
  ])('fails when the answer is %s', async (status, error) => {
    const { client } = await openOffline(status);
    const registered = await client.accounts.register({ account: 'alice@p1.test', url: URL });
    expect(registered._unsafeUnwrapErr()).toEqual(error);
    await client.close();
  });

  it('does the work that is asked for', async () => {
    const answers = [{ status: 428, body: utf8('proof-of-work 8 12.ab.cd\n') }];
    const { client, asked } = await openOffline(200, undefined, answers);
    (await client.accounts.register({ account: 'alice@p1.test', url: URL }))._unsafeUnwrap();
    expect(asked).toHaveLength(2);
    const { challenge, proof } = textsOf(asked[1]);
    const puzzle = { challenge, name: 'alice', bits: 8 };
    expect(challenge).toBe('12.ab.cd');
    expect(isProof(selectPrimitives().hash, puzzle, proof)).toBe(true);
    expect(asked[1]?.form).toEqual({ ...asked[0]?.form, challenge, proof });
    await client.close();
  });

  it.each([
    ['too much work', 'proof-of-work 29 a', 1],
    ['work that makes no sense', 'proof-of-work many a', 1],
    ['work without an end', 'proof-of-work 1 a', 4],
  ])('does not do %s', async (_, text, times) => {
    const answers = Array.from({ length: 9 }, () => ({ status: 428, body: utf8(text) }));
    const { client, asked } = await openOffline(200, undefined, answers);
    const registered = await client.accounts.register({ account: 'alice@p1.test', url: URL });
    expect(registered._unsafeUnwrapErr()).toMatchObject({ status: 428 });
    expect(asked).toHaveLength(times);
    await client.close();
  });

  it('knows its accounts only, and what its world has', async () => {
    const { client, asked } = await openOffline(200);
    const stranger = { account: 'eve@p1.test', url: URL };
    expect((await client.accounts.register(stranger))._unsafeUnwrapErr()).toEqual({
      kind: 'unknown-account',
      account: 'eve@p1.test',
    });
    expect(asked).toEqual([]);
    await client.close();
  });
});

describe('the address of a registration', () => {
  it.each([
    ['provider.example:8080', 'https://provider.example:8080/registration'],
    ['http://10.0.0.1:8080', 'http://10.0.0.1:8080/registration'],
    ['https://provider.example/', 'https://provider.example/registration'],
    ['https://provider.example/sub/registration', 'https://provider.example/sub/registration'],
    ['[2001:db8::1]:80', 'https://[2001:db8::1]:80/registration'],
  ])('%s is %s', (address, url) => expect(registrationUrl(address)).toBe(url));

  it('may be said to be without TLS', () => {
    expect(registrationUrl('h:1', { scheme: 'http' })).toBe('http://h:1/registration');
    expect(registrationUrl('https://h:1', { scheme: 'http' })).toBe('https://h:1/registration');
  });
});
