/**
 * A pipe: one direction of a connection in memory, with a bounded buffer and latency.
 * @module
 */
import type { Clock } from './contracts.js';

/** How long bytes travel. */
export interface Delay {
  readonly clock: Clock;
  /** Asked once per write. */
  latencyMs(): number;
}

type Signal =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'reset' };

interface Travelling {
  readonly signal: Signal;
  /** On the monotonic clock. */
  readonly dueMs: number;
}

export interface PipeOptions {
  /** Bytes written and not yet read beyond which a writer waits. */
  readonly capacity: number;
  readonly delay: Delay | undefined;
  /** The writer's end was destroyed, and word of it has reached the reader's end. */
  onReset(): void;
  /** Nothing will come any more. */
  onFinished(): void;
}

/** Bytes go in at one end and come out at the other, in order. */
export class Pipe {
  readonly #options: PipeOptions;
  #travelling: Travelling[] = [];
  #arrived: Uint8Array[] = [];
  #unread = 0;
  #lastDueMs = 0;
  #held = false;
  #moving = false;
  #writable = true;
  #reset = false;
  #wanted = true;
  #finished = false;
  #reader: ((bytes: Uint8Array | undefined) => void) | undefined;
  #writers: ((room: boolean) => void)[] = [];

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** Copies, as a kernel does. @returns `true` when there is room for more, `false` when gone */
  write(bytes: Uint8Array): Promise<boolean> {
    if (!this.#writable) return Promise.resolve(false);
    if (bytes.length === 0) return Promise.resolve(true);
    this.#unread += bytes.length;
    this.#send({ kind: 'bytes', bytes: bytes.slice() });
    if (this.#unread <= this.#options.capacity) return Promise.resolve(this.#writable);
    return new Promise((resolve) => this.#writers.push(resolve));
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.#reader !== undefined) throw new Error('two reads at a time');
    const bytes = this.#arrived.shift();
    if (bytes !== undefined) this.#consumed(bytes.length);
    if (bytes !== undefined || this.#finished || !this.#wanted) return Promise.resolve(bytes);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  /** The writer has no more. */
  end(): void {
    if (this.#writable) this.#send({ kind: 'end' });
    this.#writable = false;
  }

  /** The writer's end is destroyed; what it wrote before still arrives. */
  reset(): void {
    if (!this.#reset) this.#send({ kind: 'reset' });
    this.#writable = false;
    this.#reset = true;
    this.#wakeWriters(false);
  }

  /** The reader's end is destroyed; what comes is thrown away. */
  abandon(): void {
    this.#wanted = false;
    this.#giveReader(undefined);
    this.#dropArrived();
  }

  /** The connection is gone for both; only what has arrived can still be read. */
  cut(): void {
    this.#writable = false;
    this.#reset = true;
    this.#travelling = [];
    this.#wakeWriters(false);
    this.#finish();
  }

  /** While held, nothing arrives and nothing is lost. */
  hold(held: boolean): void {
    this.#held = held;
    void this.#move();
  }

  #send(signal: Signal): void {
    const delay = this.#options.delay;
    const dueMs = delay === undefined ? 0 : delay.clock.monotonic() + delay.latencyMs();
    this.#lastDueMs = Math.max(this.#lastDueMs, dueMs);
    this.#travelling.push({ signal, dueMs: this.#lastDueMs });
    void this.#move();
  }

  /** Lets arrive what is due; without latency it does so before it returns. */
  async #move(): Promise<void> {
    if (this.#moving) return;
    this.#moving = true;
    for (let first = this.#travelling[0]; first && !this.#held; first = this.#travelling[0]) {
      const clock = this.#options.delay?.clock;
      const waitMs = clock === undefined ? 0 : first.dueMs - clock.monotonic();
      if (clock !== undefined && waitMs > 0) await clock.sleep(waitMs);
      else this.#arrive(this.#travelling.shift()?.signal);
    }
    this.#moving = false;
  }

  #arrive(signal: Signal | undefined): void {
    if (signal?.kind === 'bytes') this.#deliver(signal.bytes);
    else this.#finish();
    if (signal?.kind === 'reset') this.#options.onReset();
  }

  #deliver(bytes: Uint8Array): void {
    if (this.#reader === undefined && this.#wanted) {
      this.#arrived.push(bytes);
      return;
    }
    this.#giveReader(bytes);
    this.#consumed(bytes.length);
  }

  #consumed(length: number): void {
    this.#unread -= length;
    if (this.#unread <= this.#options.capacity) this.#wakeWriters(true);
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#giveReader(undefined);
    this.#options.onFinished();
  }

  #dropArrived(): void {
    const dropped = this.#arrived;
    this.#arrived = [];
    this.#consumed(dropped.reduce((sum, bytes) => sum + bytes.length, 0));
  }

  #giveReader(bytes: Uint8Array | undefined): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(bytes);
  }

  #wakeWriters(room: boolean): void {
    const writers = this.#writers;
    this.#writers = [];
    for (const wake of writers) wake(room);
  }
}
