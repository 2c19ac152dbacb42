/**
 * The JSON dialect of descriptors and documents.
 *
 * Members are sorted and integers are strings; sources: authority v0.0.14 as observed, since the
 * codec's options are written down nowhere. The reader takes numbers or strings, as the reference
 * does, and treats what is missing or `null` as zero or empty.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { fromBase64, toBase64, utf8 } from '../bytes/text.js';

/** A value as it was read. */
export type Json = null | boolean | number | string | readonly Json[] | JsonMap;
export type JsonMap = ReadonlyMap<string, Json>;

/** A value to write: `bigint` is an integer, `number` a float, bytes become base64. */
export type Writable =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | readonly Writable[]
  | ReadonlyMap<string | number, Writable>;

/** A member that is missing, of another type, or against a rule. */
export interface FieldError {
  readonly kind: 'bad-field';
  /** The member's name as the protocol has it. */
  readonly field: string;
  readonly rule: string;
}

const MAX_LENGTH = 1 << 20;
const MAX_DEPTH = 16;
const MAX_UINT64 = 2n ** 64n - 1n;
/** Larger integral floats are written without `.0`. */
const PLAIN_INTEGERS_FROM = 2 ** 52;

const ESCAPED = /[<>&\u2028\u2029]/g;
const UNSIGNED = /^\d{1,20}$/;
const NUMERIC = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The compact text of a value, as UTF-8. */
export const writeJson = (value: Writable): Uint8Array => utf8(textOf(value));

/**
 * Reads one JSON object.
 *
 * @param bytes - UTF-8, at most 1 MiB, at most 16 levels deep
 * @param read - takes members by name; what it throws through them leaves as a value
 * @errors `bad-field`
 */
export const readJson = <T>(
  bytes: Uint8Array,
  read: (from: JsonFields) => T,
): Result<T, FieldError> => {
  try {
    return ok(read(new JsonFields(parseObject(bytes))));
  } catch (thrown) {
    if (thrown instanceof Refusal) return err(thrown.reason);
    throw thrown;
  }
};

/** Takes members of one object by name. Only {@link readJson} makes one. */
export class JsonFields {
  readonly #members: JsonMap;

  constructor(members: JsonMap) {
    this.#members = members;
  }

  /** Text; `''` when missing. */
  text(name: string): string {
    const value = this.#get(name) ?? '';
    return typeof value === 'string' ? value : refuse(name, 'text');
  }

  /** An unsigned 64-bit integer, 0 when missing; above 2^53 - 1 it counts as 2^53 - 1. */
  integer(name: string): number {
    return toInteger(this.#get(name) ?? 0, name);
  }

  /** A finite number that is not negative; 0 when missing. */
  float(name: string): number {
    return toFloat(this.#get(name) ?? 0, name);
  }

  /** Base64 bytes; empty when missing. */
  bytes(name: string): Uint8Array {
    return toBytes(this.#get(name) ?? '', name);
  }

  /** A base64 key of 32 bytes. */
  key(name: string): Uint8Array {
    return toKey(this.#get(name), name);
  }

  /** A list; `undefined` when missing. */
  list(name: string): readonly Json[] | undefined {
    const value = this.#get(name);
    return value === undefined ? undefined : toList(value, name);
  }

  /** An object; `undefined` when missing. */
  map(name: string): JsonMap | undefined {
    const value = this.#get(name);
    return value === undefined ? undefined : toMap(value, name);
  }

  #get(name: string): Json | undefined {
    return this.#members.get(name) ?? undefined;
  }
}

export const toInteger = (value: Json, field: string): number => {
  if (value === '') return 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) {
    return Math.min(value, Number.MAX_SAFE_INTEGER);
  }
  if (typeof value !== 'string' || !UNSIGNED.test(value)) return refuse(field, 'integer');
  const integer = BigInt(value);
  if (integer > MAX_UINT64) return refuse(field, '64 bits');
  return Math.min(Number(integer), Number.MAX_SAFE_INTEGER);
};

export const toFloat = (value: Json, field: string): number => {
  const number = typeof value === 'string' && NUMERIC.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0
    ? number
    : refuse(field, 'finite number');
};

export const toText = (value: Json, field: string): string =>
  typeof value === 'string' ? value : refuse(field, 'text');

export const toBytes = (value: Json, field: string): Uint8Array =>
  fromBase64(toText(value, field)) ?? refuse(field, 'base64');

export const toKey = (value: Json | undefined, field: string): Uint8Array => {
  const key = toBytes(value ?? '', field);
  return key.length === 32 ? key : refuse(field, '32 bytes');
};

export const toList = (value: Json, field: string): readonly Json[] =>
  typeof value === 'object' && value !== null && !isReadMap(value) ? value : refuse(field, 'list');

export const toMap = (value: Json, field: string): JsonMap =>
  isReadMap(value) ? value : refuse(field, 'object');

const isReadMap = (value: Json): value is JsonMap => value instanceof Map;

/** Leaves {@link readJson} with a `bad-field`. */
export const refuse = (field: string, rule: string): never => {
  throw new Refusal({ kind: 'bad-field', field, rule });
};

class Refusal extends Error {
  readonly reason: FieldError;
  constructor(reason: FieldError) {
    super(reason.kind);
    this.reason = reason;
  }
}

const parseObject = (bytes: Uint8Array): JsonMap => {
  if (bytes.length > MAX_LENGTH) return refuse('', 'at most 1 MiB');
  return toMap(toJson(parseAny(bytes), MAX_DEPTH), '');
};

const parseAny = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(strictUtf8.decode(bytes));
  } catch {
    return refuse('', 'JSON');
  }
};

/** Objects become maps, so that no member's name can mean anything to the language. */
const toJson = (value: unknown, depth: number): Json => {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (depth === 0 || typeof value !== 'object') return refuse('', 'at most 16 levels');
  if (Array.isArray(value)) return value.map((item) => toJson(item, depth - 1));
  return new Map(Object.entries(value).map(([name, item]) => [name, toJson(item, depth - 1)]));
};

const textOf = (value: Writable): string => {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value === 'number') return floatText(value);
  if (typeof value === 'string') return stringText(value);
  if (value instanceof Uint8Array) return stringText(toBase64(value));
  return isMap(value) ? objectText(value) : `[${value.map(textOf).join(',')}]`;
};

const isMap = (
  value: readonly Writable[] | ReadonlyMap<string | number, Writable>,
): value is ReadonlyMap<string | number, Writable> => value instanceof Map;

const objectText = (members: ReadonlyMap<string | number, Writable>): string => {
  const sorted = [...members].sort(([a], [b]) => compareNames(a, b));
  const texts = sorted.map(([name, value]) => `${stringText(String(name))}:${textOf(value)}`);
  return `{${texts.join(',')}}`;
};

/** Numbers by value, texts by their UTF-8 bytes, which is the order of code points. */
const compareNames = (a: string | number, b: string | number): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const left = Array.from(String(a));
  const right = Array.from(String(b));
  const at = left.findIndex((char, i) => char !== right[i]);
  if (at < 0) return left.length - right.length;
  return (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1);
};

const stringText = (text: string): string =>
  JSON.stringify(text).replace(
    ESCAPED,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** JavaScript's shortest digits; whole numbers get `.0` and exponents two digits. */
const floatText = (value: number): string => {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`);
  const text = String(value);
  if (text.includes('e'))
    return text.replace(/([+-])(\d)$/, (_, sign, digit) => `${sign}0${digit}`);
  return Number.isInteger(value) && Math.abs(value) < PLAIN_INTEGERS_FROM ? `${text}.0` : text;
};
