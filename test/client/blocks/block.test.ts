import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equal } from '../../../src/bytes/compare.js';
import { concat } from '../../../src/bytes/writer.js';
import {
  blockLength,
  blockPayloadLength,
  decodeBlock,
  encodeBlock,
  fragment,
  mailLimit,
} from '../../../src/client/blocks/block.js';
import {
  KATZENPOST_GEOMETRY,
  smallGeometry,
  TODAY_GEOMETRY,
} from '../../../src/sphinx/geometry.js';
import { hex, pattern, sha256, toHex } from '../../support/bytes.js';
import { referenceVectors } from '../../support/vectors.js';

interface BlockVector {
  readonly block_id: number;
  readonly block_length: number;
  readonly total_blocks: number;
  readonly plaintext_header: string;
  readonly plaintext_len: number;
  readonly plaintext_sha256: string;
}
interface Vectors {
  readonly message_id: string;
  readonly cases: readonly {
    readonly name: string;
    readonly message: string;
    readonly blocks: readonly BlockVector[];
  }[];
}

const vectors = ['block_encryption.json', 'block_fragmentation.json'].flatMap((file) => {
  const { message_id, cases } = referenceVectors<Vectors>(file);
  return cases.map((one) => ({ ...one, messageId: hex(message_id) }));
});
const geometry = KATZENPOST_GEOMETRY;
const small = smallGeometry(160);
const messageId = pattern(16);
const cut = (length: number) => fragment(pattern(length), { messageId, geometry })._unsafeUnwrap();

describe('block', () => {
  it('has the sizes of the specification', () => {
    expect(blockLength(geometry)).toBe(50_546);
    expect(blockPayloadLength(geometry)).toBe(50_522);
    expect(mailLimit(geometry)).toBe(3_310_959_270);
    expect(blockPayloadLength(TODAY_GEOMETRY)).toBe(2000 - 96 - 24);
  });

  it.each([
    [0, 1],
    [1, 1],
    [50_522, 1],
    [50_523, 2],
    [101_044, 2],
    [101_045, 3],
  ])('cuts %i bytes into %i blocks', (length, blocks) => {
    expect(cut(length)).toHaveLength(blocks);
  });

  it.each(vectors)('encodes and decodes as the reference: $name', ({ message, blocks, ...one }) => {
    const mail = hex(message);
    const fragments = fragment(mail, { messageId: one.messageId, geometry })._unsafeUnwrap();
    expect(fragments).toHaveLength(blocks.length);
    fragments.forEach((block, at) => {
      const bytes = encodeBlock(geometry, block);
      expect(toHex(bytes.subarray(0, 24))).toBe(blocks[at]?.plaintext_header);
      expect(bytes).toHaveLength(blocks[at]?.plaintext_len ?? 0);
      expect(sha256(bytes)).toBe(blocks[at]?.plaintext_sha256);
      const decoded = decodeBlock(geometry, bytes)._unsafeUnwrap();
      expect(sha256(encodeBlock(geometry, decoded))).toBe(sha256(bytes));
    });
    expect(equal(concat(...fragments.map(({ payload }) => payload)), mail)).toBe(true);
  });

  it('refuses a mail of too many blocks', () => {
    const tiny = smallGeometry(96 + 24 + 1);
    const options = { messageId, geometry: tiny };
    expect(fragment(pattern(65_535), options)._unsafeUnwrap()).toHaveLength(65_535);
    expect(fragment(pattern(65_536), options)._unsafeUnwrapErr()).toEqual({
      kind: 'mail-too-large',
      size: 65_536,
      limit: 65_535,
    });
  });

  it.each([
    ['index', { total: 1, index: 1, payload: pattern(1) }, 'block_id'],
    ['no blocks', { total: 0, index: 0, payload: pattern(1) }, 'block_id'],
  ])('refuses a bad %s', (_, fields, field) => {
    const bytes = encodeBlock(small, { messageId, ...fields });
    expect(decodeBlock(small, bytes)._unsafeUnwrapErr()).toMatchObject({ kind: 'invalid', field });
  });

  it('refuses wrong lengths and padding, also of an empty block', () => {
    const bytes = encodeBlock(small, { messageId, total: 1, index: 0, payload: pattern(0) });
    const padded = bytes.slice();
    padded[padded.length - 1] = 1;
    const long = bytes.slice();
    long[23] = blockPayloadLength(small) + 1;
    expect(decodeBlock(small, padded)._unsafeUnwrapErr()).toMatchObject({ field: 'padding' });
    expect(decodeBlock(small, long)._unsafeUnwrapErr()).toMatchObject({ field: 'block_length' });
    expect(decodeBlock(small, bytes.subarray(1)).isErr()).toBe(true);
    expect(decodeBlock(small, concat(bytes, pattern(1))).isErr()).toBe(true);
  });

  it('joins what it cut, at any size', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (mail) => {
        const blocks = fragment(mail, { messageId, geometry: small })._unsafeUnwrap();
        const decoded = blocks.map((block) =>
          decodeBlock(small, encodeBlock(small, block))._unsafeUnwrap(),
        );
        expect(concat(...decoded.map(({ payload }) => payload))).toEqual(mail);
        expect(decoded.map(({ index }) => index)).toEqual(blocks.map((_, at) => at));
      }),
    );
  });

  it('never throws on hostile bytes, and takes only what it would write', () => {
    const anyBytes = fc.uint8Array({ maxLength: 80, size: 'max' });
    fc.assert(
      fc.property(anyBytes, fc.nat(64), (bytes, at) => {
        const valid = encodeBlock(small, { messageId, total: 3, index: 2, payload: pattern(9) });
        valid.set(bytes.subarray(0, valid.length - at), Math.min(at, valid.length));
        for (const input of [bytes, valid]) {
          const read = decodeBlock(small, input);
          if (read.isOk()) expect(encodeBlock(small, read.value)).toEqual(input);
        }
      }),
    );
  });
});
