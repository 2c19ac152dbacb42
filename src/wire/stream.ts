/**
 * A link's byte stream: exact reads out of whatever pieces came, and a knife for slow peers.
 * @module
 */
import type { Clock, Duplex } from '../io/contracts.js';
import type { LinkError } from './contracts.js';
import { Watchdog, type Disarm } from './watchdog.js';

/** How long a closed link may take to hand over what was sent, ms. */
const LINGER_MS = 5_000;
/** First step of a buffer that grows with the bytes that came. */
const FIRST_CAPACITY = 4_096;

const NOTHING = new Uint8Array(0);

/** Reads and writes of one {@link Duplex}; one read at a time. */
export class LinkStream {
  readonly #duplex: Duplex;
  readonly #watchdog: Watchdog;
  #buffered: Uint8Array = NOTHING;
  /** Where frames that came in pieces are put together; used again as long as frames follow. */
  #gathered: Uint8Array = NOTHING;
  #reading: Promise<Uint8Array | undefined> | undefined;
  #finished = false;
  #ending: LinkError = { kind: 'link-ended' };

  constructor(duplex: Duplex, clock: Clock) {
    this.#duplex = duplex;
    this.#watchdog = new Watchdog(clock, (ending) => this.#endWith(ending));
  }

  /** Why reads and writes give nothing any more. */
  get ending(): LinkError {
    return this.#ending;
  }

  /** Waits for the next byte, without a limit; `false` when there will be none. */
  async ready(): Promise<boolean> {
    if (this.#buffered.length > 0) return true;
    // A link that waits needs no memory.
    this.#gathered = NOTHING;
    return this.#pull();
  }

  /**
   * The next `length` bytes, a view that holds until the following call. Memory grows with the bytes
   * that arrive, not with `length`, which a peer may have made up.
   *
   * @returns `undefined` when the stream ends before
   */
  async take(length: number): Promise<Uint8Array | undefined> {
    if (this.#buffered.length >= length) return this.#cut(length);
    for (let filled = 0; ;) {
      const piece = this.#cut(Math.min(length - filled, this.#buffered.length));
      this.#gathered = withRoom(this.#gathered, filled, { needed: filled + piece.length, length });
      this.#gathered.set(piece, filled);
      filled += piece.length;
      if (filled === length) return this.#gathered.subarray(0, length);
      if (!(await this.#pull())) return undefined;
    }
  }

  /** `false` when the connection is gone, else `true` as soon as there is room for more. */
  write(bytes: Uint8Array): Promise<boolean> {
    return this.#duplex.write(bytes);
  }

  /** Drops the connection after `ms` unless disarmed before; waits in progress end then. */
  cutAfter(ms: number, ending: LinkError): Disarm {
    return this.#watchdog.arm(ms, ending);
  }

  /** Ends our direction; the connection is dropped when the peer has ended too, or soon anyway. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#duplex.end();
    void this.#linger();
  }

  /** Drops the connection at once. */
  destroy(): void {
    this.#finished = true;
    this.#watchdog.stop();
    this.#duplex.destroy();
  }

  #endWith(ending: LinkError): void {
    this.#ending = ending;
    this.destroy();
  }

  async #linger(): Promise<void> {
    this.cutAfter(LINGER_MS, this.#ending);
    await this.#reading;
    while ((await this.#duplex.read()) !== undefined);
    this.destroy();
  }

  /** Called when nothing is buffered. */
  async #pull(): Promise<boolean> {
    while (!this.#finished && this.#buffered.length === 0) {
      this.#reading = this.#duplex.read();
      const piece = await this.#reading;
      if (piece === undefined) return false;
      this.#buffered = piece;
    }
    return !this.#finished;
  }

  #cut(length: number): Uint8Array {
    const piece = this.#buffered.subarray(0, length);
    this.#buffered = this.#buffered.subarray(length);
    return piece;
  }
}

/** `buffer`, or a larger one that begins with its first `filled` bytes, growing up to `length`. */
const withRoom = (
  buffer: Uint8Array,
  filled: number,
  { needed, length }: { readonly needed: number; readonly length: number },
): Uint8Array => {
  if (needed <= buffer.length) return buffer;
  const larger = new Uint8Array(Math.min(length, Math.max(FIRST_CAPACITY, 2 * needed)));
  larger.set(buffer.subarray(0, filled));
  return larger;
};
