import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, Writer } from '../../src/bytes/writer.js';
import { makeFastPrimitives } from '../../src/crypto/fast.js';
import { CipherState } from '../../src/crypto/noise.js';
import type { Duplex } from '../../src/io/contracts.js';
import { duplexPair, manualClock, seededRandom } from '../../src/io/memory.js';
import { KATZENPOST_GEOMETRY } from '../../src/sphinx/geometry.js';
import { encodeCommand, type Command } from '../../src/wire/commands.js';
import type { LinkError } from '../../src/wire/contracts.js';
import { makeSession } from '../../src/wire/session.js';
import { LinkStream } from '../../src/wire/stream.js';
import { pattern, repeated } from '../support/bytes.js';
import { establishedPair, GEOMETRY } from '../support/link.js';

const { aead } = makeFastPrimitives();
const NO_AD = new Uint8Array(0);
const FRAME_DEADLINE_MS = 120_000;
const LINGER_MS = 5_000;

const cipher = (value: number): CipherState => new CipherState(aead, repeated(value, 32));

/** Seals as a peer would, whatever the bytes; `length` is what the header claims. */
const sealer = () => {
  const sealing = cipher(2);
  return (plain: Uint8Array, length = plain.length + 16): Uint8Array => {
    const header = sealing.seal(NO_AD, new Writer(4).u32(length).done());
    const frame = concat(header, sealing.seal(NO_AD, plain));
    sealing.rekey();
    return frame;
  };
};

/** A session without a handshake, and the bare other end with its cipher. */
const setting = (capacity = 1 << 20) => {
  const clock = manualClock();
  const [near, far] = duplexPair({ capacity });
  const seen = { writes: 0, destroyed: false };
  const duplex: Duplex = {
    ...near,
    write: (bytes) => {
      seen.writes++;
      return near.write(bytes);
    },
    destroy: () => {
      seen.destroyed = true;
      near.destroy();
    },
  };
  const keys = { sending: cipher(1), receiving: cipher(2) };
  const session = makeSession({
    geometry: GEOMETRY,
    stream: new LinkStream(duplex, clock),
    peer: { ad: NO_AD, publicKey: repeated(9, 32) },
    skewMs: undefined,
    ...keys,
  });
  return { clock, session, keys, seen, far, seal: sealer() };
};

/** Notes the outcome of something that may wait. */
const watch = <T>(work: PromiseLike<T>) => {
  const state: { value: T | undefined } = { value: undefined };
  void work.then((value) => (state.value = value));
  return state;
};

const retrieve = (sequence: number): Command => ({ kind: 'retrieve-message', sequence });
const encoded = (sequence: number): Uint8Array => encodeCommand(GEOMETRY, retrieve(sequence));

describe('frames', () => {
  it('are one write each, in the order of the calls', async () => {
    const { initiator, responder } = await establishedPair();
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    const sent = Promise.all(numbers.map((i) => initiator.send(retrieve(i))));
    const received = await Promise.all(numbers.map(() => responder.receive()));
    expect((await sent).every((result) => result.isOk())).toBe(true);
    expect(received.map((result) => result._unsafeUnwrap())).toEqual(numbers.map(retrieve));
    const { session, seen } = setting();
    await session.send(retrieve(1));
    expect(seen.writes).toBe(1);
  });

  it('go both ways at once', async () => {
    const { initiator, responder } = await establishedPair();
    for (let i = 0; i < 20; i++) {
      await Promise.all([initiator.send(retrieve(i)), responder.send(retrieve(1000 + i))]);
      const [there, back] = await Promise.all([responder.receive(), initiator.receive()]);
      expect(there._unsafeUnwrap()).toEqual(retrieve(i));
      expect(back._unsafeUnwrap()).toEqual(retrieve(1000 + i));
    }
  });

  it('carry whole packets', async () => {
    const { initiator, responder } = await establishedPair({ geometry: KATZENPOST_GEOMETRY });
    const packet = pattern(KATZENPOST_GEOMETRY.packetLength);
    for (let i = 0; i < 10; i++) {
      await initiator.send({ kind: 'send-packet', packet });
      expect((await responder.receive())._unsafeUnwrap()).toEqual({ kind: 'send-packet', packet });
    }
  });

  it('may arrive in any pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 30 }),
        async (cuts) => {
          const { session, far, seal } = setting();
          const stream = concat(...[0, 1, 2, 3, 4].map((i) => seal(encoded(i))));
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const length = cuts[turn % cuts.length] ?? 1;
            await far.write(stream.subarray(at, at + length));
            at += length;
          }
          for (const i of [0, 1, 2, 3, 4]) {
            expect((await session.receive())._unsafeUnwrap()).toEqual(retrieve(i));
          }
        },
      ),
    );
  });

  it('hold at most 1048560 bytes of command', async () => {
    const { initiator, responder } = await establishedPair();
    const largest = pattern(1_048_560 - 7);
    const document: Command = { kind: 'consensus', code: 0, document: largest };
    const sending = initiator.send(document);
    expect((await responder.receive())._unsafeUnwrap()).toEqual(document);
    expect((await sending).isOk()).toBe(true);
    const larger = await initiator.send({ ...document, document: pattern(largest.length + 1) });
    expect(larger._unsafeUnwrapErr()).toEqual({ kind: 'frame-too-large', length: 1_048_577 });
  });
});

describe('a hostile frame', () => {
  const refusal = async (bytes: Uint8Array): Promise<LinkError> => {
    const { session, seen, far } = setting();
    await far.write(bytes);
    far.end();
    const error = (await session.receive())._unsafeUnwrapErr();
    expect(seen.destroyed).toBe(true);
    return error;
  };

  it('with any flipped bit is refused', async () => {
    const frame = sealer()(encoded(7));
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const bytes = frame.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await refusal(bytes)).toEqual({ kind: 'bad-frame' });
    }
  });

  it('cut short is the end', async () => {
    const frame = sealer()(encoded(7));
    for (let length = 0; length < frame.length; length++) {
      expect(await refusal(frame.slice(0, length))).toEqual({ kind: 'link-ended' });
    }
  });

  it('repeated or out of turn is refused', async () => {
    const seal = sealer();
    const [one, two] = [seal(encoded(1)), seal(encoded(2))];
    expect(await refusal(two)).toEqual({ kind: 'bad-frame' });
    const { session, far } = setting();
    await far.write(concat(one, one));
    expect((await session.receive()).isOk()).toBe(true);
    expect((await session.receive())._unsafeUnwrapErr()).toEqual({ kind: 'bad-frame' });
  });

  it.each([
    [0, { kind: 'bad-frame' }],
    [15, { kind: 'bad-frame' }],
    [1_048_577, { kind: 'frame-too-large', length: 1_048_577 }],
    [0xffff_ffff, { kind: 'frame-too-large', length: 0xffff_ffff }],
  ])('that claims %i bytes is refused by its header alone', async (length, error) => {
    expect(await refusal(sealer()(NO_AD, length).subarray(0, 20))).toEqual(error);
  });

  it.each([
    ['no command', NO_AD, 'truncated'],
    ['an unknown id', Uint8Array.of(3, 0, 0, 0, 0, 0), 'invalid'],
    ['a bad body', Uint8Array.of(16, 0, 0, 0, 0, 1, 1), 'truncated'],
  ])('with %s is refused', async (_, plain, kind) => {
    expect(await refusal(sealer()(plain))).toMatchObject({ kind: 'bad-command', error: { kind } });
  });

  it('of random bytes never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        expect(['bad-frame', 'link-ended']).toContain((await refusal(bytes)).kind);
      }),
    );
  });

  it('takes no memory that did not arrive', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const open = Array.from({ length: 100 }, () => {
      const { session, far, seal } = setting();
      void far.write(seal(NO_AD, 1_048_576));
      return session.receive();
    });
    await manualClock().settled();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 * 1024);
    expect(open).toHaveLength(100);
  });

  it('ends the session for good, with one error', async () => {
    const { session, keys, far } = setting();
    const waiting = [session.receive(), session.receive()];
    await far.write(repeated(5, 20));
    for (const result of await Promise.all(waiting)) {
      expect(result._unsafeUnwrapErr()).toEqual({ kind: 'bad-frame' });
    }
    await session.closed;
    expect((await session.receive())._unsafeUnwrapErr()).toEqual({ kind: 'bad-frame' });
    expect((await session.send(retrieve(1)))._unsafeUnwrapErr()).toEqual({ kind: 'bad-frame' });
    expect([keys.sending, keys.receiving].map((key) => key.exportKey())).toEqual([
      repeated(0, 32),
      repeated(0, 32),
    ]);
  });
});

describe('time', () => {
  const late: LinkError = { kind: 'deadline', phase: 'frame' };

  it('does not matter between frames', async () => {
    const { clock, session, far, seal } = setting();
    const received = watch(session.receive());
    await clock.advance(7 * 24 * 3_600_000);
    await far.write(seal(encoded(3)));
    await clock.settled();
    expect(received.value?._unsafeUnwrap()).toEqual(retrieve(3));
  });

  it.each([1, 20, 25])('is limited after %i bytes of a frame', async (length) => {
    const { clock, session, seen, far, seal } = setting();
    const received = watch(session.receive());
    await far.write(seal(encoded(3)).subarray(0, length));
    await clock.advance(FRAME_DEADLINE_MS - 1);
    expect(received.value).toBeUndefined();
    await clock.advance(1);
    expect(received.value?._unsafeUnwrapErr()).toEqual(late);
    expect(seen.destroyed).toBe(true);
  });

  it('is not won by dribbling', async () => {
    const { clock, session, far, seal } = setting();
    const received = watch(session.receive());
    const frame = seal(encoded(3));
    for (let i = 0; received.value === undefined && i < frame.length; i++) {
      await far.write(frame.slice(i, i + 1));
      await clock.advance(10_000);
    }
    expect(received.value?._unsafeUnwrapErr()).toEqual(late);
  });

  it('starts anew with each frame', async () => {
    const { clock, session, far, seal } = setting();
    for (const i of [1, 2, 3]) {
      const received = watch(session.receive());
      const frame = seal(encoded(i));
      await far.write(frame.slice(0, 5));
      await clock.advance(FRAME_DEADLINE_MS - 1);
      await far.write(frame.slice(5));
      await clock.settled();
      expect(received.value?._unsafeUnwrap()).toEqual(retrieve(i));
    }
  });

  it('is limited for a peer that takes nothing', async () => {
    const { clock, session, seen } = setting(100);
    const sends = [1, 2, 3, 4].map((i) => watch(session.send(retrieve(i))));
    await clock.advance(FRAME_DEADLINE_MS - 1);
    expect(sends.map(({ value }) => value?.isOk())).toEqual([true, true, undefined, undefined]);
    await clock.advance(1);
    expect(sends[3]?.value?._unsafeUnwrapErr()).toEqual(late);
    expect(seen.destroyed).toBe(true);
  });
});

describe('back-pressure', () => {
  it('holds the sender until the peer reads', async () => {
    const { clock, session, far } = setting(100);
    await session.send(retrieve(1));
    await session.send(retrieve(2));
    const third = watch(session.send(retrieve(3)));
    await clock.settled();
    expect(third.value).toBeUndefined();
    await far.read();
    await clock.settled();
    expect(third.value?.isOk()).toBe(true);
  });
});

describe('closing', () => {
  it('lets arrive what was sent', async () => {
    const { initiator, responder } = await establishedPair();
    void initiator.send(retrieve(1));
    void initiator.send({ kind: 'disconnect' });
    initiator.close();
    expect((await responder.receive())._unsafeUnwrap()).toEqual(retrieve(1));
    expect((await responder.receive())._unsafeUnwrap()).toEqual({ kind: 'disconnect' });
    expect((await responder.receive())._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    await Promise.all([initiator.closed, responder.closed]);
  });

  it('answers those who wait, and all who come later', async () => {
    const { session, keys } = setting();
    const before = { sending: keys.sending.exportKey(), receiving: keys.receiving.exportKey() };
    const waiting = session.receive();
    session.close();
    session.close();
    expect((await waiting)._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    expect((await session.receive())._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    expect((await session.send(retrieve(1)))._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    await session.closed;
    expect(keys.sending.exportKey()).not.toEqual(before.sending);
    expect(keys.receiving.exportKey()).toEqual(repeated(0, 32));
  });

  it('drops the connection when the peer has ended too', async () => {
    const { clock, session, seen, far } = setting();
    session.close();
    await clock.settled();
    expect(seen.destroyed).toBe(false);
    far.end();
    await clock.settled();
    expect(seen.destroyed).toBe(true);
  });

  it('does not wait for a peer that never ends, or never stops', async () => {
    for (const isChatty of [false, true]) {
      const { clock, session, seen, far } = setting();
      void session.receive();
      session.close();
      for (let i = 0; i < 5; i++) {
        expect(seen.destroyed).toBe(false);
        if (isChatty) await far.write(pattern(1000));
        await clock.advance(LINGER_MS / 5);
      }
      expect(seen.destroyed).toBe(true);
    }
  });

  it('is seen when the peer breaks off', async () => {
    const { session, far, seen } = setting();
    const waiting = session.receive();
    far.destroy();
    expect((await waiting)._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    expect((await session.send(retrieve(1)))._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    await session.closed;
    expect(seen.destroyed).toBe(true);
  });

  it('never confuses a garbage tail with a frame', async () => {
    const { session, far, seal } = setting();
    await far.write(concat(seal(encoded(1)), seededRandom('tail')(100)));
    expect((await session.receive()).isOk()).toBe(true);
    expect((await session.receive())._unsafeUnwrapErr()).toEqual({ kind: 'bad-frame' });
  });
});
