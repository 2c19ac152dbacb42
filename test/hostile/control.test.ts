/** Lines of the management dialogue and of JSON-RPC from anybody who reached the socket. */
import fc from 'fast-check';
import { okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { makeCounts } from '../../src/control/counts.js';
import { holdDialogue } from '../../src/control/dialogue.js';
import { isObject, parseJson } from '../../src/control/json.js';
import { gives, rpcMethod, text, value } from '../../src/control/method.js';
import { readParams } from '../../src/control/params.js';
import { TEXT } from '../../src/control/schema.js';
import { duplexPair, memoryLog, manualClock } from '../../src/io/memory.js';
import { clientMethods } from '../../bridges/management/index.js';
import { recipientVerbs } from '../../bridges/management/verbs.js';
import { FakeClient } from '../../testkit/fake-client.js';
import { Peer, transcript } from '../bridges/peer.js';
import { MOST_GROWTH, usedBytes } from './memory.js';
import { cuts, flips, mutants } from './mutants.js';
import { describeParser } from './parser.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const KEY = new Uint8Array(32).fill(1);

const setting = () => {
  const client = new FakeClient({ accounts: [ALICE], recipients: { [BOB]: KEY } });
  const counts = makeCounts();
  const options = {
    clock: manualClock(),
    greeting: 'Test',
    verbs: recipientVerbs({ client, log: memoryLog() }),
    methods: {
      ...clientMethods(client),
      echo: rpcMethod(
        { summary: 'says it again', params: { text: text('what') }, answer: gives(TEXT) },
        ({ text: said }) => okAsync(value(said)),
      ),
    },
    count: counts.count,
  };
  const connect = () => {
    const [ours, theirs] = duplexPair();
    const held = holdDialogue(options, theirs, new AbortController().signal);
    return { ours, held };
  };
  return { client, counts, connect };
};

const request = '{"jsonrpc":"2.0","id":7,"method":"echo","params":{"text":"\\u00e9\\"[{"}}';

describeParser('a line of JSON', {
  read: (bytes) => parseJson(bytes).map((json) => [json]),
  valid: [utf8(request), utf8('[1,-2.5e3,null,true,"x"]')],
  likely: fc.json().map(utf8),
});

describeParser('the parameters of a request', {
  read: (bytes) =>
    parseJson(bytes)
      .map((json) => (isObject(json) ? json : null))
      .andThen((json) =>
        readParams(json, (params) => [
          params.text('t'),
          params.integer('n'),
          params.bytes('b'),
          params.flag('f'),
          params.texts('l'),
        ]),
      ),
  valid: [utf8('{"t":"x","n":7,"b":"AAEC","f":true,"l":["a","b"]}')],
  likely: fc.json().map(utf8),
});

describe('deep JSON', () => {
  it('is refused at once, and brackets in texts are no depth', () => {
    const started = performance.now();
    for (const opening of ['[', '{"a":', '[{"a":', '["\\"", [']) {
      const deep = utf8(opening.repeat(20_000_000 / opening.length));
      expect(parseJson(deep).isErr()).toBe(true);
    }
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(parseJson(utf8(JSON.stringify('[{"'.repeat(10_000)))).isOk()).toBe(true);
    expect(parseJson(utf8(`${'['.repeat(64)}${']'.repeat(64)}`)).isOk()).toBe(true);
    expect(parseJson(utf8(`${'['.repeat(65)}${']'.repeat(65)}`)).isErr()).toBe(true);
  });
});

describe('a management session', () => {
  const line = fc.oneof(
    fc.constantFrom(
      ...[`GET_RECIPIENT ${BOB}`, 'LIST_RECIPIENTS', 'SET_RECIPIENT a@b.c', 'REMOVE_RECIPIENT', ''],
      ...['SET_RECIPIENT __proto__@b.c x', 'QUERY_RECIPIENT  ', '__PROTO__', 'constructor', 'json'],
      ...[`QUERY_RECIPIENT ${ALICE} ${BOB}`, 'JSON x', 'x'.repeat(5000), '\u0000', request, '.'],
    ),
    fc.string({ unit: 'binary', maxLength: 100 }),
  );

  it('ends with its peer, whatever the lines are', async () => {
    const { connect } = setting();
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (lines) => {
        const { ours, held } = connect();
        const heard = await transcript(ours, lines.map((each) => `${each}\n`).join(''));
        await held;
        expect(heard).toMatch(/^220 /);
      }),
      { numRuns: 500 },
    );
  });

  it('counts what is no command, and ends after a hundred', async () => {
    const { connect, counts } = setting();
    const { ours, held } = connect();
    const heard = await transcript(ours, 'garbage\n'.repeat(1000));
    await held;
    expect(heard.match(/^500 /gm)).toHaveLength(100);
    expect(counts.snapshot()).toEqual({ garbage: 100 });
  });

  it('keeps nothing of 100,000 lines of garbage and of commands', async () => {
    const { connect } = setting();
    const lines = concat(
      ...Array.from({ length: 99 }, () =>
        concat(utf8(`LIST_RECIPIENTS\ngarbage `), KEY, utf8('\n')),
      ),
    );
    const run = async (rounds: number): Promise<void> => {
      for (let i = 0; i < rounds; i++) {
        const { ours, held } = connect();
        await transcript(ours, lines);
        await held;
      }
    };
    await run(20);
    const before = await usedBytes();
    await run(510);
    expect((await usedBytes()) - before).toBeLessThan(MOST_GROWTH);
  });
});

/** All answers to a line, which may want none. */
const answersTo = async (peer: Peer, line: Uint8Array): Promise<readonly string[]> => {
  await peer.duplex.write(concat(line, utf8('\n{"jsonrpc":"2.0","id":"end","method":"none"}\n')));
  const answers: string[] = [];
  for (;;) {
    const answer = (await peer.line()) ?? '"end"';
    if (answer.includes('"end"')) return answers;
    answers.push(answer);
  }
};

describe('a JSON-RPC session', () => {
  const switched = async () => {
    const made = setting();
    const { ours, held } = made.connect();
    const peer = new Peer(ours);
    await peer.line();
    expect(await peer.ask('JSON')).toBe('250 JSON-RPC 2.0');
    return { ...made, peer, held };
  };

  it('answers a spoilt request with an error or another result, at every byte', async () => {
    const { peer } = await switched();
    const valid = utf8(request);
    const good = await peer.ask(request);
    for (const { bytes, what } of [...flips(valid), ...cuts(valid)]) {
      if (bytes.includes(0x0a) || bytes.includes(0x0d)) continue;
      expect(await answersTo(peer, bytes), what).not.toContain(good);
    }
  });

  it('survives any lines', async () => {
    const { peer } = await switched();
    const methods = fc.constantFrom('echo', 'send', '__proto__', 'constructor', 'inbox.read', '');
    const anyRequest = fc.record({
      jsonrpc: fc.constant('2.0'),
      id: fc.oneof(fc.jsonValue(), fc.constant(1)),
      method: fc.oneof(methods, fc.jsonValue()),
      params: fc.jsonValue(),
    });
    await fc.assert(
      fc.asyncProperty(anyRequest, async (json) => {
        const said = JSON.stringify(json);
        await peer.say(said);
        const wantsAnswer = Object.hasOwn(JSON.parse(said) as object, 'id');
        if (wantsAnswer) expect(await peer.line()).toMatch(/"jsonrpc":"2.0"/);
      }),
      { numRuns: 1000 },
    );
    for (const { bytes } of mutants(utf8(request), 20)) {
      await answersTo(
        peer,
        bytes.filter((byte) => byte > 0x1f),
      );
    }
    expect(await peer.ask(request)).toMatch(/"id":7,"result"/);
  });

  it.each([
    ['an object', '{"a":1}'],
    ['a list', '[[[]]]'],
    ['a list of ten thousand', `[${'[],'.repeat(10_000)}1]`],
  ])('takes no id that is %s', async (_, id) => {
    const { peer, counts } = await switched();
    const answer = await peer.ask(`{"jsonrpc":"2.0","id":${id},"method":"echo"}`);
    expect(answer).toBe(
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}',
    );
    expect(counts.snapshot()).toEqual({ garbage: 1 });
  });

  it('takes a mail of thirty megabytes', async () => {
    const { peer, client } = await switched();
    const mail = new Uint8Array(30 * 1024 * 1024).fill(0x41);
    const params = { account: ALICE, to: [BOB], mail: Buffer.from(mail).toString('base64') };
    const answer = await peer.ask(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'send', params }),
    );
    expect(answer).toMatch(/"result"/);
    const sent = client.sent[0]?.mail;
    expect(sent instanceof Uint8Array && sent.length === mail.length).toBe(true);
  });

  it('keeps nothing of 100,000 requests', async () => {
    const { peer } = await switched();
    const lines = [
      request,
      '{',
      '[]',
      '{"jsonrpc":"2.0","id":1,"method":"none"}',
      '"\u0000\ud800"',
    ];
    const batch = utf8(
      lines
        .map((each) => `${each}\n`)
        .join('')
        .repeat(20),
    );
    const run = async (rounds: number): Promise<void> => {
      for (let i = 0; i < rounds; i++) {
        void peer.duplex.write(batch.slice());
        for (let answers = 0; answers < 100; answers++) await peer.line();
      }
    };
    await run(50);
    const before = await usedBytes();
    await run(1000);
    expect((await usedBytes()) - before).toBeLessThan(MOST_GROWTH);
  });
});
