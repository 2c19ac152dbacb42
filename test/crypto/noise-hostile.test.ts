import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { makeKyber1024 } from '../../src/crypto/kyber.js';
import { N, startHandshake, X, XXHFS } from '../../src/crypto/noise.js';
import type { Handshake, HandshakeOptions } from '../../src/crypto/noise.js';
import { repeated } from '../support/bytes.js';
import { fast } from './implementations.js';
import { N_NAME, NO_RANDOM, NOTHING, oneWay, X_NAME } from './noise-support.js';

describe('Noise and hostile messages', () => {
  const keys = { sender: repeated(11, 32), recipient: repeated(22, 32) };
  const read = (message: Uint8Array): ReturnType<Handshake['read']> =>
    oneWay(fast, { ...keys, random: NO_RANDOM })
      .read()
      .read(message);
  const message = oneWay(fast, { ...keys, random: () => repeated(33, 32) })
    .write()
    .write(utf8('hello'));

  it('refuses every flipped byte of X but the bit of the ephemeral key that X25519 ignores', () => {
    for (let at = 0; at < message.length; at++) {
      const flipped = message.slice();
      flipped[at]! ^= 1;
      const error = read(flipped)._unsafeUnwrapErr();
      expect(error).toMatchObject({ kind: 'noise', reason: 'not-authentic' });
    }
    // That bit is hashed all the same.
    const flipped = message.slice();
    flipped[31]! ^= 0x80;
    expect(read(flipped).isErr()).toBe(true);
  });

  it('refuses every truncation', () => {
    for (let length = 0; length < message.length; length++) {
      expect(read(message.subarray(0, length)).isErr()).toBe(true);
    }
    expect(read(message.subarray(0, 31))._unsafeUnwrapErr()).toEqual({
      kind: 'noise',
      field: 'e',
      reason: 'truncated',
    });
    expect(read(message.subarray(0, 79))._unsafeUnwrapErr()).toMatchObject({ field: 's' });
    expect(read(message.subarray(0, 90))._unsafeUnwrapErr()).toMatchObject({ field: 'payload' });
  });

  it('never throws at random bytes, whatever the pattern', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(read(bytes).isErr()).toBe(true);
        expect(linkEnd(false).read(bytes).isErr()).toBe(bytes.length < 1600);
        expect(waiting().read(bytes).isErr()).toBe(true);
      }),
    );
  });

  const linkEnd = (initiator: boolean): Handshake =>
    startHandshake({
      primitives: fast,
      pattern: XXHFS,
      protocolName: 'Noise_XXhfs_25519+kyber1024_ChaChaPoly_BLAKE2b',
      prologue: Uint8Array.of(1),
      initiator,
      static: keys.sender,
      kem: makeKyber1024(fast),
      random: (length) => repeated(44, length),
    });

  /** An initiator that has written its first message. */
  const waiting = (): Handshake => {
    const handshake = linkEnd(true);
    handshake.write(NOTHING);
    return handshake;
  };

  it('refuses low-order points and malformed KEM keys when they are read', () => {
    const first = linkEnd(true).write(NOTHING);
    const lowOrder = first.slice();
    lowOrder.fill(0, 0, 32);
    expect(linkEnd(false).read(lowOrder)._unsafeUnwrapErr()).toEqual({
      kind: 'noise',
      field: 'e',
      reason: 'low-order',
    });
    const unreduced = first.slice();
    unreduced.fill(0xff, 32, 40);
    expect(linkEnd(false).read(unreduced)._unsafeUnwrapErr()).toEqual({
      kind: 'noise',
      field: 'e1',
      reason: 'malformed-kem-key',
    });
  });

  it('refuses a flipped byte anywhere in the second link message', () => {
    const responder = linkEnd(false);
    responder.read(linkEnd(true).write(NOTHING))._unsafeUnwrap();
    const second = responder.write(repeated(1, 260));
    expect(second).toHaveLength(1940);
    expect(waiting().read(second).isOk()).toBe(true);
    for (let at = 0; at < second.length; at += 37) {
      const flipped = second.slice();
      flipped[at]! ^= 4;
      expect(waiting().read(flipped).isErr()).toBe(true);
    }
  });

  it('refuses a message over 1 MiB', () => {
    expect(read(new Uint8Array(1048577))._unsafeUnwrapErr()).toMatchObject({ reason: 'too-long' });
  });
});

describe('Noise and mistakes of the program', () => {
  const options: HandshakeOptions = {
    primitives: fast,
    pattern: X,
    protocolName: X_NAME,
    prologue: NOTHING,
    initiator: true,
    static: repeated(1, 32),
    remoteStatic: fast.x25519.publicKey(fast.x25519.scalar(repeated(2, 32))),
    random: (length) => repeated(3, length),
  };

  it('throws at a message out of turn, a missing key or an early split', () => {
    expect(() => startHandshake(options).read(NOTHING)).toThrow();
    expect(() => startHandshake(options).split()).toThrow();
    const done = startHandshake(options);
    done.write(NOTHING);
    expect(() => done.write(NOTHING)).toThrow();
    expect(() => startHandshake({ ...options, remoteStatic: undefined })).toThrow();
    expect(() => startHandshake({ ...options, static: undefined }).write(NOTHING)).toThrow();
    expect(() => startHandshake({ ...options, remoteStatic: new Uint8Array(32) })).toThrow(
      RangeError,
    );
    expect(() =>
      startHandshake({ ...options, protocolName: 'Noise_X_25519_AESGCM_SHA512' }),
    ).toThrow(RangeError);
  });

  it('forgets its secrets when it is wiped', () => {
    const handshake = startHandshake(options);
    const ours = startHandshake({ ...options, pattern: N, protocolName: N_NAME });
    ours.write(NOTHING);
    const { send } = ours.split();
    send.wipe();
    expect(send.exportKey()).toEqual(new Uint8Array(32));
    handshake.wipe();
    expect(options.static).toEqual(repeated(1, 32));
  });

  it('opens nothing shorter than a tag, and keeps its counter then', () => {
    const handshake = startHandshake({ ...options, pattern: N, protocolName: N_NAME });
    handshake.write(NOTHING);
    const { receive } = handshake.split();
    expect(receive.open(NOTHING, new Uint8Array(15))).toBeUndefined();
    expect(receive.open(NOTHING, new Uint8Array(16))).toBeUndefined();
    expect(receive.nonce).toBe(0);
  });
});
