/**
 * Deadlines of one link, with one timer for all of them.
 *
 * A relay sets and lifts thousands a second, so lifting one does not touch the timer: it finds out
 * when it wakes. Nothing is left behind once the link is over.
 * @module
 */
import type { Clock } from '../io/contracts.js';
import type { LinkError } from './contracts.js';

/** Lifts a deadline. */
export type Disarm = () => void;

interface Deadline {
  /** On the monotonic clock. */
  readonly dueMs: number;
  readonly ending: LinkError;
}

interface Sleep {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** Calls `cut` when a deadline passes, once and with what that deadline says. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #cut: (ending: LinkError) => void;
  readonly #deadlines = new Set<Deadline>();
  #sleep: Sleep | undefined;
  #stopped = false;

  constructor(clock: Clock, cut: (ending: LinkError) => void) {
    this.#clock = clock;
    this.#cut = cut;
  }

  /** Sets a deadline `ms` from now; the caller lifts it when it is met. */
  arm(ms: number, ending: LinkError): Disarm {
    const deadline: Deadline = { dueMs: this.#clock.monotonic() + ms, ending };
    this.#deadlines.add(deadline);
    if (this.#sleep === undefined) void this.#patrol();
    else if (deadline.dueMs < this.#sleep.untilMs) this.#sleep.wake();
    return () => void this.#deadlines.delete(deadline);
  }

  /** The link is over: no deadline counts any more, and the timer goes. */
  stop(): void {
    this.#stopped = true;
    this.#sleep?.wake();
  }

  /** Sleeps from deadline to deadline for as long as there are any. */
  async #patrol(): Promise<void> {
    for (let next = this.#earliest(); next !== undefined; next = this.#earliest()) {
      const leftMs = next.dueMs - this.#clock.monotonic();
      if (leftMs <= 0) {
        this.stop();
        this.#cut(next.ending);
        return;
      }
      await this.#sleepFor(leftMs, next.dueMs);
    }
  }

  async #sleepFor(ms: number, untilMs: number): Promise<void> {
    const early = new AbortController();
    this.#sleep = { untilMs, wake: () => early.abort() };
    await this.#clock.sleep(ms, early.signal);
    this.#sleep = undefined;
  }

  #earliest(): Deadline | undefined {
    if (this.#stopped) return undefined;
    let earliest: Deadline | undefined;
    for (const each of this.#deadlines) {
      if (earliest === undefined || each.dueMs < earliest.dueMs) earliest = each;
    }
    return earliest;
  }
}
