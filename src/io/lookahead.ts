/**
 * The front of a byte stream, taken in exact pieces; the rest goes to whoever comes after.
 * @module
 */
import type { Duplex } from './contracts.js';

const NOTHING = new Uint8Array(0);

export class Lookahead {
  readonly #duplex: Duplex;
  #read: Uint8Array = NOTHING;

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
  }

  /** Exactly `length` bytes; `undefined` when the stream ends before. */
  async take(length: number): Promise<Uint8Array | undefined> {
    while (this.#read.length < length) {
      const more = await this.#duplex.read();
      if (more === undefined) return undefined;
      this.#read = joined(this.#read, more);
    }
    const taken = this.#read.slice(0, length);
    this.#read = this.#read.slice(length);
    return taken;
  }

  /**
   * Everything through the first `end`; `undefined` when the stream ends before, or when that would
   * be more than `most` bytes.
   */
  async takeThrough(end: Uint8Array, most: number): Promise<Uint8Array | undefined> {
    for (let from = 0; ;) {
      const at = indexOf(this.#read, end, from);
      if (at !== undefined) return at + end.length > most ? undefined : this.take(at + end.length);
      if (this.#read.length >= most) return undefined;
      from = Math.max(0, this.#read.length - end.length + 1);
      const more = await this.#duplex.read();
      if (more === undefined) return undefined;
      this.#read = joined(this.#read, more);
    }
  }

  /** The stream from here on; nothing more may be taken. */
  rest(remote: string): Duplex {
    const { write, end, destroy } = bound(this.#duplex);
    return {
      remote,
      read: () => {
        const front = this.#read;
        this.#read = NOTHING;
        return front.length > 0 ? Promise.resolve(front) : this.#duplex.read();
      },
      write,
      end,
      destroy,
    };
  }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
};

/** Where `sought` first begins, at `from` or later. */
const indexOf = (bytes: Uint8Array, sought: Uint8Array, from: number): number | undefined => {
  for (let at = from; at + sought.length <= bytes.length; at++) {
    if (sought.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return undefined;
};

const bound = (duplex: Duplex): Pick<Duplex, 'write' | 'end' | 'destroy'> => ({
  write: (bytes) => duplex.write(bytes),
  end: () => duplex.end(),
  destroy: () => duplex.destroy(),
});
