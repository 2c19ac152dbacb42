import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes/writer.js';
import { KATZENPOST_GEOMETRY, smallGeometry } from '../../src/sphinx/geometry.js';
import { decodeCommand, encodeCommand, type Command } from '../../src/wire/commands.js';
import { CONSENSUS_CODE, REVEAL_CODE, VOTE_CODE } from '../../src/wire/directory-commands.js';
import { hex, pattern, repeated, toHex } from '../support/bytes.js';

const SMALL = smallGeometry(103);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const publicKey = repeated(0xee, 32);
const abc = hex('616263');

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const key = bytes(32);
const code = fc.integer({ min: 0, max: 255 });
const sequence = fc.integer({ min: 0, max: 0xffff_ffff });
const epoch = fc.maxSafeNat();
const someBytes = fc.uint8Array({ maxLength: 200 });

/** Every command there is, for the small geometry. */
const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  fc.constant<Command>({ kind: 'no-op' }),
  fc.constant<Command>({ kind: 'disconnect' }),
  fc.record({ kind: fc.constant('send-packet' as const), packet: someBytes }),
  fc.record({ kind: fc.constant('retrieve-message' as const), sequence }),
  fc.record({
    kind: fc.constant('message' as const),
    hint: code,
    sequence,
    payload: bytes(SMALL.userPayloadLength),
  }),
  fc.record({
    kind: fc.constant('message-ack' as const),
    hint: code,
    sequence,
    surbId: bytes(SMALL.surbIdLength),
    payload: bytes(SMALL.taggedPayloadLength),
  }),
  fc.record({ kind: fc.constant('message-empty' as const), sequence }),
  fc.record({ kind: fc.constant('get-consensus' as const), epoch }),
  fc.record({ kind: fc.constant('consensus' as const), code, document: someBytes }),
  fc.record({ kind: fc.constant('post-descriptor' as const), epoch, descriptor: someBytes }),
  fc.record({ kind: fc.constant('vote' as const), epoch, publicKey: key, payload: someBytes }),
  fc.record({ kind: fc.constant('reveal' as const), epoch, publicKey: key, payload: someBytes }),
  fc.record({ kind: fc.constant('get-vote' as const), epoch, publicKey: key }),
  fc.record({ kind: fc.constant('post-descriptor-status' as const), code }),
  fc.record({ kind: fc.constant('vote-status' as const), code }),
  fc.record({ kind: fc.constant('reveal-status' as const), code }),
);

describe('small commands', () => {
  const cases: readonly (readonly [Command, string])[] = [
    [
      { kind: 'post-descriptor', epoch: 123, descriptor: abc },
      '14000000000b000000000000007b616263',
    ],
    [{ kind: 'post-descriptor-status', code: 2 }, '15000000000102'],
    [
      { kind: 'vote', epoch: 123, publicKey, payload: abc },
      `16000000002b000000000000007b${'ee'.repeat(32)}616263`,
    ],
    [{ kind: 'vote-status', code: VOTE_CODE.alreadyReceived }, '17000000000106'],
    [{ kind: 'get-vote', epoch: 123, publicKey }, `180000000028000000000000007b${'ee'.repeat(32)}`],
    [
      { kind: 'reveal', epoch: 123, publicKey, payload: abc },
      `19000000002b000000000000007b${'ee'.repeat(32)}616263`,
    ],
    [{ kind: 'reveal-status', code: REVEAL_CODE.ok }, '1a000000000108'],
    [
      { kind: 'consensus', code: CONSENSUS_CODE.notFound, document: new Uint8Array(0) },
      '13000000000101',
    ],
    [{ kind: 'get-consensus', epoch: 5 }, '1200000000080000000000000005'],
    [{ kind: 'retrieve-message', sequence: 7 }, '10000000000400000007'],
  ];

  it.each(cases)('%j', (command, wire) => {
    expect(toHex(encodeCommand(KATZENPOST_GEOMETRY, command))).toBe(wire);
    expect(decodeCommand(KATZENPOST_GEOMETRY, hex(wire))._unsafeUnwrap()).toEqual(command);
  });

  it('takes zeros behind a body, and an empty packet', () => {
    const decode = (text: string) => decodeCommand(KATZENPOST_GEOMETRY, hex(text))._unsafeUnwrap();
    expect(decode('00000000000000')).toEqual({ kind: 'no-op' });
    expect(decode('010000000000000000')).toEqual({ kind: 'disconnect' });
    expect(decode('020000000000')).toEqual({ kind: 'send-packet', packet: new Uint8Array(0) });
    expect(decode('100000000004000000070000')).toEqual({ kind: 'retrieve-message', sequence: 7 });
  });

  it.each([
    ['a no-op with a body', '00000000000100', { kind: 'trailing', extra: 1 }],
    ['a disconnect with a body', '01000000000100', { kind: 'trailing', extra: 1 }],
    ['an empty post-descriptor', '140000000000', { kind: 'truncated', field: 'epoch' }],
    ['an empty retrieve-message', '100000000000', { kind: 'truncated', field: 'sequence' }],
    ['a long retrieve-message', '10000000000500000007ff', { kind: 'trailing', extra: 1 }],
    ['a reserved byte', '000100000000', { kind: 'invalid', field: 'reserved', rule: 'all zero' }],
    ['padding', '00000000000001', { kind: 'invalid', field: 'padding', rule: 'all zero' }],
    ['an unknown id', '030000000000', { kind: 'invalid', field: 'command_id', rule: 'known' }],
    ['an empty consensus', '130000000000', { kind: 'truncated', field: 'error_code' }],
    ['a long status', '1500000000020000', { kind: 'trailing', extra: 1 }],
    ['a length past the end', '020000000001', { kind: 'truncated', field: 'body' }],
    ['the largest length', '0200ffffffff00', { kind: 'truncated', field: 'body' }],
    ['half a header', '0000000000', { kind: 'truncated', field: 'length' }],
    ['nothing', '', { kind: 'truncated', field: 'command_id' }],
    ['a short key', `18000000002700000000000000${'ee'.repeat(32)}`, { kind: 'truncated' }],
    ['an endless epoch', `120000000008${'ff'.repeat(8)}`, { kind: 'invalid', field: 'epoch' }],
  ])('refuses %s', (_, text, error) => {
    const refused = decodeCommand(KATZENPOST_GEOMETRY, hex(text))._unsafeUnwrapErr();
    expect(refused).toMatchObject(error);
  });
});

describe('the three forms of message', () => {
  const forms = (geometry: typeof SMALL): readonly Command[] => [
    { kind: 'message', hint: 1, sequence: 2, payload: pattern(geometry.userPayloadLength) },
    {
      kind: 'message-ack',
      hint: 3,
      sequence: 4,
      surbId: pattern(geometry.surbIdLength),
      payload: pattern(geometry.taggedPayloadLength),
    },
    { kind: 'message-empty', sequence: 5 },
  ];

  it('are all 51244 bytes', () => {
    const lengths = forms(KATZENPOST_GEOMETRY).map(
      (form) => encodeCommand(KATZENPOST_GEOMETRY, form).length,
    );
    expect(lengths).toEqual([51_244, 51_244, 51_244]);
  });

  it.each(forms(SMALL))('survive a small geometry: $kind', (form) => {
    const wire = encodeCommand(SMALL, form);
    expect(wire).toHaveLength(6 + 6 + SMALL.surbIdLength + SMALL.taggedPayloadLength);
    expect(decodeCommand(SMALL, wire)._unsafeUnwrap()).toEqual(form);
  });

  it('refuses a filler that is not zero, and a form that is none', () => {
    for (const form of forms(SMALL).filter((each) => each.kind !== 'message-ack')) {
      const wire = encodeCommand(SMALL, form);
      wire[wire.length - 1] = 1;
      expect(decodeCommand(SMALL, wire)._unsafeUnwrapErr()).toMatchObject({ field: 'filler' });
    }
    const wire = encodeCommand(SMALL, { kind: 'message-empty', sequence: 0 });
    wire[6] = 3;
    expect(decodeCommand(SMALL, wire)._unsafeUnwrapErr()).toMatchObject({ field: 'message_type' });
  });

  it('ignores the hint of an empty one', () => {
    const wire = encodeCommand(SMALL, { kind: 'message-empty', sequence: 9 });
    wire[7] = 200;
    expect(decodeCommand(SMALL, wire)._unsafeUnwrap()).toEqual({
      kind: 'message-empty',
      sequence: 9,
    });
  });

  it('throws on a payload of another geometry', () => {
    const payload = pattern(10);
    expect(() =>
      encodeCommand(SMALL, { kind: 'message', hint: 0, sequence: 0, payload }),
    ).toThrow();
  });
});

describe('any command', () => {
  it('comes back as it was, padded or not', () => {
    fc.assert(
      fc.property(anyCommand, fc.nat(40), (command, padding) => {
        const wire = concat(encodeCommand(SMALL, command), new Uint8Array(padding));
        expect(decodeCommand(SMALL, wire)._unsafeUnwrap()).toEqual(command);
      }),
    );
  });

  it('with a flipped byte is refused, or another command by design', () => {
    fc.assert(
      fc.property(anyCommand, fc.nat(), fc.integer({ min: 1, max: 255 }), (command, at, flip) => {
        const wire = encodeCommand(SMALL, command);
        const index = at % wire.length;
        wire[index] = (wire[index] ?? 0) ^ flip;
        const other = decodeCommand(SMALL, wire).unwrapOr(undefined);
        // The hint of an empty form is ignored; everything else has a meaning.
        if (command.kind !== 'message-empty') expect(other).not.toEqual(command);
      }),
      { numRuns: 500 },
    );
  });

  it('cut short is refused', () => {
    fc.assert(
      fc.property(anyCommand, fc.nat(), (command, at) => {
        const wire = encodeCommand(SMALL, command);
        expect(decodeCommand(SMALL, wire.subarray(0, at % wire.length)).isErr()).toBe(true);
      }),
    );
  });

  it('made of random bytes never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (wire) => {
        expect(decodeCommand(SMALL, wire).isOk()).toBeTypeOf('boolean');
      }),
      { numRuns: 2000 },
    );
  });

  it('refused 100 000 times leaves no memory behind', () => {
    const garbage = Array.from({ length: 100 }, (_, i) => pattern(i * 7).map((b) => b ^ i));
    const refuse = (rounds: number): number => {
      let refused = 0;
      for (let i = 0; i < rounds; i++) {
        const input = garbage[i % garbage.length] ?? new Uint8Array(0);
        refused += Number(decodeCommand(SMALL, input).isErr());
      }
      collectGarbage();
      expect(refused).toBeGreaterThan(rounds * 0.9);
      return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    };
    const before = refuse(5000);
    expect(refuse(100_000) - before).toBeLessThan(2 * 1024 * 1024);
  });
});
