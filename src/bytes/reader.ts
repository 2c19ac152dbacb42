/**
 * A checked reader: takes named fields off a byte string in wire order.
 *
 * Failures are thrown privately inside {@link parse} and leave it as values, so a codec reads like
 * the layout that it implements and cannot forget a check.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { isZero } from './compare.js';

/** Why bytes were refused; `field` is the name that the specification uses. */
export type ParseError =
  | { readonly kind: 'truncated'; readonly field: string }
  | { readonly kind: 'trailing'; readonly extra: number }
  | { readonly kind: 'invalid'; readonly field: string; readonly rule: string };

class Refusal extends Error {
  readonly reason: ParseError;
  constructor(reason: ParseError) {
    super(reason.kind);
    this.reason = reason;
  }
}

/** Reads big-endian fields from the front of a byte string. Only {@link parse} makes one. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes not yet taken. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** The next `length` bytes, as a view into the input. */
  take(length: number, field: string): Uint8Array {
    const start = this.#advance(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  /** All remaining bytes, as a view into the input. */
  rest(): Uint8Array {
    return this.take(this.remaining, 'rest');
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#advance(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#advance(2, field));
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#advance(4, field));
  }

  /** An unsigned 64-bit integer that must fit a JavaScript safe integer. */
  u64(field: string): number {
    const value = this.#view.getBigUint64(this.#advance(8, field));
    this.require(value <= BigInt(Number.MAX_SAFE_INTEGER), field, 'below 2^53');
    return Number(value);
  }

  /** Takes `length` bytes that must all be zero, compared without an early exit. */
  zeros(length: number, field: string): void {
    this.require(isZero(this.take(length, field)), field, 'all zero');
  }

  /** Refuses the input unless `condition` holds. */
  require(condition: boolean, field: string, rule: string): void {
    if (!condition) throw new Refusal({ kind: 'invalid', field, rule });
  }

  #advance(length: number, field: string): number {
    const start = this.#offset;
    if (length < 0 || length > this.remaining) throw new Refusal({ kind: 'truncated', field });
    this.#offset = start + length;
    return start;
  }
}

/**
 * Runs `read` over `bytes`, which it must use up.
 *
 * @returns what `read` made; views in it point into `bytes`
 * @errors `truncated`: a field does not fit; `trailing`: bytes are left; `invalid`: a rule failed
 */
export const parse = <T>(bytes: Uint8Array, read: (from: Reader) => T): Result<T, ParseError> => {
  const reader = new Reader(bytes);
  try {
    const value = read(reader);
    return reader.remaining === 0 ? ok(value) : err({ kind: 'trailing', extra: reader.remaining });
  } catch (thrown) {
    if (thrown instanceof Refusal) return err(thrown.reason);
    throw thrown;
  }
};
