/** Packets, routing commands, plaintexts and reply blocks from anybody. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeFastPrimitives } from '../../src/crypto/fast.js';
import { seededRandom } from '../../src/io/memory.js';
import { decodeSlot, encodeSlot } from '../../src/sphinx/commands.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import type { PathHop } from '../../src/sphinx/header.js';
import { createPacket } from '../../src/sphinx/packet.js';
import { decodePlaintext, encodePlaintext } from '../../src/sphinx/plaintext.js';
import { createSurb, openReply, useSurb } from '../../src/sphinx/surb.js';
import { unwrap } from '../../src/sphinx/unwrap.js';
import { countingRandom, repeated } from '../support/bytes.js';
import { expectFlat } from './memory.js';
import { flips, mutants } from './mutants.js';
import { describeParser } from './parser.js';

const geometry = smallGeometry(100);
const primitives = makeFastPrimitives();
const suite = { geometry, primitives };
const { x25519 } = primitives;
const secrets = [1, 2, 3].map((n) => x25519.scalar(repeated(n * 17, 32)));
const [mixKey, nextKey] = secrets as [(typeof secrets)[0], (typeof secrets)[0]];

const recipient = { kind: 'recipient', recipient: repeated(7, 64) } as const;
const surbReply = { kind: 'surb-reply', surbId: repeated(9, 16) } as const;
const delay = { kind: 'node-delay', delayMs: 70_000 } as const;

const pathOf = (last: PathHop['commands']): PathHop[] =>
  secrets.map((secret, at) => ({
    nodeId: repeated(at + 1, 32),
    mixKey: x25519.publicKey(secret),
    commands: at === secrets.length - 1 ? last : [delay],
  }));

const packet = createPacket(suite, {
  path: pathOf([recipient]),
  payload: repeated(5, geometry.payloadLength),
  random: countingRandom(1),
})._unsafeUnwrap();

describe('a packet', () => {
  it('with a flipped byte in its header is refused, at every byte', () => {
    for (const { at, what, bytes } of flips(packet)) {
      if (at >= geometry.headerLength) break;
      expect(unwrap(suite, bytes, mixKey).isErr(), what).toBe(true);
    }
  });

  it('with a flipped byte in its payload is another one, which dies at its end', () => {
    const good = unwrap(suite, packet, mixKey)._unsafeUnwrap();
    for (const { at, what, bytes } of flips(packet)) {
      if (at < geometry.headerLength) continue;
      let hop = unwrap(suite, bytes, mixKey);
      expect(isDeepStrictEqual(hop._unsafeUnwrap(), good), what).toBe(false);
      for (const secret of secrets.slice(1)) {
        const { kind, ...rest } = hop._unsafeUnwrap();
        if (kind !== 'forward' || !('packet' in rest)) throw new Error(what);
        hop = unwrap(suite, rest.packet, secret);
      }
      expect(hop._unsafeUnwrapErr().kind, what).toBe('bad-payload-tag');
    }
  });

  it('cut anywhere is refused or without what its end needs', () => {
    for (let length = 0; length < packet.length; length++) {
      const opened = unwrap(suite, packet.subarray(0, length), mixKey);
      expect(opened.isOk()).toBe(length >= geometry.headerLength);
      if (opened.isErr() || opened.value.kind !== 'forward') continue;
      const end = unwrap(suite, opened.value.packet, nextKey).andThen((hop) =>
        unwrap(
          suite,
          hop.kind === 'forward' ? hop.packet : new Uint8Array(0),
          secrets[2] ?? mixKey,
        ),
      );
      expect(end._unsafeUnwrapErr().kind).toBe('bad-payload-tag');
    }
  });

  it('spoilt in any way throws at no layer', () => {
    for (const { bytes } of mutants(packet, 60)) unwrap(suite, bytes, mixKey);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), (bytes) => {
        bytes.fill(0, 0, 2);
        expect(unwrap(suite, bytes, mixKey).isErr()).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves nothing behind, 100,000 times, refused at each stage or taken', async () => {
    const wrongVersion = packet.slice().fill(1, 0, 1);
    const wrongMac = packet.slice().fill(1, 40, 41);
    const lowOrder = packet.slice().fill(0, 2, 34);
    const wrongPayload = packet.slice().fill(1, packet.length - 1);
    // One in ten costs an X25519 or more.
    const cheap = Array.from({ length: 36 }, (_, at) =>
      at % 2 === 0 ? wrongVersion : packet.slice(0, 10 * at),
    );
    const inputs = [packet, wrongMac, lowOrder, wrongPayload, ...cheap];
    await expectFlat(inputs, (bytes) => unwrap(suite, bytes, mixKey));
  });
});

describeParser('the slot of a hop', {
  read: (bytes) => decodeSlot(geometry, bytes),
  valid: [
    encodeSlot(geometry, [delay, recipient]),
    encodeSlot(geometry, [recipient, surbReply]),
    encodeSlot(geometry, [
      delay,
      { kind: 'next-node', nodeId: repeated(1, 32), mac: repeated(2, 16) },
    ]),
  ],
  // Nodes cut the slots themselves, always at one length; zeros may follow a command or not.
  cut: 'any',
});

describeParser('a forward plaintext', {
  read: (bytes) => decodePlaintext(geometry, bytes),
  valid: [
    encodePlaintext(geometry, { kind: 'plain', body: repeated(5, 100) }),
    encodePlaintext(geometry, {
      kind: 'with-surb',
      surb: repeated(6, geometry.surbLength),
      body: repeated(5, 100),
    }),
  ],
  // Nobody looks at the place of a SURB that is not there.
  ignored: (at, valid) => valid[0] === 0 && at >= 2 && at < 2 + geometry.surbLength,
});

describe('a reply block', () => {
  const made = createSurb(suite, {
    path: pathOf([recipient, surbReply]),
    random: seededRandom('surb'),
  })._unsafeUnwrap();
  const payload = repeated(3, geometry.payloadLength);

  const replyOf = (surb: Uint8Array): Uint8Array | undefined => {
    let bytes = useSurb(suite, surb, payload)._unsafeUnwrap().packet;
    for (const secret of secrets) {
      const hop = unwrap(suite, bytes, secret);
      if (hop.isErr()) return undefined;
      if (hop.value.kind === 'terminal') return hop.value.payload;
      bytes = hop.value.packet;
    }
    return undefined;
  };

  const reply = replyOf(made.surb) ?? new Uint8Array(0);

  it('brings its reply when nothing was changed', () => {
    expect(openReply(suite, made.keys, reply)._unsafeUnwrap()).toEqual(payload);
  });

  it('with any flipped byte brings no reply that its keys open', () => {
    for (const { at, what, bytes } of flips(made.surb)) {
      const isFirstHop = at >= geometry.headerLength && at < geometry.headerLength + 32;
      const brought = replyOf(bytes);
      // The first hop only says where it goes; here it goes to the right one all the same.
      if (isFirstHop) expect(brought, what).toBeDefined();
      else if (brought !== undefined) {
        expect(openReply(suite, made.keys, brought).isErr(), what).toBe(true);
      }
    }
  });

  it('of another length is refused, and of low order dies at the first hop', () => {
    for (const length of [0, 1, geometry.surbLength - 1, geometry.surbLength + 1]) {
      expect(useSurb(suite, new Uint8Array(length), payload).isErr()).toBe(true);
    }
    const lowOrder = made.surb.slice().fill(0, 2, 34);
    const { packet: forged } = useSurb(suite, lowOrder, payload)._unsafeUnwrap();
    expect(unwrap(suite, forged, mixKey)._unsafeUnwrapErr().kind).toBe('low-order-element');
  });

  it('leaves nothing behind, 100,000 times', async () => {
    const inputs = [made.surb, made.surb.slice(1), repeated(0xff, 100), repeated(0, 600)];
    await expectFlat(inputs, (surb) => useSurb(suite, surb, payload));
  });
});

describeParser('a reply', {
  ...replySetting(),
});

/** A reply as its maker gets it. */
function replySetting() {
  // Of a path of no hops: one layer of encryption instead of six.
  const keys = seededRandom('reply')(geometry.payloadKeyLength);
  const sealed = sealReply(keys, repeated(4, geometry.payloadLength));
  const read = (bytes: Uint8Array) => openReply(suite, keys, bytes);
  return { read, valid: [sealed], places: 60, randomRuns: 1000 };
}

/** The inverse of opening: what the hops make of a payload. */
function sealReply(keys: Uint8Array, payload: Uint8Array): Uint8Array {
  const { wideBlock } = primitives;
  const entries = Array.from({ length: keys.length / 64 }, (_, at) =>
    keys.subarray(at * 64, (at + 1) * 64),
  );
  const tagged = new Uint8Array(geometry.taggedPayloadLength);
  tagged.set(payload, geometry.payloadTagLength);
  return entries.reduceRight((body, entry, at) => {
    const [key, iv] = [entry.subarray(0, 48), entry.subarray(48)];
    const isLast = at === entries.length - 1;
    return isLast ? wideBlock.encrypt(key, iv, body) : wideBlock.decrypt(key, iv, body);
  }, tagged);
}
