import { err, ok } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toBase64, utf8 } from '../../../src/bytes/text.js';
import { concat } from '../../../src/bytes/writer.js';
import { manualClock, memoryLog, seededRandom } from '../../../src/io/memory.js';
import { portablePrimitives } from '../../../src/crypto/portable.js';
import { KATZENPOST_EPOCHS, epochAt } from '../../../src/pki/epoch.js';
import { smallGeometry } from '../../../src/sphinx/geometry.js';
import { encodePlaintext } from '../../../src/sphinx/plaintext.js';
import { createSurb } from '../../../src/sphinx/surb.js';
import { memoryStores } from '../../../src/store/memory.js';
import { DEFAULT_TUNING } from '../../../servers/node/options.js';
import type { TerminalHop } from '../../../servers/node/role.js';
import type { SpoolItem } from '../../../servers/provider/contracts.js';
import { openClientSession } from '../../../servers/provider/client-session.js';
import { Delivery } from '../../../servers/provider/deliver.js';
import { RateLimit } from '../../../servers/provider/rate-limit.js';
import {
  encodeReply,
  keyService,
  loopService,
  type Service,
  type ServiceAnswer,
  type ServiceRequest,
} from '../../../servers/provider/services.js';
import { StoredSpool } from '../../../servers/provider/spool.js';
import { StoredUsers } from '../../../servers/provider/users.js';
import { providerVerbs } from '../../../servers/provider/verbs.js';
import { repeated } from '../../support/bytes.js';
import { askService } from '../../support/services.js';

const geometry = smallGeometry(500);
const suite = { geometry, primitives: portablePrimitives };
const { x25519 } = portablePrimitives;
const identity = repeated(2, 32);

const openHouse = async () => {
  const stores = memoryStores();
  const store = (await stores.open('/provider', new Uint8Array(32)))._unsafeUnwrap();
  const clock = manualClock({ startMs: 1_700_000_000_000 });
  const log = memoryLog();
  const users = new StoredUsers(store);
  const isUser = (name: string): boolean => users.has(name);
  const spool = new StoredSpool({ store, random: seededRandom(1), limit: 3, isUser });
  (await users.add('bob', { linkKey: repeated(1, 32), identityKey: identity }))._unsafeUnwrap();
  const dropped: string[] = [];
  const counted: string[] = [];
  const held: { packet: Uint8Array; nextNodeId: Uint8Array; delayMs: number }[] = [];
  const asked: {
    readonly request: ServiceRequest;
    readonly answer: (answer: ServiceAnswer) => void;
  }[] = [];
  const slow: Service = {
    ...{ capability: 'slow', endpoint: '+slow', hearsAll: true },
    answer: (request) => new Promise((answer) => asked.push({ request, answer })),
  };
  const delivery = new Delivery({
    suite,
    clock,
    spool,
    log,
    services: [loopService, keyService(users), slow],
    tuning: DEFAULT_TUNING,
    hold: (packet, nextNodeId, delayMs) => held.push({ packet, nextNodeId, delayMs }),
    drop: (reason) => dropped.push(reason),
    count: (event) => void counted.push(event),
  });
  return { stores, clock, users, spool, delivery, dropped, counted, log, held, asked };
};

const field = (name: string): Uint8Array => concat(utf8(name), new Uint8Array(64 - name.length));

const surbOf = (): Uint8Array =>
  createSurb(suite, {
    path: [
      {
        nodeId: repeated(9, 32),
        mixKey: x25519.publicKey(x25519.scalar(repeated(5, 32))),
        commands: [],
      },
    ],
    random: seededRandom('surb'),
  })._unsafeUnwrap().surb;

const deliver = (
  recipient: string,
  body: Uint8Array,
  kind: 'deliver' | 'deliver-unreliable' = 'deliver',
): TerminalHop => {
  const payload = encodePlaintext(geometry, { kind: 'with-surb', surb: surbOf(), body });
  const hop = { recipient: field(recipient), payload, arrivedMs: 0 };
  return kind === 'deliver' ? { ...hop, kind, replyDelayMs: 77 } : { ...hop, kind };
};

/** What waits longest for bob. */
const headOf = async (spool: StoredSpool): Promise<SpoolItem | undefined> => {
  const mailbox = (await spool.open('bob'))._unsafeUnwrap();
  const head = (await mailbox.head())._unsafeUnwrap();
  mailbox.close();
  return head?.item;
};

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('delivery', () => {
  it('acknowledges only what is in the spool', async () => {
    const { delivery, spool, held, stores, dropped } = await openHouse();
    const body = repeated(8, geometry.userPayloadLength);
    delivery.take(deliver('Bob', body));
    expect(held).toEqual([]);
    await settled();
    expect(
      held.map(({ delayMs, nextNodeId, packet }) => [delayMs, nextNodeId, packet.length]),
    ).toEqual([[77, repeated(9, 32), geometry.packetLength]]);
    expect(await headOf(spool)).toEqual({ kind: 'message', payload: body });
    stores.failCommits({ kind: 'store-full' });
    delivery.take(deliver('bob', body));
    await settled();
    expect(held.length).toBe(1);
    expect(dropped).toEqual(['spool-failed']);
    expect(delivery.pending).toBe(0);
  });

  it('does not use a SURB that came without a delay', async () => {
    const { delivery, spool, held } = await openHouse();
    delivery.take(deliver('bob', repeated(8, 10), 'deliver-unreliable'));
    await settled();
    expect((await spool.waiting('bob'))._unsafeUnwrap()).toBe(1);
    expect(held).toEqual([]);
  });

  it('drops for a reason', async () => {
    const { delivery, dropped, clock } = await openHouse();
    delivery.take(deliver('eve', repeated(1, 1)));
    await settled();
    const bad = deliver('bob', repeated(1, 1));
    bad.payload[0] = 9;
    delivery.take(bad);
    for (let i = 0; i < 4; i++) {
      delivery.take(deliver('bob', repeated(1, 1)));
      await settled();
    }
    delivery.take({
      kind: 'surb-reply',
      recipient: field('+loop'),
      surbId: repeated(1, 16),
      payload: repeated(1, geometry.taggedPayloadLength),
      arrivedMs: 0,
    });
    await clock.advance(10_000);
    delivery.take(deliver('bob', repeated(1, 1)));
    delivery.take(deliver('+loop', repeated(1, 1)));
    expect(dropped).toEqual([
      'unknown-recipient',
      'bad-plaintext',
      'spool-full',
      'unknown-recipient',
      'delivery-late',
      'service-late',
    ]);
  });

  it('sends what a service answers later, and drops what it cannot', async () => {
    const { delivery, held, dropped, asked } = await openHouse();
    delivery.take(deliver('+slow', repeated(1, 1)));
    delivery.take(deliver('+slow', repeated(1, 1), 'deliver-unreliable'));
    delivery.take(deliver('+slow', repeated(1, 1)));
    delivery.take(deliver('+slow', repeated(1, 1)));
    expect(asked.map(({ request }) => request.canReply)).toEqual([true, false, true, true]);
    expect(asked[0]?.request.startByMs).toBe(DEFAULT_TUNING.serviceBudgetMs);
    expect(delivery.pending).toBe(4);
    asked[0]?.answer(ok(utf8('later')));
    asked[1]?.answer(ok(utf8('nobody hears it')));
    asked[2]?.answer(err('service-timeout'));
    asked[3]?.answer(ok(repeated(1, geometry.payloadLength)));
    await settled();
    expect(delivery.pending).toBe(0);
    expect(held.map(({ delayMs }) => delayMs)).toEqual([77]);
    expect(dropped).toEqual(['service-timeout', 'service-too-large']);
  });

  it('spools replies with their SURB id', async () => {
    const { delivery, spool } = await openHouse();
    const payload = repeated(4, geometry.taggedPayloadLength);
    delivery.take({
      kind: 'surb-reply',
      recipient: field('bob'),
      surbId: repeated(6, 16),
      payload,
      arrivedMs: 0,
    });
    await settled();
    expect(await headOf(spool)).toEqual({
      kind: 'reply',
      surbId: repeated(6, 16),
      payload,
    });
  });

  it('tells the operator once that a spool is nearly full, and not whose', async () => {
    const { delivery, counted, log } = await openHouse();
    for (let i = 0; i < 4; i++) {
      delivery.take(deliver('bob', repeated(1, 1)));
      await settled();
    }
    expect(counted.filter((event) => event === 'spool.nearly-full').length).toBe(1);
    expect(log.lines.join('\n')).toContain('nearly full');
    expect(log.lines.join('\n')).not.toContain('bob');
  });

  it('tells it too where a smaller quota has made a spool full', async () => {
    const { delivery, spool, counted } = await openHouse();
    spool.limit = 100;
    for (let i = 0; i < 4; i++) {
      if (i === 3) spool.limit = 4;
      delivery.take(deliver('bob', repeated(1, 1)));
      await settled();
    }
    expect(counted.filter((event) => event === 'spool.nearly-full').length).toBe(1);
  });

  it('answers services by their exact name only', async () => {
    const { delivery, held, dropped } = await openHouse();
    delivery.take(deliver('+loop', repeated(1, 1)));
    delivery.take(deliver('+keyserver', utf8('{"User":"bob","Version":0}')));
    await settled();
    expect(held.length).toBe(2);
    delivery.take(deliver('+LOOP', repeated(1, 1)));
    await settled();
    expect(dropped).toEqual(['unknown-recipient']);
  });
});

describe('the key server', () => {
  const ask = async (request: string | Uint8Array): Promise<string> => {
    const { users } = await openHouse();
    const bytes = typeof request === 'string' ? utf8(request) : request;
    return fromUtf8(await askService(keyService(users), concat(bytes, new Uint8Array(50))));
  };

  it('tells a key', async () => {
    expect(await ask('{"User":"bob","Version":0}')).toBe(
      `{"PublicKey":"${toBase64(identity)}","StatusCode":0,"User":"bob","Version":0}`,
    );
    expect(await ask('{"User":"bob","Version":"0"}')).toContain('"StatusCode":0');
    expect(await ask('{"User":"bob"}')).toContain('"StatusCode":0');
  });

  it.each([
    ['{"User":"eve","Version":0}', 2, 'eve'],
    ['{"User":"Bob","Version":0}', 2, 'Bob'],
    ['{"User":"bob","Version":1}', 1, ''],
    ['{"User":"bob","Version":0,"More":1}', 1, ''],
    ['{"User":7}', 1, ''],
    ['[]', 1, ''],
    ['null', 1, ''],
    ['{', 1, ''],
    ['', 1, ''],
    ['{"__proto__":{"User":"bob"}}', 1, ''],
  ])('refuses %s', async (request, status, user) => {
    expect(await ask(request)).toBe(
      `{"PublicKey":"","StatusCode":${status},"User":"${user}","Version":0}`,
    );
  });

  it('never throws, and fills exactly one payload', async () => {
    expect(await ask(repeated(0xff, 200))).toContain('"StatusCode":1');
    expect(encodeReply(geometry, utf8('hi'))?.subarray(0, 5)).toEqual(
      Uint8Array.of(1, 0, 104, 105, 0),
    );
    expect(encodeReply(geometry, new Uint8Array(geometry.payloadLength - 1))).toBeUndefined();
  });
});

describe('a client’s session', () => {
  const open = async () => {
    const house = await openHouse();
    const documents = {
      raw: (epoch: number) => (epoch === 7 ? repeated(1, 5) : undefined),
      isGone: (epoch: number) => epoch === 8,
    };
    const rateLimit = new RateLimit(house.clock, () => 0);
    const deps = { ...house, rateLimit, documents, epochTime: KATZENPOST_EPOCHS };
    const session = openClientSession(deps, 'bob');
    const ask = async (sequence: number): Promise<string> => {
      const answer = await session.answer({ kind: 'retrieve-message', sequence });
      if (answer.kind !== 'reply') return answer.kind;
      const { command } = answer;
      if (command.kind === 'message')
        return `${command.sequence}: message ${command.payload[0]} hint ${command.hint}`;
      if (command.kind === 'message-ack')
        return `${command.sequence}: ack ${command.surbId[0]} hint ${command.hint}`;
      return command.kind === 'message-empty' ? `${command.sequence}: empty` : command.kind;
    };
    return { ...house, deps, session, ask };
  };

  it('deletes the head only when the next one is asked for', async () => {
    const { ask, spool } = await open();
    (await spool.append('bob', { kind: 'message', payload: repeated(1, 9) }))._unsafeUnwrap();
    (
      await spool.append('bob', { kind: 'reply', surbId: repeated(2, 16), payload: repeated(2, 9) })
    )._unsafeUnwrap();
    expect(await ask(0)).toBe('0: message 1 hint 1');
    expect(await ask(0)).toBe('0: message 1 hint 1');
    expect(await ask(1)).toBe('1: ack 2 hint 0');
    expect(await ask(2)).toBe('2: empty');
    expect(await ask(2)).toBe('2: empty');
    expect(await ask(4)).toBe('close');
  });

  it('is one at a time, and the oldest stays', async () => {
    const house = await open();
    const fetchOnce = async (): Promise<string> => {
      const session = openClientSession(house.deps, 'bob');
      const answer = await session.answer({ kind: 'retrieve-message', sequence: 0 });
      session.close();
      return answer.kind === 'close' ? answer.reason : answer.kind;
    };
    expect(await house.ask(0)).toBe('0: empty');
    expect(await fetchOnce()).toBe('in-use');
    expect(await house.ask(0)).toBe('0: empty');
    house.session.close();
    await settled();
    expect(await fetchOnce()).toBe('reply');
  });

  it('begins with 0 and ends with an unexpected command or a broken store', async () => {
    const { ask, session, spool, stores } = await open();
    expect(await ask(7)).toBe('close');
    expect(await session.answer({ kind: 'vote-status', code: 0 })).toEqual({
      kind: 'close',
      reason: 'unexpected-command',
    });
    (await spool.append('bob', { kind: 'message', payload: repeated(1, 9) }))._unsafeUnwrap();
    expect(await ask(0)).toBe('0: message 1 hint 0');
    stores.failCommits({ kind: 'store-full' });
    expect(await ask(1)).toBe('close');
  });

  it('hands on documents', async () => {
    const { session, clock } = await open();
    const now = epochAt(KATZENPOST_EPOCHS, clock.now());
    const codes = [];
    for (const epoch of [7, 8, now - 2, now - 1, now, now + 1]) {
      const answer = await session.answer({ kind: 'get-consensus', epoch });
      codes.push(
        answer.kind === 'reply' && answer.command.kind === 'consensus'
          ? answer.command.code
          : answer.kind,
      );
    }
    expect(codes).toEqual([0, 2, 2, 1, 1, 1]);
  });
});

describe('the operator’s verbs', () => {
  it('keep the reference’s answers', async () => {
    const { users, clock } = await openHouse();
    const rateLimit = new RateLimit(clock, () => 0);
    const verbs = providerVerbs({ users, rateLimit, removeUser: (name) => users.remove(name) });
    const key = toBase64(repeated(3, 32));
    const say = async (line: string): Promise<string> => {
      const [verb = '', ...words] = line.split(' ');
      const [least, most] = verbs[verb]?.words ?? [1, 0];
      if (words.length < least || words.length > most) return 'bad-arguments';
      const reply = await verbs[verb]?.run(words);
      return reply?.kind === 'data' ? reply.text : (reply?.kind ?? 'none');
    };
    expect(await say(`ADD_USER Alice ${key}`)).toBe('done');
    expect(await say(`ADD_USER alice ${key}`)).toBe('failed');
    expect(await say('USER_LINK ALICE')).toBe(key);
    expect(await say('USER_IDENTITY alice')).toBe('failed');
    expect(await say(`SET_USER_IDENTITY alice ${key}`)).toBe('done');
    expect(await say('USER_IDENTITY alice')).toBe(key);
    expect(await say('SET_USER_IDENTITY alice')).toBe('done');
    expect(await say('USER_IDENTITY alice')).toBe('failed');
    expect(await say('REMOVE_USER_IDENTITY alice')).toBe('done');
    expect(await say(`UPDATE_USER eve ${key}`)).toBe('failed');
    expect(await say('ADD_USER alice short')).toBe('bad-arguments');
    expect(await say(`ADD_USER a/b ${key}`)).toBe('bad-arguments');
    expect(await say('REMOVE_USER alice')).toBe('done');
    expect(await say('REMOVE_USER alice')).toBe('failed');
    expect(await say('SEND_BURST 4')).toBe('4');
    expect(rateLimit.burst).toBe(4);
    expect(await say('SEND_RATE -1')).toBe('bad-arguments');
  });
});
