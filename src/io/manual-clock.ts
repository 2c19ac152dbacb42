/**
 * A clock turned by hand: time passes only when a test says so, and always in the same order.
 *
 * Timers fire one by one by due time, then by age, and between two of them every promise reaction
 * runs to its end. With that and seeded randomness a whole network is repeatable.
 * @module
 */
import { onAbort } from './abort.js';
import type { Clock } from './contracts.js';
import { Heap } from './heap.js';

export interface ClockCounters {
  /** Sleeps that wait for their time. */
  readonly timers: number;
  /** Sleeps whose time came, since the clock was made. */
  readonly fired: number;
}

export interface ManualClock extends Clock {
  /** Lets `ms` pass, firing what becomes due. */
  advance(ms: number): Promise<void>;
  /**
   * Jumps from timer to timer until `done()` holds, for at most `limitMs` of the clock's time.
   *
   * @returns whether `done()` held; when not, `limitMs` have passed
   */
  runUntil(done: () => boolean, limitMs: number): Promise<boolean>;
  /** Runs what is due at this very moment and all promise reactions. */
  settled(): Promise<void>;
  /** Sets the wall time forwards or backwards without letting time pass. */
  jumpWall(ms: number): void;
  /** Stops the clock while work outside of it runs (a real disk, a thread); gives `work` back. */
  hold<T>(work: Promise<T>): Promise<T>;
  counters(): ClockCounters;
}

interface Timer {
  /** Ms since the clock was made. */
  readonly dueMs: number;
  readonly age: number;
  /** `undefined` once fired or aborted. */
  wake: (() => void) | undefined;
}

/** 1 January 2026, 00:00 UTC. */
const DEFAULT_START_MS = 1_767_225_600_000;
/** Aborted timers are swept when there are this many and more of them than live ones. */
const SWEEP_AT = 1024;
/** So many firings at one moment are an endless loop of `sleep(0)`. */
const MAX_FIRINGS_AT_ONCE = 250_000;

/** Resolves when the platform has run every promise reaction that is waiting. */
const reactionsDone = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    // Set by name: the property is the browsers', and these types are of Node.js.
    Reflect.set(port1, 'onmessage', () => {
      port1.close();
      resolve();
    });
    port2.postMessage(undefined);
  });

class TurnedClock implements ManualClock {
  #wallMs: number;
  #elapsedMs = 0;
  #age = 0;
  #abortedTimers = 0;
  #fired = 0;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #outside = new Set<Promise<unknown>>();
  readonly #timers = new Heap<Timer>((a, b) =>
    a.dueMs === b.dueMs ? a.age < b.age : a.dueMs < b.dueMs,
  );

  constructor(startMs: number) {
    this.#wallMs = startMs;
  }

  /** Whole milliseconds, like every platform's wall time. */
  now(): number {
    return Math.floor(this.#wallMs + this.#elapsedMs);
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (Number.isNaN(ms)) throw new RangeError('a sleep of NaN');
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#schedule(Math.max(0, ms));
      const forget = onAbort(signal, () => this.#abort(timer));
      timer.wake = () => {
        forget();
        resolve();
      };
    });
  }

  async advance(ms: number): Promise<void> {
    await this.runUntil(() => false, ms);
  }

  runUntil(done: () => boolean, limitMs: number): Promise<boolean> {
    // One turner at a time: a second one goes on where the first has stopped.
    const turn = this.#turn.then(() => this.#run(this.#elapsedMs + limitMs, done));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async settled(): Promise<void> {
    await this.advance(0);
  }

  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }

  hold<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#outside.add(settled);
    void settled.then(() => this.#outside.delete(settled));
    return work;
  }

  counters(): ClockCounters {
    return { timers: this.#timers.size - this.#abortedTimers, fired: this.#fired };
  }

  async #run(limitMs: number, done: () => boolean): Promise<boolean> {
    let firings = 0;
    await this.#reactions();
    while (!done()) {
      const timer = this.#takeDue(limitMs);
      if (timer === undefined) {
        if (Number.isFinite(limitMs)) this.#elapsedMs = limitMs;
        return done();
      }
      firings = timer.dueMs > this.#elapsedMs ? 0 : firings + 1;
      if (firings > MAX_FIRINGS_AT_ONCE) throw new Error('the clock cannot settle');
      this.#fire(timer);
      await this.#reactions();
    }
    return true;
  }

  /** Reactions may start work outside, and its end may start reactions. */
  async #reactions(): Promise<void> {
    await reactionsDone();
    while (this.#outside.size > 0) {
      await Promise.all(this.#outside);
      await reactionsDone();
    }
  }

  #schedule(ms: number): Timer {
    const timer: Timer = { dueMs: this.#elapsedMs + ms, age: this.#age++, wake: undefined };
    // An endless sleep ends only by its signal.
    if (Number.isFinite(ms)) this.#timers.push(timer);
    return timer;
  }

  #fire(timer: Timer): void {
    this.#elapsedMs = Math.max(this.#elapsedMs, timer.dueMs);
    const wake = timer.wake;
    timer.wake = undefined;
    this.#fired++;
    wake?.();
  }

  #abort(timer: Timer): void {
    const wake = timer.wake;
    timer.wake = undefined;
    if (Number.isFinite(timer.dueMs)) this.#abortedTimers++;
    if (this.#abortedTimers >= SWEEP_AT && this.#abortedTimers * 2 > this.#timers.size) {
      this.#timers.retain((each) => each.wake !== undefined);
      this.#abortedTimers = 0;
    }
    wake?.();
  }

  /** The first live timer that is due by `limitMs`; dead ones in front of it go. */
  #takeDue(limitMs: number): Timer | undefined {
    for (let first = this.#timers.peek(); first !== undefined; first = this.#timers.peek()) {
      if (first.wake !== undefined && first.dueMs > limitMs) return undefined;
      this.#timers.pop();
      if (first.wake !== undefined) return first;
      this.#abortedTimers--;
    }
    return undefined;
  }
}

/** A clock that stands at `startMs` (ms since the Unix epoch) until it is turned. */
export const manualClock = (options: { readonly startMs?: number } = {}): ManualClock =>
  new TurnedClock(options.startMs ?? DEFAULT_START_MS);
