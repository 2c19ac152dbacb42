/**
 * The management socket of a provider and of a mix, told as whole transcripts, byte for byte what
 * the reference's programs say and hear.
 */
import { describe, expect, it } from 'vitest';
import { toBase64, toHex, utf8 } from '../../../src/bytes/text.js';
import type { Duplex } from '../../../src/io/contracts.js';
import { memoryIo, type MemoryIo } from '../../../src/io/memory.js';
import { memoryStores } from '../../../src/store/memory.js';
import { startMix } from '../../../servers/mix/mix.js';
import { serveManagement } from '../../../servers/node/management.js';
import type { NodeOptions } from '../../../servers/node/options.js';
import { startProvider, type RunningProvider } from '../../../servers/provider/provider.js';
import { hearAll, Peer } from '../../bridges/peer.js';
import { repeated } from '../../support/bytes.js';
import { config, during } from '../mix/provider.js';

const PATH = 'unix:/p1/management_sock';
const [ONE, TWO] = [repeated(1, 32), repeated(2, 32)].map(toBase64) as [string, string];
const HEX = toHex(repeated(2, 32));
const DONE = 'S: 250 Requested action ok, completed';
const UNKNOWN = 'S: 500 Syntax error, command unrecognised';
const BAD = 'S: 501 Syntax error in parameters or arguments';
const FAILED = 'S: 554 Transaction failed';
const ALICE = [`C: ADD_USER alice ${ONE}`, DONE];

const optionsOf = (io: MemoryIo, identifier: string): NodeOptions => ({
  ...{ io, identifier, dataDir: `/${identifier}`, network: config },
  addresses: ['10.0.0.1:7000'],
  openStore: memoryStores().open,
  storageKey: new Uint8Array(32),
});

interface Desk {
  readonly io: MemoryIo;
  readonly provider: RunningProvider;
  readonly connect: () => Promise<Duplex>;
  readonly shutdowns: () => number;
  readonly counters: () => Readonly<Record<string, number>>;
  readonly close: () => Promise<void>;
}

/** A whole provider with its socket; where `isMix`, the socket of a mix. */
const open = async (isMix = false): Promise<Desk> => {
  const io = memoryIo({ seed: 'transcripts' });
  const provider = (await startProvider(optionsOf(io, 'p1.test')))._unsafeUnwrap();
  const mix = isMix
    ? (await startMix({ ...optionsOf(io, 'mix1'), addresses: ['10.0.0.2:7000'] }))._unsafeUnwrap()
    : undefined;
  let shutdowns = 0;
  const bridge = (
    await serveManagement({
      ...{ io, address: PATH, identifier: isMix ? 'mix1' : 'p1.test' },
      verbs: isMix ? {} : provider.verbs,
      status: () => ({ role: isMix ? 'mix' : 'provider' }),
      shutdown: () => {
        shutdowns++;
      },
    })
  )._unsafeUnwrap();
  return {
    io,
    provider,
    shutdowns: () => shutdowns,
    counters: () => bridge.status().counters,
    connect: async () => {
      const dialled = io.network.dial(PATH, new AbortController().signal);
      return (await during(io, dialled))._unsafeUnwrap();
    },
    close: async () => {
      for (const part of [bridge, mix, provider]) if (part) await during(io, part.close());
    },
  };
};

/** How a script's lines may come; the answers must be the same. */
type Manner = (duplex: Duplex, lines: readonly string[]) => Promise<unknown>;

const atOnce: Manner = (duplex, lines) =>
  duplex.write(utf8(lines.map((line) => `${line}\r\n`).join('')));

const MANNERS: Readonly<Record<string, Manner>> = {
  'in one piece': atOnce,
  'with LF only': (duplex, lines) => duplex.write(utf8(lines.map((line) => `${line}\n`).join(''))),
  'byte by byte': async (duplex, lines) => {
    for (const byte of utf8(lines.map((line) => `${line}\r\n`).join(''))) {
      await duplex.write(Uint8Array.of(byte));
    }
  },
};

const saidBy = (who: 'C' | 'S', script: readonly string[]): readonly string[] =>
  script.filter((line) => line.startsWith(`${who}: `)).map((line) => line.slice(3));

/** What a provider says to a script, and what it should. */
const play = async (desk: Desk, script: readonly string[], manner: Manner): Promise<string> => {
  const duplex = await desk.connect();
  const hearing = hearAll(duplex);
  await during(desk.io, manner(duplex, saidBy('C', script)));
  duplex.end();
  return during(desk.io, hearing);
};

const bannerOf = (identifier: string): string =>
  `S: 220 ${identifier} Katzenpost Management Interface Service ready`;
const bytesOf = (script: readonly string[]): string =>
  saidBy('S', script)
    .map((line) => `${line}\r\n`)
    .join('');

const TRANSCRIPTS: Readonly<Record<string, readonly string[]>> = {
  ADD_USER: [
    ...ALICE,
    ...[`C: ADD_USER alice ${ONE}`, FAILED, `C: ADD_USER ALICE ${TWO}`, FAILED],
    ...[`C: add_user Bob ${HEX}`, DONE, 'C: USER_LINK bob', `S: 250 ${TWO}`],
    ...['C: ADD_USER', BAD, 'C: ADD_USER carol', BAD, `C: ADD_USER carol ${ONE} x`, BAD],
    ...['C: ADD_USER carol short', BAD, `C: ADD_USER a/b ${ONE}`, BAD],
    ...[`C: ADD_USER  carol ${ONE}`, BAD, `C: ADD_USER carol  ${ONE}`, BAD],
    ...[`C: ADD_USER ${'c'.repeat(65)} ${ONE}`, BAD, `C: ADD_USER ${'c'.repeat(64)} ${ONE}`, DONE],
    ...[`C:  \t ADD_USER carol ${ONE} \t`, DONE],
  ],
  UPDATE_USER: [
    ...ALICE,
    ...[`C: UPDATE_USER alice ${TWO}`, DONE, 'C: USER_LINK alice', `S: 250 ${TWO}`],
    ...[`C: UPDATE_USER bob ${TWO}`, FAILED, 'C: UPDATE_USER alice', BAD],
    ...['C: UPDATE_USER alice short', BAD, 'C: USER_LINK alice', `S: 250 ${TWO}`],
  ],
  REMOVE_USER: [
    ...ALICE,
    ...['C: REMOVE_USER', BAD, 'C: REMOVE_USER alice x', BAD, 'C: REMOVE_USER a/b', BAD],
    ...['C: REMOVE_USER bob', FAILED, 'C: REMOVE_USER Alice', DONE],
    ...['C: REMOVE_USER alice', FAILED, 'C: USER_LINK alice', FAILED],
  ],
  'REMOVE_USER, which takes the identity along': [
    ...ALICE,
    ...[`C: SET_USER_IDENTITY alice ${TWO}`, DONE, 'C: REMOVE_USER alice', DONE],
    ...[...ALICE, 'C: USER_IDENTITY alice', FAILED],
  ],
  SET_USER_IDENTITY: [
    ...ALICE,
    ...[`C: SET_USER_IDENTITY alice ${HEX}`, DONE, 'C: USER_IDENTITY alice', `S: 250 ${TWO}`],
    ...['C: SET_USER_IDENTITY alice short', BAD, 'C: SET_USER_IDENTITY', BAD],
    ...[`C: SET_USER_IDENTITY alice ${ONE} x`, BAD, `C: SET_USER_IDENTITY bob ${ONE}`, FAILED],
    ...['C: SET_USER_IDENTITY bob', FAILED, 'C: USER_IDENTITY alice', `S: 250 ${TWO}`],
    ...['C: SET_USER_IDENTITY alice', DONE, 'C: USER_IDENTITY alice', FAILED],
  ],
  REMOVE_USER_IDENTITY: [
    ...ALICE,
    ...['C: REMOVE_USER_IDENTITY alice', DONE, `C: SET_USER_IDENTITY alice ${TWO}`, DONE],
    ...['C: REMOVE_USER_IDENTITY alice', DONE, 'C: USER_IDENTITY alice', FAILED],
    ...['C: REMOVE_USER_IDENTITY bob', FAILED, 'C: REMOVE_USER_IDENTITY', BAD],
    ...[`C: REMOVE_USER_IDENTITY alice ${TWO}`, BAD],
  ],
  USER_IDENTITY: [
    ...ALICE,
    ...['C: USER_IDENTITY alice', FAILED, 'C: USER_IDENTITY bob', FAILED, 'C: USER_IDENTITY', BAD],
    ...['C: USER_IDENTITY alice x', BAD, 'C: USER_IDENTITY a/b', BAD],
  ],
  USER_LINK: [
    ...ALICE,
    ...['C: user_link ALICE', `S: 250 ${ONE}`, 'C: USER_LINK bob', FAILED, 'C: USER_LINK', BAD],
    ...['C: USER_LINK alice x', BAD, 'C: USER_LINK a/b', BAD],
  ],
  SEND_RATE: [
    ...[
      'C: SEND_RATE 600',
      'S: 250 600',
      'C: SEND_RATE 007',
      'S: 250 7',
      'C: SEND_RATE 0',
      'S: 250 0',
    ],
    ...['C: SEND_RATE 18446744073709551615', 'S: 250 18446744073709551615'],
    ...['C: SEND_RATE 18446744073709551616', BAD, 'C: SEND_RATE -1', BAD, 'C: SEND_RATE +1', BAD],
    ...[
      'C: SEND_RATE',
      BAD,
      'C: SEND_RATE 1 2',
      BAD,
      'C: SEND_RATE 0x10',
      BAD,
      'C: SEND_RATE 1.5',
      BAD,
    ],
  ],
  SEND_BURST: [
    ...['C: SEND_BURST 4', 'S: 250 4', 'C: SEND_BURST 0', 'S: 250 0', 'C: SEND_BURST x', BAD],
    ...['C: SEND_BURST', BAD, 'C: SEND_BURST 18446744073709551615', 'S: 250 18446744073709551615'],
  ],
  QUIT: ['C: quit', DONE, 'C: USER_LINK alice'],
  'QUIT with words, after others': [...ALICE, 'C: QUIT now and for ever', DONE, 'C: QUIT'],
  'what is no command': [
    ...[
      'C: ',
      UNKNOWN,
      'C:  \t ',
      UNKNOWN,
      'C: BOGUS alice',
      UNKNOWN,
      'C: USER_LINK\talice',
      UNKNOWN,
    ],
    ...[`C: SET_IDENTITY alice ${ONE}`, UNKNOWN, 'C: REMOVE_IDENTITY alice', UNKNOWN],
    ...['C: CONSTRUCTOR', UNKNOWN, 'C: \u0000', UNKNOWN, 'C: é', UNKNOWN, 'C: JSON x', UNKNOWN],
  ],
  'a line that is too long, and what comes after it': [
    ...[`C: USER_LINK ${'a'.repeat(4087)}`, UNKNOWN, `C: USER_LINK ${'a'.repeat(4086)}`, BAD],
    ...[`C: ${'a'.repeat(20_000)}`, UNKNOWN, ...ALICE],
  ],
};

describe('the management socket of a provider', () => {
  for (const [name, script] of Object.entries(TRANSCRIPTS)) {
    it.each(Object.entries(MANNERS))(`answers ${name} as written, %s`, async (_, manner) => {
      const desk = await open();
      expect(await play(desk, script, manner)).toBe(bytesOf([bannerOf('p1.test'), ...script]));
      await desk.close();
    });
  }

  it('answers on a connection of each while others are open, and forgets who leaves', async () => {
    const desk = await open();
    const connections = await Promise.all(Array.from({ length: 20 }, () => desk.connect()));
    const peers = connections.map((duplex) => new Peer(duplex));
    const banners = await during(desk.io, Promise.all(peers.map((peer) => peer.line())));
    expect(new Set(banners)).toEqual(new Set([bannerOf('p1.test').slice(3)]));
    const asked = peers.map((peer, at) => peer.ask(`ADD_USER user${at} ${ONE}`));
    expect(new Set(await during(desk.io, Promise.all(asked)))).toEqual(new Set([DONE.slice(3)]));
    for (const { duplex } of peers) duplex.destroy();
    await desk.io.clock.advance(10_000);
    expect(desk.counters()).toMatchObject({ accepted: 20, left: 20 });
    await desk.close();
  });

  it('obeys no half command of a connection that breaks off', async () => {
    const desk = await open();
    for (const part of ['ADD_USER alice ', `ADD_USER alice ${ONE}`, `ADD_USER alice ${ONE}\r`]) {
      const duplex = await desk.connect();
      await during(desk.io, duplex.write(utf8(part)));
      duplex.destroy();
      await desk.io.clock.advance(10_000);
    }
    expect((await desk.provider.users.find('alice'))._unsafeUnwrap()).toBeUndefined();
    expect(desk.counters()['left']).toBe(3);
    await desk.close();
  });

  it('does what it was told though nobody waits for the answer', async () => {
    const desk = await open();
    const duplex = await desk.connect();
    await during(desk.io, duplex.write(utf8(`ADD_USER alice ${ONE}\r\n`)));
    await desk.io.clock.advance(100);
    duplex.destroy();
    await desk.io.clock.advance(10_000);
    expect((await desk.provider.users.find('alice'))._unsafeUnwrap()?.linkKey).toEqual(
      repeated(1, 32),
    );
    await desk.close();
  });

  it('ends after a hundred lines that are no commands', async () => {
    const desk = await open();
    const script = Array.from({ length: 100 }, () => ['C: ?', UNKNOWN]).flat();
    const heard = await play(desk, [...script, ...ALICE], atOnce);
    expect(heard).toBe(bytesOf([bannerOf('p1.test'), ...script]));
    await desk.close();
  });

  it('answers nothing to SHUTDOWN, and goes with the program', async () => {
    const desk = await open();
    const duplex = await desk.connect();
    const hearing = hearAll(duplex);
    await during(desk.io, duplex.write(utf8('shutdown now\r\nUSER_LINK alice\r\n')));
    await desk.io.clock.advance(100);
    expect(desk.shutdowns()).toBe(1);
    await desk.close();
    expect(await during(desk.io, hearing)).toBe(bytesOf([bannerOf('p1.test')]));
  });

  it('speaks JSON-RPC after JSON, and nothing else any more', async () => {
    const desk = await open();
    const script = [
      bannerOf('p1.test'),
      ...ALICE,
      ...['C: json', 'S: 250 JSON-RPC 2.0'],
      'C: {"jsonrpc":"2.0","id":1,"method":"status"}',
      'S: {"jsonrpc":"2.0","id":1,"result":{"role":"provider"}}',
      ...['C: {"jsonrpc":"2.0","id":"a","method":"none"}'],
      'S: {"jsonrpc":"2.0","id":"a","error":{"code":-32601,"message":"Method not found"}}',
      'C: USER_LINK alice',
      'S: {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
      'C: []',
      'S: {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}',
      'C: {"jsonrpc":"2.0","method":"status"}',
      'C: {"jsonrpc":"2.0","id":2,"method":"shutdown"}',
      'S: {"jsonrpc":"2.0","id":2,"result":null}',
    ];
    const duplex = await desk.connect();
    const hearing = hearAll(duplex);
    await during(desk.io, atOnce(duplex, saidBy('C', script)));
    duplex.end();
    const heard = (await during(desk.io, hearing)).split(/\r?\n/);
    expect(heard).toEqual([...saidBy('S', script), '']);
    expect(desk.shutdowns()).toBe(1);
    await desk.close();
  });
});

describe('the management socket of a mix', () => {
  it('knows none of a provider’s verbs', async () => {
    const desk = await open(true);
    const verbs = Object.keys(desk.provider.verbs);
    expect(verbs).toHaveLength(9);
    const script = [
      ...verbs.flatMap((verb) => [`C: ${verb} alice ${ONE}`, UNKNOWN]),
      ...['C: QUIT', DONE],
    ];
    expect(await play(desk, script, atOnce)).toBe(bytesOf([bannerOf('mix1'), ...script]));
    await desk.close();
  });
});
