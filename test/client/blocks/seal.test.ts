import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equal } from '../../../src/bytes/compare.js';
import { utf8 } from '../../../src/bytes/text.js';
import { encodeBlock, fragment } from '../../../src/client/blocks/block.js';
import { openBlock, sealBlock } from '../../../src/client/blocks/seal.js';
import { startHandshake, X } from '../../../src/crypto/noise.js';
import { portablePrimitives as primitives } from '../../../src/crypto/portable.js';
import { selectPrimitives } from '../../../src/crypto/select.js';
import { seededRandom } from '../../../src/io/memory.js';
import { KATZENPOST_GEOMETRY, smallGeometry } from '../../../src/sphinx/geometry.js';
import { hex, recordedRandom, repeated, sha256, toHex } from '../../support/bytes.js';
import { referenceVectors } from '../../support/vectors.js';

interface Vectors {
  readonly message_id: string;
  readonly sender_private: string;
  readonly recipient_private: string;
  readonly recipient_public: string;
  readonly cases: readonly {
    readonly name: string;
    readonly message: string;
    readonly blocks: readonly {
      readonly ephemeral_private: string;
      readonly ciphertext?: string;
      readonly ciphertext_len: number;
      readonly ciphertext_prefix_96: string;
      readonly ciphertext_tail_16: string;
      readonly ciphertext_sha256: string;
    }[];
  }[];
}

const geometry = KATZENPOST_GEOMETRY;
const files = ['block_encryption.json', 'block_fragmentation.json'].map((file) =>
  referenceVectors<Vectors>(file),
);
const cases = files.flatMap((file) => file.cases.map((one) => ({ ...file, ...one })));
const publicKey = (secret: Uint8Array): Uint8Array =>
  primitives.x25519.publicKey(primitives.x25519.scalar(secret));

describe('sealed blocks', () => {
  it.each(cases)('are those of the reference, both directions: $name', (one) => {
    const messageId = hex(one.message_id);
    const senderSecret = hex(one.sender_private);
    const fragments = fragment(hex(one.message), { messageId, geometry })._unsafeUnwrap();
    fragments.forEach((block, at) => {
      const wanted = one.blocks[at];
      const random = recordedRandom(wanted?.ephemeral_private ?? '');
      const deps = { primitives: selectPrimitives(), random, geometry };
      const keys = { senderSecret, recipientKey: hex(one.recipient_public) };
      const sealed = sealBlock(deps, block, keys);
      expect(sealed).toHaveLength(wanted?.ciphertext_len ?? 0);
      expect(toHex(sealed.subarray(0, 96))).toBe(wanted?.ciphertext_prefix_96);
      expect(toHex(sealed.subarray(-16))).toBe(wanted?.ciphertext_tail_16);
      expect(sha256(sealed)).toBe(wanted?.ciphertext_sha256);
      if (wanted?.ciphertext !== undefined) expect(toHex(sealed)).toBe(wanted.ciphertext);
      const opened = openBlock(deps, sealed, hex(one.recipient_private))._unsafeUnwrap();
      expect(toHex(opened.senderKey)).toBe(toHex(publicKey(senderSecret)));
      expect(equal(encodeBlock(geometry, opened.block), encodeBlock(geometry, block))).toBe(true);
    });
  });

  it('is the full block of mailproxy', () => {
    const ephemeral = '404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f';
    const deps = { primitives, random: recordedRandom(ephemeral), geometry };
    const payload = utf8('Subject: test\r\n\r\nhello\r\n');
    const block = { messageId: repeated(0xa5, 16), total: 1, index: 0, payload };
    const sealed = sealBlock(deps, block, {
      senderSecret: hex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'),
      recipientKey: hex('358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254'),
    });
    expect(toHex(sealed.subarray(-32))).toBe(
      '14d507bdd2bfd008bb80ddfdf9edad9bd9cd6878b6b6124cfed632b8bcd0d257',
    );
    expect(sha256(sealed)).toBe('2276e81c4f9d8bdb8bc935a847b0645f249dd0c7d1cb26b0e8d7f3804fbc0f7d');
  });

  it('is the block of minclient', () => {
    const ephemeral = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
    const deps = { primitives, random: recordedRandom(ephemeral), geometry };
    const messageId = hex('000102030405060708090a0b0c0d0e0f');
    const block = { messageId, total: 1, index: 0, payload: utf8('hello') };
    const recipientKey = publicKey(repeated(0x22, 32));
    const sealed = sealBlock(deps, block, { senderSecret: repeated(0x11, 32), recipientKey });
    expect(sha256(sealed)).toBe('aaa91c13a8df7224c3d6cd2644107b78e9ac9291346827de1c4a85c034fe7f24');
  });

  it('runs a short Noise message as the reference', () => {
    const handshake = startHandshake({
      primitives,
      pattern: X,
      protocolName: 'Noise_X_25519_ChaChaPoly_SHA256',
      prologue: new Uint8Array(),
      initiator: true,
      static: hex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'),
      remoteStatic: hex('358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254'),
      random: recordedRandom('404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f'),
    });
    expect(toHex(handshake.write(utf8('hello')))).toBe(
      '79a631eede1bf9c98f12032cdeadd0e7a079398fc786b88cc846ec89af85a51ad203cd28d81cf65a2da637f557a05728' +
        'b3ae4abdc3a42d1cda5f719d6cf41d7f2cf1b1c5af10e38a09a9bb7e3b1d589a15d3db2a9a5c692a214ac0fa95440dcb' +
        '2327d711f0',
    );
  });
});

describe('openBlock', () => {
  const small = smallGeometry(160);
  const deps = { primitives: selectPrimitives(), random: seededRandom('seal'), geometry: small };
  const recipientSecret = repeated(0x22, 32);
  const keys = { senderSecret: repeated(0x11, 32), recipientKey: publicKey(recipientSecret) };
  const block = { messageId: repeated(7, 16), total: 2, index: 1, payload: utf8('payload') };

  it('gives other bytes each time, and the block each time', () => {
    const [one, two] = [sealBlock(deps, block, keys), sealBlock(deps, block, keys)];
    expect(toHex(one)).not.toBe(toHex(two));
    for (const sealed of [one, two]) {
      expect(sealed).toHaveLength(small.userPayloadLength);
      expect(openBlock(deps, sealed, recipientSecret)._unsafeUnwrap().block).toEqual(block);
    }
  });

  it('refuses every flipped byte, every other length and every other recipient', () => {
    const sealed = sealBlock(deps, block, keys);
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      expect(openBlock(deps, changed, recipientSecret).isErr()).toBe(true);
    }
    expect(openBlock(deps, sealed.subarray(1), recipientSecret).isErr()).toBe(true);
    expect(openBlock(deps, sealed, repeated(0x33, 32)).isErr()).toBe(true);
  });

  it('refuses what is sealed to us and is no block', () => {
    const handshake = startHandshake({
      ...deps,
      pattern: X,
      protocolName: 'Noise_X_25519_ChaChaPoly_SHA256',
      prologue: new Uint8Array(),
      initiator: true,
      static: keys.senderSecret,
      remoteStatic: keys.recipientKey,
    });
    const sealed = handshake.write(repeated(0xff, 64));
    expect(openBlock(deps, sealed, recipientSecret)._unsafeUnwrapErr().kind).toBe('invalid');
  });

  it('never throws on hostile bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(openBlock(deps, bytes, recipientSecret).isErr()).toBe(true);
      }),
    );
  });
});
