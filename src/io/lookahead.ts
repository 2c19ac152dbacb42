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

const bound = (duplex: Duplex): Pick<Duplex, 'write' | 'end' | 'destroy'> => ({
  write: (bytes) => duplex.write(bytes),
  end: () => duplex.end(),
  destroy: () => duplex.destroy(),
});
