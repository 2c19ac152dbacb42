/** What a provider's users and everybody else can say to it. */
import fc from 'fast-check';
import { okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toBase64, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { manualClock, seededRandom } from '../../src/io/memory.js';
import { KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import { KATZENPOST_GEOMETRY } from '../../src/sphinx/geometry.js';
import { memoryStores } from '../../src/store/memory.js';
import { openClientSession } from '../../servers/provider/client-session.js';
import { userNameOf } from '../../servers/provider/names.js';
import { RateLimit } from '../../servers/provider/rate-limit.js';
import { encodeReply, keyService, queriedUser } from '../../servers/provider/services.js';
import { StoredSpool } from '../../servers/provider/spool.js';
import { StoredUsers } from '../../servers/provider/users.js';
import { providerVerbs } from '../../servers/provider/verbs.js';
import { pattern } from '../support/bytes.js';
import { askService } from '../support/services.js';
import { expectFlat } from './memory.js';
import { mutants } from './mutants.js';
import { describeParser } from './parser.js';

const KEY = pattern(32);
const users = {
  find: (name: string) => okAsync(name === 'bob' ? { linkKey: KEY, identityKey: KEY } : undefined),
};
const service = keyService(users);

interface KeyAnswer {
  readonly PublicKey: string;
  readonly StatusCode: number;
  readonly User: string;
  readonly Version: number;
}

const ask = async (request: Uint8Array): Promise<KeyAnswer> =>
  JSON.parse(fromUtf8(await askService(service, request))) as KeyAnswer;

const query = utf8('{"User":"bob","Version":0}');

describeParser('a query to the key server', {
  read: queriedUser,
  valid: [query, concat(query, new Uint8Array(100))],
  // Zeros behind a query are its padding, however many.
  cut: 'any',
  likely: fc.json().map(utf8),
});

describe('a query to the key server', () => {
  const LENGTH = KATZENPOST_GEOMETRY.userPayloadLength;

  it.each([
    ['a version that cannot be a number', '{"User":"bob","Version":{"toString":1,"valueOf":1}}'],
    [
      'a version in deep lists',
      `{"User":"bob","Version":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    ],
    ['a version of true', '{"User":"bob","Version":true}'],
    ['a user that is an object', '{"User":{"toString":1}}'],
    ['a user that is null', '{"User":null}'],
    ['a member more', '{"User":"bob","Version":0,"x":1}'],
    ['a prototype', '{"__proto__":{"User":"bob"},"User":"bob"}'],
    ['a list', '["bob"]'],
    ['nothing', ''],
    ['deep lists', '['.repeat(50_000)],
    ['deep objects', '{"User":'.repeat(6000)],
  ])('with %s is answered with a syntax error', async (_, text) => {
    expect((await ask(utf8(text))).StatusCode).toBe(1);
  });

  it('for names that mean something to the language finds nobody', async () => {
    for (const User of ['__proto__', 'constructor', 'toString', '\u0000', '\ud800', 'BOB']) {
      expect((await ask(utf8(JSON.stringify({ User })))).StatusCode).toBe(2);
    }
  });

  it('of zeros, or with zeros in it, is answered at once', async () => {
    const started = performance.now();
    for (const last of [0, 0x78]) {
      const zeros = new Uint8Array(LENGTH).fill(last, LENGTH - 1);
      expect((await ask(zeros)).StatusCode).toBe(1);
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('whose answer would be too long gets none', async () => {
    const User = '\u0001'.repeat(LENGTH - 20);
    const long = await askService(service, utf8(`{"User":"${'\\u0001'.repeat(8000)}"}`));
    expect(encodeReply(KATZENPOST_GEOMETRY, long)).toBeDefined();
    expect(encodeReply(KATZENPOST_GEOMETRY, utf8(JSON.stringify({ User })))).toBeUndefined();
  });
});

describeParser('a user name in a packet or on a link', {
  read: userNameOf,
  valid: [utf8('alice'), concat(utf8('a.b+c-d_9'), new Uint8Array(20))],
  // Zeros are padding.
  cut: 'any',
});

describe('a user name', () => {
  it.each([
    '',
    '\u0000alice',
    'ali\u0000ce',
    'a b',
    'a@b',
    '../x',
    'ä',
    '\u212a',
    'x'.repeat(65),
    '\ud800',
  ])('cannot be %j', (name) => {
    expect(userNameOf(utf8(name))).toBeUndefined();
  });
});

const openSpool = async (): Promise<StoredSpool> => {
  const store = (await memoryStores().open('/spool', new Uint8Array(32)))._unsafeUnwrap();
  const spool = new StoredSpool({
    store,
    random: seededRandom('spool'),
    limit: 100,
    isUser: () => true,
  });
  (await spool.load())._unsafeUnwrap();
  return spool;
};

const sessionOf = (spool: StoredSpool) => {
  const clock = manualClock();
  const documents = { raw: () => undefined, isGone: () => false };
  const rateLimit = new RateLimit(clock, () => 0);
  return openClientSession(
    { clock, spool, documents, rateLimit, epochTime: KATZENPOST_EPOCHS },
    'bob',
  );
};

describe('a client that retrieves with wild sequences', () => {
  it('loses nothing, whatever it asks first', async () => {
    for (const sequence of [2, 3, 7, 2 ** 31, 2 ** 32 - 1]) {
      const spool = await openSpool();
      await spool.append('bob', { kind: 'message', payload: pattern(10) });
      const answer = await sessionOf(spool).answer({ kind: 'retrieve-message', sequence });
      expect(answer).toEqual({ kind: 'close', reason: 'bad-sequence' });
      expect((await spool.waiting('bob'))._unsafeUnwrap()).toBe(1);
    }
  });

  it('loses only what it has been given, in any order of questions', async () => {
    const questions = fc.array(fc.nat(6), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(questions, async (sequences) => {
        const spool = await openSpool();
        for (const byte of [1, 2, 3]) {
          await spool.append('bob', { kind: 'message', payload: Uint8Array.of(byte) });
        }
        const session = sessionOf(spool);
        let given = 0;
        for (const sequence of sequences) {
          const answer = await session.answer({ kind: 'retrieve-message', sequence });
          if (answer.kind === 'close') break;
          if (answer.kind === 'reply' && answer.command.kind === 'message') {
            given = Math.max(given, answer.command.payload[0] ?? 0);
          }
          expect((await spool.waiting('bob'))._unsafeUnwrap()).toBeGreaterThanOrEqual(3 - given);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is cut off for a command that clients do not give', async () => {
    const session = sessionOf(await openSpool());
    const command = { kind: 'post-descriptor', epoch: 1, descriptor: KEY } as const;
    expect(await session.answer(command)).toEqual({ kind: 'close', reason: 'unexpected-command' });
  });

  it('asks for documents of wild epochs, and nothing grows', async () => {
    const session = sessionOf(await openSpool());
    const epochs = [0, 1, 2 ** 40, Number.MAX_SAFE_INTEGER];
    await expectFlat(epochs, async (epoch) => session.answer({ kind: 'get-consensus', epoch }));
  });
});

describe('the verbs of an operator', () => {
  it('survive any words', async () => {
    const store = (await memoryStores().open('/users', new Uint8Array(32)))._unsafeUnwrap();
    const database = new StoredUsers(store);
    const rateLimit = new RateLimit(manualClock(), () => 0);
    const verbs = providerVerbs({
      users: database,
      rateLimit,
      removeUser: (name) => database.remove(name),
    });
    const word = fc.constantFrom(
      ...['bob', '__proto__', 'constructor', '', '-1', '1e9', '9'.repeat(400), '\u0000', '\ud800'],
      ...[toBase64(KEY), 'ff'.repeat(32), '%', 'x'.repeat(1000)],
    );
    const verb = fc.constantFrom(...Object.keys(verbs));
    await fc.assert(
      fc.asyncProperty(verb, fc.array(word, { maxLength: 3 }), async (name, words) => {
        const reply = await verbs[name]?.run(words);
        expect(reply?.kind).toBeTypeOf('string');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a request of a service', () => {
  it('spoilt in any way is answered, 100,000 times, in flat memory', async () => {
    const inputs = [...mutants(query, 40)].map(({ bytes }) => bytes);
    await expectFlat(inputs, (bytes) => askService(service, bytes));
  });
});
