import fc from 'fast-check';
import { err, errAsync, ok, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { callDaemon, followDaemon } from '../../src/control/call.js';
import { holdDialogue } from '../../src/control/dialogue.js';
import type { Json } from '../../src/control/json.js';
import {
  bytes,
  flag,
  gives,
  integer,
  optionalText,
  rpcMethod,
  streams,
  texts,
  value,
  type MethodAbout,
  type ParamTable,
  type RpcMethods,
} from '../../src/control/method.js';
import { FACTS, INTEGER } from '../../src/control/schema.js';
import { serve, type RunningBridge } from '../../src/control/serve.js';
import { memoryIo, type MemoryIo } from '../../src/io/memory.js';
import { Peer } from '../bridges/peer.js';

const PATH = '/run/control';
let finished = 0;

async function* counted(to: number, signal: AbortSignal): AsyncGenerator<Json, void> {
  try {
    for (let i = 0; i < to && !signal.aborted; i++) {
      await Promise.resolve();
      yield i;
    }
  } finally {
    finished++;
  }
}

const about = <P extends ParamTable>(params: P): MethodAbout<P> => ({
  summary: 'a method of this test',
  params,
  answer: gives(FACTS),
});

const methods: RpcMethods = {
  add: rpcMethod(about({ a: integer('one'), b: integer('two') }), ({ a, b }) => ok(value(a + b))),
  read: rpcMethod(
    about({
      text: optionalText('a text'),
      texts: texts('texts'),
      bytes: bytes('bytes'),
      flag: flag('a flag'),
    }),
    (read) => okAsync(value({ ...read, text: read.text ?? null, bytes: [...read.bytes] })),
  ),
  refuse: rpcMethod(about({}), () => errAsync({ kind: 'store-full', left: 0 })),
  count: rpcMethod(
    { ...about({ to: integer('how far') }), answer: streams(INTEGER) },
    ({ to }, signal) => ok({ kind: 'stream', items: counted(to, signal) }),
  ),
  broken: rpcMethod(about({}), () => ok({ kind: 'stream', items: failing() })),
  nothing: rpcMethod(about({}), () => err({ kind: 'no-such-thing' })),
};

async function* failing(): AsyncGenerator<Json, void> {
  yield 1;
  await Promise.reject(new Error('broken'));
}

const start = async (): Promise<{ io: MemoryIo; daemon: RunningBridge }> => {
  const io = memoryIo({ seed: 1 });
  const daemon = await serve({
    network: io.network,
    address: `unix:${PATH}`,
    clock: io.clock,
    log: io.log,
    module: 'test',
    maxSessions: 3,
    session: (duplex, signal) =>
      holdDialogue({ clock: io.clock, greeting: 'Test', verbs: {}, methods }, duplex, signal),
  });
  return { io, daemon: daemon._unsafeUnwrap() };
};

/** A connection that has switched to JSON. */
const connected = async ({ network }: MemoryIo): Promise<Peer> => {
  const dialled = await network.dial(`unix:${PATH}`, new AbortController().signal);
  const peer = new Peer(dialled._unsafeUnwrap());
  await peer.line();
  await peer.ask('JSON');
  return peer;
};

describe('JSON-RPC', () => {
  it('describes its methods', async () => {
    const { io } = await start();
    const peer = await connected(io);
    const answer = await peer.ask('{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}');
    const { result } = JSON.parse(answer ?? '') as { result: { methods: { name: string }[] } };
    expect(result.methods.map(({ name }) => name)).toEqual(Object.keys(methods).sort());
    expect(result.methods).toContainEqual({
      name: 'count',
      summary: 'a method of this test',
      paramStructure: 'by-name',
      params: [{ name: 'to', description: 'how far', required: true, schema: { type: 'integer' } }],
      result: {
        name: 'stream',
        schema: {
          type: 'object',
          properties: { stream: { type: 'integer' } },
          required: ['stream'],
          additionalProperties: false,
        },
      },
      'x-stream': { type: 'integer' },
    });
  });

  it('answers, refuses and explains', async () => {
    const { io } = await start();
    const peer = await connected(io);
    const cases: readonly (readonly [string, unknown])[] = [
      ['{"jsonrpc":"2.0","id":"x","method":"add","params":{"a":1,"b":2}}', { id: 'x', result: 3 }],
      [
        '{"jsonrpc":"2.0","id":2,"method":"add","params":{"a":1}}',
        { id: 2, error: { code: -32602, data: { param: 'b' } } },
      ],
      [
        '{"jsonrpc":"2.0","id":3,"method":"add","params":{"a":1,"b":2,"c":3}}',
        { error: { code: -32602, data: { param: 'c' } } },
      ],
      ['{"jsonrpc":"2.0","id":4,"method":"add","params":[1,2]}', { error: { code: -32602 } }],
      ['{"jsonrpc":"2.0","id":5,"method":"toString"}', { error: { code: -32601 } }],
      [
        '{"jsonrpc":"2.0","id":6,"method":"refuse"}',
        { error: { code: -32000, message: 'store-full', data: { kind: 'store-full', left: 0 } } },
      ],
      ['{"jsonrpc":"1.0","id":7,"method":"add"}', { id: null, error: { code: -32600 } }],
      ['[]', { id: null, error: { code: -32600 } }],
      ['nonsense', { id: null, error: { code: -32700 } }],
    ];
    for (const [request, reply] of cases) {
      expect(JSON.parse((await peer.ask(request)) ?? '')).toMatchObject(reply as object);
    }
    await peer.say('{"jsonrpc":"2.0","method":"add","params":{"a":1,"b":2}}');
    expect(await peer.ask('{"jsonrpc":"2.0","id":8,"method":"nothing"}')).toMatch(/"id":8/);
    peer.duplex.destroy();
  });

  it('checks the types of parameters', async () => {
    const { io } = await start();
    const call = (params: { readonly [name: string]: Json }): Promise<unknown> =>
      callDaemon({ network: io.network, path: PATH }, 'read', params).match<unknown>(
        (result) => result,
        (error) => ('data' in error ? error.data : error.kind),
      );
    const right = { text: 't', texts: ['a', 'b'], bytes: 'AQI=', flag: true };
    expect(await call(right)).toEqual({ ...right, bytes: [1, 2] });
    const least = { texts: ['a', 'b'], bytes: 'AQI=' };
    expect(await call(least)).toEqual({ ...least, bytes: [1, 2], text: null, flag: false });
    const wrong = [{ text: 1 }, { texts: 'a' }, { texts: [1] }, { bytes: '?' }, { flag: 'yes' }];
    for (const each of wrong) {
      expect(await call({ ...right, ...each })).toMatchObject({ param: Object.keys(each)[0] });
    }
  });

  it('survives any bytes', async () => {
    const { io } = await start();
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.uint8Array({ maxLength: 200 }), async (json, bytes) => {
        const peer = await connected(io);
        await peer.duplex.write(bytes.filter((byte) => byte !== 10));
        await peer.say(`\n${json}`);
        expect(await peer.line()).toMatch(/"error"/);
        expect(await peer.line()).toMatch(/"error"/);
        peer.duplex.destroy();
        await io.clock.advance(5000);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a stream', () => {
  it('comes item by item, beside other requests, and ends', async () => {
    const { io } = await start();
    const items: Json[] = [];
    const followed = await followDaemon({ network: io.network, path: PATH }, 'count', { to: 100 });
    for await (const item of followed._unsafeUnwrap()) items.push(item);
    expect(items).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const peer = await connected(io);
    expect(await peer.ask('{"jsonrpc":"2.0","id":1,"method":"count","params":{"to":1}}')).toBe(
      '{"jsonrpc":"2.0","id":1,"result":{"stream":1}}',
    );
    expect(await peer.line()).toBe(
      '{"jsonrpc":"2.0","method":"stream.item","params":{"stream":1,"item":0}}',
    );
    expect(await peer.line()).toBe('{"jsonrpc":"2.0","method":"stream.end","params":{"stream":1}}');
    expect(await peer.ask('{"jsonrpc":"2.0","id":2,"method":"broken"}')).toMatch(/"stream":2/);
    expect(await peer.line()).toMatch(/"item":1/);
    expect(await peer.line()).toMatch(/stream\.end/);
    peer.duplex.destroy();
  });

  it('is ended by its reader', async () => {
    const { io } = await start();
    finished = 0;
    const followed = await followDaemon({ network: io.network, path: PATH }, 'count', { to: 1e9 });
    for await (const item of followed._unsafeUnwrap()) if (item === 5) break;
    await io.clock.advance(5000);
    expect(finished).toBe(1);
  });
});

describe('a call', () => {
  it('says when there is no daemon, or another program', async () => {
    const { io, daemon } = await start();
    expect(await callDaemon({ network: io.network, path: PATH }, 'add', { a: 2, b: 3 })).toEqual(
      ok(5),
    );
    const refused = await callDaemon({ network: io.network, path: PATH }, 'refuse');
    expect(refused._unsafeUnwrapErr()).toMatchObject({ kind: 'refused', message: 'store-full' });
    await daemon.close();
    const nobody = await callDaemon({ network: io.network, path: PATH }, 'add');
    expect(nobody._unsafeUnwrapErr()).toMatchObject({ kind: 'dial', reason: 'refused' });
    const other = (await io.network.listen('unix:/other'))._unsafeUnwrap();
    void (async () => {
      for await (const duplex of other.connections) {
        await duplex.write(new TextEncoder().encode('220 ready\r\n500 unknown\r\n'));
      }
    })();
    expect(
      (await callDaemon({ network: io.network, path: '/other' }, 'add'))._unsafeUnwrapErr(),
    ).toEqual({
      kind: 'no-json-rpc',
    });
    await other.close();
  });
});

describe('a server', () => {
  it('turns away more than it has room for, and closes with sessions open', async () => {
    const { io, daemon } = await start();
    const peers = [await connected(io), await connected(io), await connected(io)];
    const fourth = await io.network.dial(`unix:${PATH}`, new AbortController().signal);
    expect(await new Peer(fourth._unsafeUnwrap()).line()).toBeUndefined();
    expect(
      (
        await serve({
          ...io,
          address: `unix:${PATH}`,
          module: 'x',
          maxSessions: 1,
          session: () => Promise.resolve(),
        })
      )._unsafeUnwrapErr(),
    ).toMatchObject({ reason: 'in-use' });
    const closed = daemon.close();
    await io.clock.advance(5000);
    await closed;
    for (const peer of peers) expect(await peer.line()).toBeUndefined();
    expect(io.network.counters().open).toBe(0);
  });

  it('outlives a session that throws', async () => {
    const io = memoryIo({ seed: 2 });
    let turn = 0;
    const served = await serve({
      ...io,
      address: 'unix:/x',
      module: 'test',
      maxSessions: 5,
      session: async (duplex) => {
        if (turn++ === 0) throw new TypeError('mistake');
        await duplex.write(new TextEncoder().encode('fine\n'));
      },
    });
    const never = new AbortController().signal;
    const dial = async (): Promise<Peer> =>
      new Peer((await io.network.dial('unix:/x', never))._unsafeUnwrap());
    expect(await (await dial()).line()).toBeUndefined();
    expect(await (await dial()).line()).toBe('fine');
    expect(io.log.lines.join()).toMatch(/a session failed.*TypeError/);
    await served._unsafeUnwrap().close();
  });
});
