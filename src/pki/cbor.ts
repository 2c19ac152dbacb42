/**
 * The few CBOR types that certificates are made of, in their one shortest form.
 *
 * Layout: RFC 8949; maps keep the order in which they were made, because certificates have a
 * declared order that is none of CBOR's canonical ones.
 * @module
 */
import { decode } from 'cborg';
import { equal } from '../bytes/compare.js';
import { utf8 } from '../bytes/text.js';
import { concat, concatAll, Writer } from '../bytes/writer.js';

/** Integers, text, byte strings, arrays, and maps with text keys in order. */
export type CborItem =
  number | string | Uint8Array | readonly CborItem[] | ReadonlyMap<string, CborItem>;

/** What can be written: certificates have no truth values. */
export type CborOutput =
  boolean | number | string | Uint8Array | readonly CborOutput[] | ReadonlyMap<string, CborOutput>;

/** A link frame holds no more. */
const MAX_LENGTH = 1 << 20;
const MAX_DEPTH = 8;

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5 } as const;
const SIMPLE = { false: 0xf4, true: 0xf5 } as const;

const DECODE_OPTIONS = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  useMaps: true,
  rejectDuplicateMapKeys: true,
};
const LENIENT_OPTIONS = { ...DECODE_OPTIONS, strict: false, allowIndefinite: true };

/** The shortest form of `item`; a number that is no safe integer is a programmer's mistake. */
export const encodeCbor = (item: CborOutput): Uint8Array => {
  if (typeof item === 'boolean') return new Uint8Array([item ? SIMPLE.true : SIMPLE.false]);
  if (typeof item === 'number') return encodeInteger(item);
  if (typeof item === 'string') return lengthFirst(MAJOR.text, utf8(item));
  if (item instanceof Uint8Array) return lengthFirst(MAJOR.bytes, item);
  if (isList(item)) return concatAll([head(MAJOR.array, item.length), ...item.map(encodeCbor)]);
  const members = [...item].flatMap(([key, value]) => [encodeCbor(key), encodeCbor(value)]);
  return concatAll([head(MAJOR.map, item.size), ...members]);
};

/**
 * Reads one item that fills `bytes`.
 *
 * @returns the item, whose byte strings may be views; `undefined` for anything but the shortest
 *   form of a {@link CborItem} of at most 1 MiB
 */
export const decodeCbor = (bytes: Uint8Array): CborItem | undefined => {
  if (bytes.length > MAX_LENGTH) return undefined;
  const item = toItem(decodeAny(bytes, DECODE_OPTIONS), MAX_DEPTH);
  // Floats look like integers once decoded; only the bytes tell.
  return item !== undefined && equal(encodeCbor(item), bytes) ? item : undefined;
};

/**
 * Reads the members of one map with text keys, in whatever form other programs write it.
 *
 * @returns values that the caller must look at; `undefined` for anything but such a map of at most
 *   1 MiB
 */
export const decodeCborMap = (bytes: Uint8Array): ReadonlyMap<string, unknown> | undefined => {
  const map = bytes.length > MAX_LENGTH ? undefined : decodeAny(bytes, LENIENT_OPTIONS);
  return isTextMap(map) ? map : undefined;
};

const isTextMap = (value: unknown): value is ReadonlyMap<string, unknown> =>
  value instanceof Map && [...value.keys()].every((key) => typeof key === 'string');

const decodeAny = (bytes: Uint8Array, options: typeof DECODE_OPTIONS): unknown => {
  try {
    return decode(bytes, options);
  } catch {
    return undefined;
  }
};

const isList = (
  item: readonly CborOutput[] | ReadonlyMap<string, CborOutput>,
): item is readonly CborOutput[] => Array.isArray(item);

const toItem = (value: unknown, depth: number): CborItem | undefined => {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  if (depth === 0) return undefined;
  if (Array.isArray(value)) return toList(value, depth - 1);
  return value instanceof Map ? toMap(value, depth - 1) : undefined;
};

const toList = (values: readonly unknown[], depth: number): readonly CborItem[] | undefined => {
  const items: CborItem[] = [];
  for (const value of values) {
    const item = toItem(value, depth);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
};

const toMap = (
  members: ReadonlyMap<unknown, unknown>,
  depth: number,
): ReadonlyMap<string, CborItem> | undefined => {
  const items = new Map<string, CborItem>();
  for (const [key, value] of members) {
    const item = toItem(value, depth);
    if (typeof key !== 'string' || item === undefined) return undefined;
    items.set(key, item);
  }
  return items;
};

const encodeInteger = (value: number): Uint8Array => {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer`);
  return value >= 0 ? head(MAJOR.unsigned, value) : head(MAJOR.negative, -1 - value);
};

const lengthFirst = (major: number, content: Uint8Array): Uint8Array =>
  concat(head(major, content.length), content);

const head = (major: number, value: number): Uint8Array => {
  const type = major << 5;
  if (value < 24) return new Writer(1).u8(type | value).done();
  if (value < 2 ** 8)
    return new Writer(2)
      .u8(type | 24)
      .u8(value)
      .done();
  if (value < 2 ** 16)
    return new Writer(3)
      .u8(type | 25)
      .u16(value)
      .done();
  if (value < 2 ** 32)
    return new Writer(5)
      .u8(type | 26)
      .u32(value)
      .done();
  return new Writer(9)
    .u8(type | 27)
    .u64(value)
    .done();
};
