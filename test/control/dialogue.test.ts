import fc from 'fast-check';
import { okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { DONE, FAILED, holdDialogue, type DialogueOptions } from '../../src/control/dialogue.js';
import { gives, rpcMethod, value } from '../../src/control/method.js';
import { TEXT } from '../../src/control/schema.js';
import type { Duplex } from '../../src/io/contracts.js';
import { duplexPair, manualClock } from '../../src/io/memory.js';
import { Peer, transcript } from '../bridges/peer.js';

const BANNER = '220 Test Management Interface Service ready';
const DONE_LINE = '250 Requested action ok, completed';
const UNKNOWN = '500 Syntax error, command unrecognised';
const BAD = '501 Syntax error in parameters or arguments';

const clock = manualClock();
const seen: (readonly string[])[] = [];
const options: DialogueOptions = {
  clock,
  greeting: 'Test',
  verbs: {
    ECHO: { words: [1, 2], run: (words) => ({ kind: 'data', text: words.join('|') }) },
    FAIL: { words: [0, 0], run: () => FAILED },
    LIST: { words: [0, 0], run: () => ({ kind: 'block', lines: ['a', '.b'] }) },
    LATER: {
      words: [0, 0],
      run: async () => {
        await Promise.resolve();
        seen.push([]);
        return DONE;
      },
    },
  },
  methods: {
    ping: rpcMethod({ summary: 'answers', params: {}, answer: gives(TEXT) }, () =>
      okAsync(value('pong')),
    ),
  },
};

const start = (
  more: Partial<DialogueOptions> = {},
  signal = new AbortController().signal,
): Duplex => {
  const [ours, theirs] = duplexPair();
  void holdDialogue({ ...options, ...more }, theirs, signal);
  return ours;
};
const replies = async (sent: string): Promise<string[]> =>
  (await transcript(start(), sent)).split('\r\n').slice(0, -1);

describe('the management dialogue', () => {
  it('numbers its replies', async () => {
    const sent =
      'echo a\r\nECHO a b\nFAIL\r\nLIST\r\nLATER\r\nBOGUS\r\n\r\nQUIT now\r\nECHO late\r\n';
    expect(await replies(sent)).toEqual([
      BANNER,
      '250 a',
      '250 a|b',
      '554 Transaction failed',
      'a',
      '..b',
      '.',
      DONE_LINE,
      UNKNOWN,
      UNKNOWN,
      DONE_LINE,
    ]);
  });

  it('wants exactly single spaces and the right number of words', async () => {
    const sent =
      'ECHO\r\nECHO  a\r\nECHO a  b\r\n \t ECHO a \t\r\nECHO a b c\r\nFAIL x\r\nECHO\ta\r\n';
    expect(await replies(sent)).toEqual([BANNER, BAD, BAD, BAD, '250 a', BAD, BAD, UNKNOWN]);
  });

  it('knows no verb that an object happens to have', async () => {
    expect(await replies('CONSTRUCTOR\r\n__PROTO__\r\ntoString\r\n')).toEqual([
      BANNER,
      UNKNOWN,
      UNKNOWN,
      UNKNOWN,
    ]);
  });

  it('answers nothing to SHUTDOWN, and ends as the program does', async () => {
    const stop = new AbortController();
    let asked = 0;
    const shutdown = (): void => {
      asked++;
    };
    const heard = transcript(
      start({ shutdown }, stop.signal),
      'ECHO a\r\nshutdown x\r\nECHO b\r\nQUIT\r\n',
    );
    expect(await heard).toBe(`${BANNER}\r\n250 a\r\n`);
    expect(asked).toBe(1);
    const waiting = new Peer(start({ shutdown }, stop.signal));
    await waiting.line();
    await waiting.say('SHUTDOWN');
    const line = waiting.line();
    stop.abort();
    expect(await line).toBeUndefined();
    expect(await replies('SHUTDOWN\r\n')).toEqual([BANNER, UNKNOWN]);
  });

  it('switches to JSON-RPC and stays there', async () => {
    const peer = new Peer(start());
    await peer.line();
    expect(await peer.ask('json')).toBe('250 JSON-RPC 2.0');
    expect(await peer.ask('{"jsonrpc":"2.0","id":1,"method":"ping"}')).toBe(
      '{"jsonrpc":"2.0","id":1,"result":"pong"}',
    );
    expect(await peer.ask('QUIT')).toMatch(/-32700/);
    peer.duplex.end();
    expect(await peer.line()).toBeUndefined();
  });

  it('survives any bytes, and ends after too many that are no commands', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
        expect(await transcript(start(), bytes)).toMatch(/^220 /);
      }),
    );
    const heard = await transcript(start(), `${'x'.repeat(5000)}\r\n${'?\r\n'.repeat(1000)}`);
    expect(heard.split(UNKNOWN)).toHaveLength(101);
  });
});
