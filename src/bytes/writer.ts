/**
 * A writer: puts fields one behind the other in wire order, big-endian.
 * @module
 */

/** The bytes of all `parts`, one behind the other, in fresh memory. */
export const concat = (...parts: readonly Uint8Array[]): Uint8Array => concatAll(parts);

/** The same for a list of any length: a call takes no more than some 100,000 arguments. */
export const concatAll = (parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
};

/** `bytes` without the zeros behind them, as a view: what {@link Writer.padded} was given. */
export const unpadded = (bytes: Uint8Array): Uint8Array => {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return bytes.subarray(0, length);
};

/** Fills exactly `length` bytes; writing less or more is a programmer's mistake and throws. */
export class Writer {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
  }

  /** Bytes still to be written. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(value: number): this {
    return this.#number(value, 1);
  }

  u16(value: number): this {
    return this.#number(value, 2);
  }

  u32(value: number): this {
    return this.#number(value, 4);
  }

  u64(value: number): this {
    new DataView(this.#bytes.buffer).setBigUint64(this.#advance(8), BigInt(value));
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#bytes.set(value, this.#advance(value.length));
    return this;
  }

  /** `value` followed by zeros up to `length` bytes. */
  padded(value: Uint8Array, length: number): this {
    return this.bytes(value).zeros(length - value.length);
  }

  zeros(length: number): this {
    this.#advance(length);
    return this;
  }

  /** The finished bytes. */
  done(): Uint8Array {
    if (this.remaining !== 0) throw new RangeError(`${this.remaining} bytes were not written`);
    return this.#bytes;
  }

  /** By arithmetic: a DataView would cost a small writer more than all its fields. */
  #number(value: number, length: number): this {
    const start = this.#advance(length);
    for (let i = 0; i < length; i++) this.#bytes[start + i] = value >>> (8 * (length - 1 - i));
    return this;
  }

  #advance(length: number): number {
    const start = this.#offset;
    if (length < 0 || length > this.remaining) throw new RangeError('written past the end');
    this.#offset = start + length;
    return start;
  }
}
