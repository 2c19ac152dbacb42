import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/text.js';
import { portablePrimitives } from '../../src/crypto/portable.js';
import { makeFastPrimitives } from '../../src/crypto/fast.js';
import { decodeSlot, encodeSlot } from '../../src/sphinx/commands.js';
import { KATZENPOST_GEOMETRY, smallGeometry } from '../../src/sphinx/geometry.js';
import type { PathHop } from '../../src/sphinx/header.js';
import { createPacket } from '../../src/sphinx/packet.js';
import { decodePlaintext, encodePlaintext } from '../../src/sphinx/plaintext.js';
import { createSurb, openReply, useSurb } from '../../src/sphinx/surb.js';
import { unwrap } from '../../src/sphinx/unwrap.js';
import { countingRandom, repeated } from '../support/bytes.js';

const geometry = smallGeometry(200);
const primitives = makeFastPrimitives();
const suite = { geometry, primitives };
const secrets = [1, 2, 3, 4, 5].map((n) => primitives.x25519.scalar(repeated(n * 17, 32)));

const pathOf = (hops: number): PathHop[] =>
  secrets.slice(0, hops).map((secret, i) => ({
    nodeId: repeated(i + 1, 32),
    mixKey: primitives.x25519.publicKey(secret),
    commands:
      i === hops - 1
        ? [{ kind: 'recipient', recipient: repeated(7, 64) }]
        : [{ kind: 'node-delay', delayMs: i }],
  }));

const packetOf = (hops: number, payload = new Uint8Array(geometry.payloadLength)): Uint8Array =>
  createPacket(suite, {
    path: pathOf(hops),
    payload,
    random: countingRandom(hops),
  })._unsafeUnwrap();

const [firstSecret] = secrets;
if (!firstSecret) throw new Error('no key');

describe('geometry', () => {
  it('has the lengths of core v0.0.12', () => {
    expect(KATZENPOST_GEOMETRY).toMatchObject({
      perHopLength: 82,
      routingInfoLength: 410,
      headerLength: 460,
      surbLength: 556,
      payloadLength: 51_200,
      taggedPayloadLength: 51_216,
      packetLength: 51_676,
      kdfLength: 144,
    });
  });
});

describe('packets', () => {
  it('pass any number of hops with any payload', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.uint8Array({ minLength: geometry.payloadLength, maxLength: geometry.payloadLength }),
        (hops, payload) => {
          let packet = packetOf(hops, payload);
          for (const secret of secrets.slice(0, hops)) {
            const hop = unwrap(suite, packet, secret)._unsafeUnwrap();
            if (hop.kind === 'terminal') expect(toHex(hop.payload)).toBe(toHex(payload));
            else packet = hop.packet;
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are refused when any header byte was changed', () => {
    const packet = packetOf(5);
    for (let at = 0; at < geometry.headerLength; at++) {
      const changed = packet.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      expect(unwrap(suite, changed, firstSecret).isErr(), `byte ${at}`).toBe(true);
    }
  });

  it('are refused at their end when any payload byte was changed on the way', () => {
    const packet = packetOf(2);
    for (let at = geometry.headerLength; at < packet.length; at += 7) {
      const changed = packet.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      const hop = unwrap(suite, changed, firstSecret)._unsafeUnwrap();
      if (hop.kind !== 'forward' || !secrets[1]) throw new Error('not forwarded');
      expect(unwrap(suite, hop.packet, secrets[1])._unsafeUnwrapErr().kind).toBe('bad-payload-tag');
    }
  });

  it('of random bytes are refused as values', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), (bytes) => {
        expect(unwrap(suite, bytes, firstSecret).isErr()).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('do not grow memory over 100,000 forgeries', () => {
    const forged = packetOf(5);
    forged[0] = 1;
    for (let i = 0; i < 10_000; i++) unwrap(suite, forged, firstSecret);
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 100_000; i++) unwrap(suite, forged, firstSecret);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
  });

  it.each([portablePrimitives, primitives])('with a low-order element are refused ($name)', (p) => {
    const forged = packetOf(5);
    forged.fill(0, geometry.adLength, geometry.adLength + 32);
    const opened = unwrap({ geometry, primitives: p }, forged, p.x25519.scalar(repeated(17, 32)));
    expect(opened._unsafeUnwrapErr().kind).toBe('low-order-element');
  });

  it('are not made for a node with a low-order key', () => {
    const path = pathOf(3).map((hop, i) =>
      i === 1 ? { ...hop, mixKey: new Uint8Array(32) } : hop,
    );
    const made = createPacket(suite, {
      path,
      payload: new Uint8Array(geometry.payloadLength),
      random: countingRandom(3),
    });
    expect(made._unsafeUnwrapErr()).toEqual({ kind: 'low-order-key', hop: 1 });
  });
});

describe('routing slots', () => {
  it('of random bytes give commands that encode to themselves, or are refused', () => {
    const slot = fc.uint8Array({
      minLength: geometry.perHopLength,
      maxLength: geometry.perHopLength,
    });
    const likely = slot.map((bytes) => bytes.map((byte, i) => (i === 0 ? byte % 4 : byte)));
    fc.assert(
      fc.property(fc.oneof(slot, likely), (bytes) => {
        decodeSlot(geometry, bytes).map((commands) => {
          expect(toHex(encodeSlot(geometry, commands))).toBe(toHex(bytes));
        });
      }),
      { numRuns: 3000 },
    );
  });

  it('may be filled to the last byte', () => {
    const commands = [
      { kind: 'recipient', recipient: repeated(1, 64) },
      { kind: 'surb-reply', surbId: repeated(2, 16) },
    ] as const;
    expect(decodeSlot(geometry, encodeSlot(geometry, commands))._unsafeUnwrap()).toEqual(commands);
  });
});

describe('reply blocks', () => {
  const surbPath = pathOf(4).map((hop, i) =>
    i === 3
      ? {
          ...hop,
          commands: [...hop.commands, { kind: 'surb-reply', surbId: repeated(9, 16) } as const],
        }
      : hop,
  );
  const { surb, keys } = createSurb(suite, {
    path: surbPath,
    random: countingRandom(0),
  })._unsafeUnwrap();

  const replyTo = (payload: Uint8Array): Uint8Array => {
    let { packet } = useSurb(suite, surb, payload)._unsafeUnwrap();
    for (const secret of secrets.slice(0, 4)) {
      const hop = unwrap(suite, packet, secret)._unsafeUnwrap();
      if (hop.kind === 'terminal') return hop.payload;
      packet = hop.packet;
    }
    throw new Error('not delivered');
  };

  it('bring a reply that only their keys open', () => {
    const payload = repeated(3, geometry.payloadLength);
    const reply = replyTo(payload);
    expect(reply.length).toBe(geometry.taggedPayloadLength);
    expect(toHex(openReply(suite, keys, reply)._unsafeUnwrap())).toBe(toHex(payload));
    for (let at = 0; at < keys.length; at += 5) {
      const changed = keys.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect(openReply(suite, changed, reply)._unsafeUnwrapErr().kind).toBe('reply-tag');
    }
  });

  it('of another length, and keys of another length, are refused', () => {
    const payload = new Uint8Array(geometry.payloadLength);
    expect(useSurb(suite, surb.subarray(1), payload)._unsafeUnwrapErr().kind).toBe('truncated');
    expect(openReply(suite, keys.subarray(1), payload)._unsafeUnwrapErr().kind).toBe('reply-keys');
    expect(openReply(suite, new Uint8Array(0), payload)._unsafeUnwrapErr().kind).toBe('reply-keys');
  });
});

describe('forward plaintexts', () => {
  it('decode to what was encoded', () => {
    const body = repeated(5, geometry.userPayloadLength);
    const surb = repeated(6, geometry.surbLength);
    for (const plaintext of [
      { kind: 'plain', body },
      { kind: 'with-surb', surb, body },
    ] as const) {
      expect(
        decodePlaintext(geometry, encodePlaintext(geometry, plaintext))._unsafeUnwrap(),
      ).toEqual(plaintext);
    }
  });

  it('with unknown flags, a reserved byte or another size are refused', () => {
    const good = encodePlaintext(geometry, { kind: 'plain', body: repeated(5, 10) });
    for (const at of [0, 1]) {
      const changed = good.slice();
      changed[at] = 2;
      expect(decodePlaintext(geometry, changed)._unsafeUnwrapErr().kind).toBe('invalid');
    }
    expect(decodePlaintext(geometry, good.subarray(1)).isErr()).toBe(true);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        decodePlaintext(geometry, bytes);
      }),
    );
  });
});
