import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equal } from '../../src/bytes/compare.js';
import { concat } from '../../src/bytes/writer.js';
import { manualClock, seededRandom } from '../../src/io/memory.js';
import { KATZENPOST_GEOMETRY } from '../../src/sphinx/geometry.js';
import type { Command } from '../../src/wire/commands.js';
import type { LinkError } from '../../src/wire/contracts.js';
import { pattern, repeated } from '../support/bytes.js';
import { establishedPair, sent } from '../support/link.js';
import { encoded, NO_AD, retrieve, sealer, setting } from '../support/session.js';

describe('frames', () => {
  it('are one write each, in the order of the calls', async () => {
    const { initiator, responder } = await establishedPair();
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    const sends = Promise.all(numbers.map((i) => initiator.send(retrieve(i))));
    const received = await Promise.all(numbers.map(() => responder.receive()));
    expect((await sends).every((result) => result.isOk())).toBe(true);
    expect(received.map((result) => result._unsafeUnwrap())).toEqual(numbers.map(retrieve));
    const { session, seen } = setting();
    await sent(session, retrieve(1));
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
      await sent(initiator, { kind: 'send-packet', packet });
      const received = (await responder.receive())._unsafeUnwrap();
      expect(received.kind === 'send-packet' && equal(received.packet, packet)).toBe(true);
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
    const received = (await responder.receive())._unsafeUnwrap();
    expect(received.kind === 'consensus' && equal(received.document, largest)).toBe(true);
    expect((await sending).isOk()).toBe(true);
    const larger = await initiator.send({
      ...document,
      document: pattern(largest.length + 1),
    });
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

  it('behind a good one is refused too', async () => {
    const { session, far, seal } = setting();
    await far.write(concat(seal(encoded(1)), seededRandom('tail')(100)));
    expect((await session.receive()).isOk()).toBe(true);
    expect((await session.receive())._unsafeUnwrapErr()).toEqual({ kind: 'bad-frame' });
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
