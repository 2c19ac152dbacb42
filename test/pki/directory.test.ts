import { afterEach, describe, expect, it } from 'vitest';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/text.js';
import { memoryIo, seededRandom } from '../../src/io/memory.js';
import {
  authoritySource,
  fetchDocument,
  postDescriptor,
  type DirectoryDeps,
} from '../../src/pki/directory.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import type { Command } from '../../src/wire/commands.js';
import type { LinkDeps, Peer } from '../../src/wire/contracts.js';
import { acceptLink } from '../../src/wire/link.js';
import { LINK_PROFILE_01 } from '../../src/wire/profile.js';
import { hex, repeated } from '../support/bytes.js';
import { referenceVectors } from '../support/vectors.js';
import { AUTHORITY_SEED, config, primitives } from './support.js';

const io = memoryIo({ seed: 'directory', latencyMs: 20 });
const link: LinkDeps = {
  profile: LINK_PROFILE_01,
  geometry: smallGeometry(200),
  primitives,
  clock: io.clock,
  random: seededRandom('link'),
};
const never = new AbortController().signal;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  io.network.heal();
  await io.clock.settled();
});

interface Visit {
  readonly peer: Peer;
  readonly command: Command;
}

/** An authority at `address` that answers every question with `answer`. */
const serve = async (
  address: string,
  answer: Command | undefined,
  seed: Uint8Array = AUTHORITY_SEED,
): Promise<readonly Visit[]> => {
  const visits: Visit[] = [];
  const listener = (await io.network.listen(address))._unsafeUnwrap();
  closers.push(() => listener.close());
  const identity = {
    ad: primitives.ed25519.publicKey(seed),
    secretKey: primitives.ed25519.toX25519Secret(seed),
  };
  const answerAll = async (): Promise<void> => {
    for await (const duplex of listener.connections) {
      const options = { identity, authenticate: () => true, deadlineMs: 30_000 };
      const session = await acceptLink(link, duplex, options);
      if (session.isErr()) continue;
      const command = await session.value.receive();
      if (command.isErr()) continue;
      visits.push({ peer: session.value.peer, command: command.value });
      if (answer !== undefined) (await session.value.send(answer))._unsafeUnwrap();
    }
  };
  void answerAll();
  return visits;
};

const depsFor = (...addresses: readonly string[]): DirectoryDeps => ({
  network: io.network,
  link,
  authority: { ...config.authority, addresses },
  clock: io.clock,
});

/** What a question comes to, with time passing as long as it needs. */
const settle = async <T>(question: PromiseLike<T>): Promise<T> => {
  let answer: { readonly value: T } | undefined;
  void question.then((value) => (answer = { value }));
  await io.clock.runUntil(() => answer !== undefined, 600_000);
  if (answer === undefined) throw new Error('no answer');
  return answer.value;
};

const fetchKind = async (deps: DirectoryDeps): Promise<string> =>
  (await settle(fetchDocument(deps, 7, never))).match(
    (bytes) => fromUtf8(bytes),
    ({ kind }) => kind,
  );

const consensus = (code: number, text = ''): Command => ({
  kind: 'consensus',
  code,
  document: utf8(text),
});

describe('fetching a document', () => {
  it('asks once, without a name and under a new key each time', async () => {
    const visits = await serve('a:1', consensus(0, 'the document'));
    expect(await fetchKind(depsFor('a:1'))).toBe('the document');
    expect(await fetchKind(depsFor('a:1'))).toBe('the document');
    expect(visits.map(({ command }) => command)).toEqual([
      { kind: 'get-consensus', epoch: 7 },
      { kind: 'get-consensus', epoch: 7 },
    ]);
    expect(visits.map(({ peer }) => peer.ad.length)).toEqual([0, 0]);
    expect(visits[0]?.peer.publicKey).not.toEqual(visits[1]?.peer.publicKey);
  });

  it.each([
    [1, 'not-found'],
    [2, 'gone'],
    [9, 'unexpected-answer'],
  ])('understands code %i', async (code, kind) => {
    await serve('a:1', consensus(code));
    expect(await fetchKind(depsFor('a:1'))).toBe(kind);
  });

  it('refuses another answer', async () => {
    await serve('a:1', { kind: 'no-op' });
    expect(await fetchKind(depsFor('a:1'))).toBe('unexpected-answer');
  });

  it('refuses another authority', async () => {
    const visits = await serve('a:1', consensus(0, 'forged'), repeated(4, 32));
    expect(await fetchKind(depsFor('a:1'))).toBe('not-authenticated');
    expect(visits).toEqual([]);
  });

  it('tries the next address where one is dead, but not where one has answered', async () => {
    await serve('b:1', consensus(0, 'from b'));
    expect(await fetchKind(depsFor('a:1', 'b:1'))).toBe('from b');
    await serve('a:1', consensus(2));
    expect(await fetchKind(depsFor('a:1', 'b:1'))).toBe('gone');
  });

  it('says so where there is nobody to ask', async () => {
    expect(await fetchKind(depsFor('a:1'))).toBe('dial');
    expect(await fetchKind(depsFor())).toBe('no-address');
    const authority = { addresses: ['a:1'], publicKey: repeated(0xff, 32) };
    expect(await fetchKind({ ...depsFor(), authority })).toBe('bad-authority-key');
  });

  it('does not wait for ever, neither for an answer nor for a handshake', async () => {
    await serve('a:1', undefined);
    await serve('b:1', consensus(0, 'from b'));
    expect(await fetchKind(depsFor('a:1'))).toBe('no-answer');
    io.network.stall('a');
    expect(await fetchKind(depsFor('a:1', 'b:1'))).toBe('from b');
  });

  it('stops when it is told to', async () => {
    await serve('a:1', undefined);
    const stop = new AbortController();
    const question = fetchDocument(depsFor('a:1'), 7, stop.signal);
    await io.clock.advance(1000);
    stop.abort();
    expect((await settle(question))._unsafeUnwrapErr()).toEqual({ kind: 'aborted' });
    await io.clock.advance(1000);
    expect(io.network.counters().open).toBe(0);
  });

  it('leaves no connection open', async () => {
    await serve('a:1', consensus(0, 'x'));
    await fetchKind(depsFor('a:1'));
    await io.clock.advance(1000);
    expect(io.network.counters().open).toBe(0);
  });

  it('is a source of documents', async () => {
    await serve('a:1', consensus(0, 'x'));
    const source = authoritySource(depsFor('a:1'));
    expect((await settle(source.fetch(7, never)))._unsafeUnwrap()).toEqual(utf8('x'));
  });
});

describe('posting a descriptor', () => {
  const seed = repeated(3, 32);
  const post = async (code: number): Promise<string> => {
    await serve('a:1', { kind: 'post-descriptor-status', code });
    const posted = await settle(
      postDescriptor(depsFor('a:1'), { seed, epoch: 8, raw: utf8('mine') }, never),
    );
    return posted.match(
      () => 'ok',
      ({ kind }) => kind,
    );
  };

  it.each([
    [0, 'ok'],
    [1, 'invalid'],
    [2, 'conflict'],
    [3, 'forbidden'],
    [4, 'unexpected-answer'],
  ])('understands code %i', async (code, kind) => {
    expect(await post(code)).toBe(kind);
  });

  it('is done under the identity key and its X25519 form', async () => {
    const visits = await serve('a:1', { kind: 'post-descriptor-status', code: 0 });
    const post = { seed, epoch: 8, raw: utf8('mine') };
    expect((await settle(postDescriptor(depsFor('a:1'), post, never))).isOk()).toBe(true);
    const identityKey = primitives.ed25519.publicKey(seed);
    expect(visits).toEqual([
      {
        peer: { ad: identityKey, publicKey: primitives.ed25519.toX25519Public(identityKey) },
        command: { kind: 'post-descriptor', epoch: 8, descriptor: utf8('mine') },
      },
    ]);
  });
});

describe('keys of the links to an authority', () => {
  const { vectors } = referenceVectors<{
    readonly vectors: readonly {
      readonly private_64: string;
      readonly public: string;
      readonly x25519_private: string;
      readonly x25519_public: string;
    }[];
  }>('eddsa_to_ecdh.json');

  it.each(vectors)('are those of the reference: $public', (vector) => {
    const seed = hex(vector.private_64).subarray(0, 32);
    const { ed25519, x25519 } = primitives;
    expect(toHex(ed25519.toX25519Public(ed25519.publicKey(seed)) ?? seed)).toBe(
      vector.x25519_public,
    );
    const secret = ed25519.toX25519Secret(seed);
    expect(toHex(secret)).toBe(vector.x25519_private);
    expect(toHex(x25519.publicKey(x25519.scalar(secret)))).toBe(vector.x25519_public);
  });
});
