/** The three messages of a handshake from anybody, at every byte, on both ends. */
import { describe, expect, it } from 'vitest';
import { manualClock, seededRandom } from '../../src/io/memory.js';
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
import { expectFlat } from './memory.js';
import { cuts, mutants } from './mutants.js';

const [one, two, three] = [hex(first), hex(second), hex(third)];
const startMs = responderTime * 1000;

/** What our responder makes of a first and a third message, and nothing behind. */
const asResponder = async (first: Uint8Array, third: Uint8Array) => {
  const random = recordedRandom(...vectors.responder.random_reads);
  const { deps, stream, peer } = setting({ clock: manualClock({ startMs }), random });
  await peer.write(first);
  await peer.write(third);
  peer.end();
  const options = { identity: identityOf(vectors.responder), authenticate: anyone };
  return respond(deps, stream, options);
};

/** What our initiator makes of a second message, and nothing behind. */
const asInitiator = async (second: Uint8Array) => {
  const random = recordedRandom(...vectors.initiator.random_reads);
  const { deps, stream, peer } = setting({ clock: manualClock(), random });
  await peer.write(second);
  peer.end();
  const options = { identity: identityOf(vectors.initiator), authenticate: anyone };
  return initiate(deps, stream, options);
};

/** One flipped bit in each byte, the bit changing from byte to byte. */
function* flipped(message: Uint8Array): Generator<[at: number, bytes: Uint8Array]> {
  for (const [at, byte] of message.entries()) {
    const bytes = message.slice();
    bytes[at] = byte ^ (1 << (at % 8));
    yield [at, bytes];
  }
}

const REFUSED = { kind: 'handshake', reason: 'message' };

describe('a handshake', () => {
  it('succeeds when nothing was changed', async () => {
    expect((await asResponder(one, three)).isOk()).toBe(true);
    expect((await asInitiator(two)).isOk()).toBe(true);
  });

  it('fails at each flipped byte of the first message', async () => {
    for (const [at, bytes] of flipped(one)) {
      const refused = (await asResponder(bytes, three))._unsafeUnwrapErr();
      if (at === 0) expect(refused).toEqual({ kind: 'handshake', reason: 'prologue' });
      else expect(refused, `byte ${at}`).toEqual(REFUSED);
    }
  });

  it('fails at each flipped byte of the second message', async () => {
    for (const [at, bytes] of flipped(two)) {
      expect((await asInitiator(bytes))._unsafeUnwrapErr(), `byte ${at}`).toEqual(REFUSED);
    }
  });

  it('fails at each flipped byte of the third message', async () => {
    for (const [at, bytes] of flipped(three)) {
      expect((await asResponder(one, bytes))._unsafeUnwrapErr(), `byte ${at}`).toEqual(REFUSED);
    }
  });
});

describe('a cut handshake', () => {
  it('ends with the connection, wherever it is cut', async () => {
    for (const { bytes, what } of cuts(one)) {
      const refused = await asResponder(bytes, new Uint8Array(0));
      expect(refused._unsafeUnwrapErr().kind, what).toBe('link-ended');
    }
    for (const { bytes, what } of cuts(two)) {
      if (bytes.length % 8 !== 0) continue;
      expect((await asInitiator(bytes))._unsafeUnwrapErr().kind, what).toBe('link-ended');
    }
    for (const { bytes, what } of cuts(three)) {
      if (bytes.length % 4 !== 0) continue;
      expect((await asResponder(one, bytes))._unsafeUnwrapErr().kind, what).toBe('link-ended');
    }
  });
});

describe('a hostile handshake', () => {
  it('of random bytes, or spoilt in any way, is refused without a throw', async () => {
    const random = seededRandom('hostile');
    for (let at = 0; at < 300; at++) {
      const bytes = random(2000);
      if (at % 2 === 0) bytes[0] = 1;
      expect((await asResponder(bytes, three)).isErr()).toBe(true);
      expect((await asInitiator(bytes)).isErr()).toBe(true);
    }
    for (const { bytes } of mutants(three, 5)) await asResponder(one, bytes);
    for (const { bytes } of mutants(two, 5)) await asInitiator(bytes);
  });

  it('that replays a recorded first message learns nothing and gets no session', async () => {
    const random = seededRandom('another moment');
    const { deps, stream, peer } = setting({ clock: manualClock({ startMs }), random });
    const options = { identity: identityOf(vectors.responder), authenticate: anyone };
    const answered = respond(deps, stream, options);
    await peer.write(one);
    expect(await peer.read(two.length)).not.toEqual(two);
    await peer.write(three);
    expect((await answered)._unsafeUnwrapErr()).toEqual(REFUSED);
  });

  it('refused 100,000 times leaves nothing behind', async () => {
    const lowOrder = one.slice().fill(0, 1, 33);
    const unreduced = one.slice().fill(0xff, 33, 1601);
    const noPrologue = Array.from({ length: 18 }, (_, at) => new Uint8Array(1601).fill(at + 2));
    await expectFlat([lowOrder, unreduced, ...noPrologue], (bytes) => asResponder(bytes, three));
  });
});
