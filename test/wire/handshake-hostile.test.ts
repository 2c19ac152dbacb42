import { describe, expect, it } from 'vitest';
import { manualClock } from '../../src/io/memory.js';
import { initiate, respond } from '../../src/wire/handshake.js';
import { hex, recordedRandom } from '../support/bytes.js';
import {
  first,
  identityOf,
  responderTime,
  second,
  setting,
  third,
  vectors,
} from '../support/handshake.js';
import { anyone } from '../support/link.js';

const flipped = (text: string, at: number, by: number): Uint8Array => {
  const bytes = hex(text);
  bytes[at] = (bytes[at] ?? 0) ^ by;
  return bytes;
};

/** What our responder makes of a first and a third message. */
const offerResponder = async (one: Uint8Array, three: Uint8Array) => {
  const random = recordedRandom(...vectors.responder.random_reads);
  const clock = manualClock({ startMs: responderTime * 1000 });
  const { deps, stream, peer } = setting({ clock, random });
  await peer.write(one);
  await peer.write(three);
  return respond(deps, stream, { identity: identityOf(vectors.responder), authenticate: anyone });
};

/** What our initiator makes of a second message. */
const offerInitiator = async (two: Uint8Array) => {
  const random = recordedRandom(...vectors.initiator.random_reads);
  const { deps, stream, peer } = setting({ clock: manualClock(), random });
  await peer.write(two);
  return initiate(deps, stream, { identity: identityOf(vectors.initiator), authenticate: anyone });
};

interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** One flipped bit in each `step`-th byte of a range, the bit changing from byte to byte. */
const flips = (text: string, { from, to, step }: Range): Uint8Array[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, i) =>
    flipped(text, from + i * step, 1 << (i % 8)),
  );

const REFUSED = { kind: 'handshake', reason: 'message' };

describe('a flipped byte', () => {
  it.each([
    ['the ephemeral key', { from: 1, to: 33, step: 1 }],
    ['the KEM key', { from: 33, to: 1601, step: 9 }],
  ])('in %s of the first message is refused, by the third if not before', async (_, range) => {
    for (const one of flips(first, range)) {
      const result = await offerResponder(one, hex(third));
      expect(result._unsafeUnwrapErr()).toEqual(REFUSED);
    }
  });

  it('in the prologue is not answered', async () => {
    for (const one of flips(first, { from: 0, to: 1, step: 1 })) {
      const result = await offerResponder(one, hex(third));
      expect(result._unsafeUnwrapErr()).toEqual({ kind: 'handshake', reason: 'prologue' });
    }
  });

  it.each([
    ['the ephemeral key', { from: 0, to: 32, step: 1 }],
    ['the KEM ciphertext', { from: 32, to: 1616, step: 9 }],
    ['the static key', { from: 1616, to: 1664, step: 1 }],
    ['the authenticate message', { from: 1664, to: 1940, step: 1 }],
  ])('in %s of the second message is refused', async (_, range) => {
    for (const two of flips(second, range)) {
      expect((await offerInitiator(two))._unsafeUnwrapErr()).toEqual(REFUSED);
    }
  });

  it('anywhere in the third message is refused', async () => {
    for (const three of flips(third, { from: 0, to: 324, step: 1 })) {
      const result = await offerResponder(hex(first), three);
      expect(result._unsafeUnwrapErr()).toEqual(REFUSED);
    }
  });

  it('is what makes the difference', async () => {
    expect((await offerResponder(hex(first), hex(third))).isOk()).toBe(true);
    expect((await offerInitiator(hex(second))).isOk()).toBe(true);
  });
});

describe('hostile keys', () => {
  it('of low order are refused', async () => {
    const one = hex(first);
    one.fill(0, 1, 33);
    const result = await offerResponder(one, hex(third));
    expect(result._unsafeUnwrapErr()).toEqual({ kind: 'handshake', reason: 'message' });
    const two = hex(second);
    two.fill(0, 0, 32);
    expect((await offerInitiator(two)).isErr()).toBe(true);
  });

  it('that are no KEM key are refused', async () => {
    const one = hex(first);
    one.fill(0xff, 33, 1601);
    const result = await offerResponder(one, hex(third));
    expect(result._unsafeUnwrapErr()).toEqual({ kind: 'handshake', reason: 'message' });
  });
});
