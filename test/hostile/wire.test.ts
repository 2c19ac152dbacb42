/** Link commands, authenticate messages and frames from anybody. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes/writer.js';
import { decodeAuthenticate, encodeAuthenticate } from '../../src/wire/authenticate.js';
import { decodeCommand, encodeCommand, type Command } from '../../src/wire/commands.js';
import { pattern, repeated } from '../support/bytes.js';
import { GEOMETRY } from '../support/link.js';
import { encoded, sealer, setting } from '../support/session.js';
import { expectFlat } from './memory.js';
import { cuts, flips } from './mutants.js';
import { describeParser } from './parser.js';

const publicKey = pattern(32);
const payload = pattern(50);
const commands: readonly Command[] = [
  { kind: 'no-op' },
  { kind: 'disconnect' },
  { kind: 'send-packet', packet: payload },
  { kind: 'retrieve-message', sequence: 77 },
  { kind: 'message', hint: 1, sequence: 2, payload: pattern(GEOMETRY.userPayloadLength) },
  {
    kind: 'message-ack',
    hint: 3,
    sequence: 4,
    surbId: pattern(16),
    payload: pattern(GEOMETRY.taggedPayloadLength),
  },
  { kind: 'message-empty', sequence: 5 },
  { kind: 'get-consensus', epoch: 2 ** 40 + 1 },
  { kind: 'consensus', code: 0, document: payload },
  { kind: 'post-descriptor', epoch: 6, descriptor: payload },
  { kind: 'post-descriptor-status', code: 1 },
  { kind: 'vote', epoch: 7, publicKey, payload },
  { kind: 'vote-status', code: 2 },
  { kind: 'get-vote', epoch: 8, publicKey },
  { kind: 'reveal', epoch: 9, publicKey, payload },
  { kind: 'reveal-status', code: 9 },
];

const HEADER_LENGTH = 6;
const MESSAGE_ID = 17;
const EMPTY_FORM = 2;

describeParser('a link command', {
  read: (bytes) => decodeCommand(GEOMETRY, bytes),
  valid: commands.map((command) => encodeCommand(GEOMETRY, command)),
  // The queue hint of an answer without a message says nothing.
  ignored: (at, valid) =>
    valid[0] === MESSAGE_ID && valid[HEADER_LENGTH] === EMPTY_FORM && at === HEADER_LENGTH + 1,
  likely: fc
    .tuple(fc.nat(30), fc.nat(80), fc.uint8Array({ maxLength: 100 }))
    .map(([id, length, body]) => concat(Uint8Array.of(id, 0, 0, 0, 0, length), body)),
  places: 100,
});

describe('zeros behind a link command', () => {
  it('are legal padding; anything else is not', () => {
    const wire = encodeCommand(GEOMETRY, { kind: 'no-op' });
    expect(decodeCommand(GEOMETRY, concat(wire, repeated(0, 9))).isOk()).toBe(true);
    expect(decodeCommand(GEOMETRY, concat(wire, repeated(0, 8), repeated(1, 1))).isErr()).toBe(
      true,
    );
  });
});

const AD_LENGTH = 5;

describeParser('an authenticate message', {
  read: decodeAuthenticate,
  valid: [encodeAuthenticate({ ad: pattern(AD_LENGTH), unixTime: 0x1234_5678 })],
  // As in the reference, what pads the name may be anything.
  ignored: (at) => at > AD_LENGTH && at <= 255,
});

const plain = encoded(7);
const frame = sealer()(plain);

/** What a fresh session makes of bytes behind which nothing comes. */
const receive = async (bytes: Uint8Array) => {
  const { session, far } = setting();
  void far.write(bytes.slice());
  far.destroy();
  const result = await session.receive();
  session.close();
  return result;
};

describe('a frame', () => {
  it('is read when nothing was changed', async () => {
    const result = await receive(frame);
    expect(result._unsafeUnwrap()).toEqual({ kind: 'retrieve-message', sequence: 7 });
  });

  it('with any flipped byte ends the link', async () => {
    for (const { what, bytes } of flips(frame)) {
      const result = await receive(bytes);
      expect(result._unsafeUnwrapErr().kind, what).toBe('bad-frame');
    }
  });

  it('cut at any byte is none', async () => {
    for (const { what, bytes } of cuts(frame)) {
      const result = await receive(bytes);
      expect(result._unsafeUnwrapErr().kind, what).toBe('link-ended');
    }
  });

  it('of any length that its sender claims is refused, or waits for its bytes', async () => {
    for (const length of [0, 1, 15, 16, 17, 1_048_576, 1_048_577, 0x7fff_ffff, 0xffff_ffff]) {
      const result = await receive(sealer()(plain, length));
      const { kind } = result._unsafeUnwrapErr();
      if (length < 16) expect(kind).toBe('bad-frame');
      else if (length > 1_048_576) expect(kind).toBe('frame-too-large');
      else expect(['bad-frame', 'bad-command', 'link-ended']).toContain(kind);
    }
  });

  it('that holds no command ends the link', async () => {
    for (const { bytes } of flips(plain)) {
      const result = await receive(sealer()(bytes));
      if (result.isErr()) expect(result.error.kind).toBe('bad-command');
      else expect(result.value).not.toEqual({ kind: 'retrieve-message', sequence: 7 });
    }
  });

  it('of random bytes throws nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect((await receive(bytes)).isErr()).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('bad or good, on 100,000 links, leaves nothing behind', async () => {
    const spoilt = frame.slice().fill(0, 3, 4);
    const huge = sealer()(plain, 0xffff_ffff);
    await expectFlat([frame, spoilt, huge, frame.subarray(0, 30), repeated(0, 40)], receive);
  });

  it('good, 100,000 times on one link, leaves nothing behind', async () => {
    const { session, far, seal } = setting();
    await expectFlat([0], async () => {
      void far.write(seal(plain));
      expect((await session.receive()).isOk()).toBe(true);
    });
    session.close();
  });
});
