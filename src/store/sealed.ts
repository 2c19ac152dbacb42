/**
 * Sealed records: what of a record may lie on disk.
 *
 * Its place is a keyed hash of its collection and key, its content is encrypted and bound to that
 * place, and its length is rounded up to a step. Layout of a sealed record: nonce (12), then
 * ChaCha20-Poly1305 over collection, key and value, each behind its length, and zeros.
 * @module
 */
import { err, type Result } from 'neverthrow';
import { equal } from '../bytes/compare.js';
import { parse, type Reader } from '../bytes/reader.js';
import { utf8 } from '../bytes/text.js';
import { concat, Writer } from '../bytes/writer.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Random } from '../io/contracts.js';
import type { StoredRecord } from './store.js';

/** Where a record lies. */
export interface Place {
  /** The same for all records of a collection, 16 bytes. */
  readonly tag: Uint8Array;
  /** Of this record alone, 16 bytes. */
  readonly id: Uint8Array;
}

export interface Sealer {
  /** 32 bits, signed, by which a file's header tells a wrong key; nothing else depends on them. */
  readonly mark: number;
  /** {@link Place.tag} of a collection. */
  tag(collection: string): Uint8Array;
  place(collection: string, key: Uint8Array): Place;
  /** Other bytes each time, bound to `id`; the length is one of a few steps. */
  seal(collection: string, id: Uint8Array, record: StoredRecord): Uint8Array;
  /**
   * Opens what lies at a place, into fresh memory.
   *
   * @errors `broken`: wrong key, changed bytes, or a record of another place
   */
  open(collection: string, id: Uint8Array, sealed: Uint8Array): Result<StoredRecord, 'broken'>;
}

export const STORE_KEY_LENGTH = 32;

const SUBKEY_LENGTH = 32;
const HASH_LENGTH = 16;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const LENGTHS_LENGTH = 3 * 4;
/** Collections are few, but some are named by an epoch. */
const TAGS_KEPT = 64;
const SMALL_STEPS = [256, 1024, 4096];
/** Longer records are a multiple of it. */
const LARGE_STEP = 16_384;

/** The length that `length` bytes are padded to. */
export const stepFor = (length: number): number =>
  SMALL_STEPS.find((step) => length <= step) ?? Math.ceil(length / LARGE_STEP) * LARGE_STEP;

const encodeRecord = (collection: Uint8Array, { key, value }: StoredRecord): Uint8Array => {
  const length = LENGTHS_LENGTH + collection.length + key.length + value.length;
  const overhead = NONCE_LENGTH + TAG_LENGTH;
  const writer = new Writer(stepFor(length + overhead) - overhead);
  for (const part of [collection, key, value]) writer.u32(part.length).bytes(part);
  return writer.zeros(writer.remaining).done();
};

/** The padding must be zeros and the collection the one that was asked for. */
const decodeRecord = (from: Reader, wanted: Uint8Array): StoredRecord => {
  const collection = from.take(from.u32('collection_length'), 'collection');
  from.require(equal(collection, wanted), 'collection', 'the one asked for');
  const key = from.take(from.u32('key_length'), 'key').slice();
  const value = from.take(from.u32('value_length'), 'value').slice();
  from.zeros(from.remaining, 'padding');
  return { key, value };
};

/**
 * Sealing under a 32-byte key, from which one sub-key per purpose is expanded.
 *
 * @param deps - `random` gives the nonces: 96 random bits are safe for 2^32 records under one key
 */
export const makeSealer = (
  { primitives, random }: { readonly primitives: Primitives; readonly random: Random },
  key: Uint8Array,
): Sealer => {
  const subkey = (purpose: string): Uint8Array =>
    primitives.hkdfExpand(key, utf8(`postern store ${purpose}`), SUBKEY_LENGTH);
  const [tagKey, idKey, sealKey] = [subkey('collection'), subkey('record'), subkey('seal')];
  const hash = (hashKey: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array =>
    primitives.hmacSha256(hashKey, concat(...parts)).slice(0, HASH_LENGTH);
  const tags = new Map<string, Uint8Array>();
  const tag = (collection: string): Uint8Array => {
    const known = tags.get(collection) ?? hash(tagKey, utf8(collection));
    if (tags.size >= TAGS_KEPT) tags.clear();
    tags.set(collection, known);
    return known;
  };
  // No collection's name has a zero byte, so the separator keeps the two parts apart.
  const idOf = (collection: string, recordKey: Uint8Array): Uint8Array =>
    hash(idKey, utf8(collection), new Uint8Array(1), recordKey);
  return {
    mark: new DataView(subkey('mark').buffer).getInt32(0),
    tag,
    place: (collection, recordKey) => ({ tag: tag(collection), id: idOf(collection, recordKey) }),
    seal: (collection, id, record) => {
      const nonce = random(NONCE_LENGTH);
      const plaintext = encodeRecord(utf8(collection), record);
      return concat(nonce, primitives.aead.seal(sealKey, nonce, id, plaintext));
    },
    open: (collection, id, sealed) => {
      const nonce = sealed.subarray(0, NONCE_LENGTH);
      const ciphertext = sealed.subarray(NONCE_LENGTH);
      if (ciphertext.length < TAG_LENGTH) return err('broken');
      const plaintext = primitives.aead.open(sealKey, nonce, id, ciphertext);
      if (plaintext === undefined) return err('broken');
      const wanted = utf8(collection);
      return parse(plaintext, (from) => decodeRecord(from, wanted)).mapErr(() => 'broken');
    },
  };
};
