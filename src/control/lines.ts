/**
 * Lines over a byte stream: what the text protocols read and write.
 *
 * A line ends in LF or CR LF. Nothing is read ahead of what was asked for, so a peer that sends
 * faster than it is served waits, and no more than one line and one piece are ever held.
 * @module
 */
import { concat } from '../bytes/writer.js';
import { onAbort } from '../io/abort.js';
import type { Clock, Duplex } from '../io/contracts.js';
import { LATE, within } from './within.js';

const LF = 0x0a;
const CR = 0x0d;
const NOTHING = new Uint8Array(0);

/** How long a peer that was told goodbye may take to leave. */
const LEAVE_MS = 2000;

/** So many pieces of one line are joined into one: a peer may send byte by byte. */
const PIECES_MAX = 256;

export type LineEvent =
  /** A line without its end; the caller owns the bytes. */
  | { readonly kind: 'line'; readonly bytes: Uint8Array }
  /** The line is over the limit; its rest is skipped. */
  | { readonly kind: 'too-long' }
  /** No whole line came in time. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'aborted' }
  /** The peer has ended or is gone; half a line is no line. */
  | { readonly kind: 'end' };

export interface LinesOptions {
  readonly duplex: Duplex;
  /** How long a peer may take for one line, or to make room for what it is sent; else for ever. */
  readonly patience?: { readonly clock: Clock; readonly idleMs: number };
  /** Interrupts waiting for a line, never a write. */
  readonly signal?: AbortSignal | undefined;
}

/** The lines of one connection. After `idle`, `aborted` or `end` it is written and closed only. */
export class Lines {
  readonly #options: LinesOptions;
  readonly #forgetAbort: () => void;
  #interrupt: (() => void) | undefined;
  #reading: Promise<Uint8Array | undefined> | undefined;
  /** Read, and not looked at yet. */
  #rest: Uint8Array = NOTHING;
  /** The unfinished line. */
  #pieces: Uint8Array[] = [];
  #length = 0;
  #skipping = false;

  constructor(options: LinesOptions) {
    this.#options = options;
    this.#forgetAbort = onAbort(options.signal, () => this.#interrupt?.());
  }

  /**
   * Waits for the next line.
   *
   * @param limit - most bytes of a line, its end not counted
   * @param byMs - on the monotonic clock: when our patience is over at the latest
   */
  async next(limit: number, byMs = Infinity): Promise<LineEvent> {
    const patience = this.#options.patience;
    const deadline = patience && Math.min(byMs, patience.clock.monotonic() + patience.idleMs);
    for (;;) {
      const event = this.#cut(limit);
      if (event !== undefined) return event;
      const read = await this.#before(deadline, this.#read());
      if (read === LATE) return { kind: 'idle' };
      if (read === 'aborted') return { kind: 'aborted' };
      if (read === undefined) return { kind: 'end' };
      this.#rest = read;
    }
  }

  /** Writes and waits for room: false when the peer is gone or took too long, and is dropped. */
  async write(bytes: Uint8Array): Promise<boolean> {
    const { duplex, patience } = this.#options;
    const deadline = patience && patience.clock.monotonic() + patience.idleMs;
    const written = await this.#before(deadline, duplex.write(bytes));
    if (written !== LATE) return written;
    duplex.destroy();
    return false;
  }

  /**
   * Lets go of the connection between two lines, for somebody else to go on with it.
   *
   * @returns false when more has been read than was asked for: then it can only be closed
   */
  release(): boolean {
    this.#forgetAbort();
    return this.#rest.length === 0 && this.#pieces.length === 0 && this.#reading === undefined;
  }

  /**
   * Ends our direction after what was written, waits a little for the peer to end too (dropping a
   * connection with unread bytes can cost the peer our last reply), and drops the connection.
   */
  async close(): Promise<void> {
    const { duplex, patience } = this.#options;
    this.#forgetAbort();
    duplex.end();
    if (patience !== undefined) await within(patience.clock, LEAVE_MS, this.#drain());
    duplex.destroy();
  }

  #before<T>(deadline: number | undefined, work: Promise<T>): Promise<T | typeof LATE> {
    const clock = this.#options.patience?.clock;
    if (clock === undefined || deadline === undefined) return work;
    return within(clock, deadline - clock.monotonic(), work);
  }

  async #drain(): Promise<void> {
    while ((await this.#piece()) !== undefined);
  }

  #read(): Promise<Uint8Array | undefined | 'aborted'> {
    if (this.#options.signal?.aborted === true) return Promise.resolve('aborted');
    return new Promise((resolve) => {
      this.#interrupt = () => resolve('aborted');
      void this.#piece().then(resolve);
    });
  }

  /** The next piece; an interrupted wait leaves its read to whoever asks next. */
  #piece(): Promise<Uint8Array | undefined> {
    this.#reading ??= this.#options.duplex.read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  #cut(limit: number): LineEvent | undefined {
    const end = this.#rest.indexOf(LF);
    if (end < 0) return this.#hold(limit);
    const skipped = this.#skipping;
    this.#skipping = false;
    const bytes = withoutCr(concat(...this.#pieces, this.#rest.subarray(0, end)));
    this.#rest = this.#rest.subarray(end + 1);
    this.#forget();
    if (skipped) return this.#cut(limit);
    return bytes.length > limit ? { kind: 'too-long' } : { kind: 'line', bytes };
  }

  #hold(limit: number): LineEvent | undefined {
    if (!this.#skipping && this.#rest.length > 0) {
      this.#pieces.push(this.#rest);
      this.#length += this.#rest.length;
    }
    this.#rest = NOTHING;
    if (this.#pieces.length > PIECES_MAX) this.#pieces = [concat(...this.#pieces)];
    // The last byte held may be the CR of the line's end.
    if (this.#length <= limit + 1) return undefined;
    this.#forget();
    this.#skipping = true;
    return { kind: 'too-long' };
  }

  #forget(): void {
    this.#pieces = [];
    this.#length = 0;
  }
}

const withoutCr = (line: Uint8Array): Uint8Array =>
  line.at(-1) === CR ? line.subarray(0, -1) : line;
