/**
 * A connection in memory: two ends, each a {@link Duplex}.
 *
 * With no latency nothing but promises moves it, so a protocol's test can be a plain transcript.
 * @module
 */
import type { Duplex } from './contracts.js';
import { Pipe, type Delay } from './pipe.js';

export interface DuplexPairOptions {
  /** What each end sees as `remote`: the first end's name, then the second's. */
  readonly names?: readonly [string, string];
  /** Bytes per direction that are written and not read before a writer waits; default 256 KiB. */
  readonly capacity?: number;
  readonly delay?: Delay;
  /** Called once when both directions are over. */
  readonly onClosed?: () => void;
}

/** Both ends of a connection, and what can happen to it on its way. */
export interface Connection {
  readonly ends: readonly [Duplex, Duplex];
  /** While held, nothing arrives at either end and nothing is lost. */
  hold(held: boolean): void;
  /** Both ends are gone at once. */
  cut(): void;
}

const DEFAULT_CAPACITY = 256 * 1024;

const endOf = (remote: string, from: Pipe, to: Pipe): Duplex => ({
  remote,
  read: () => from.read(),
  write: (bytes) => to.write(bytes),
  end: () => to.end(),
  destroy: () => {
    to.reset();
    from.abandon();
  },
});

/** A connection whose course can be disturbed. */
export const makeConnection = (options: DuplexPairOptions = {}): Connection => {
  const { names = ['first', 'second'], capacity = DEFAULT_CAPACITY, delay } = options;
  const onFinished = (): void => {
    if (there.finished && back.finished) options.onClosed?.();
  };
  // An end that hears of the other's destruction has nobody left to write to.
  const there: Pipe = new Pipe({ capacity, delay, onFinished, onReset: () => back.cut() });
  const back: Pipe = new Pipe({ capacity, delay, onFinished, onReset: () => there.cut() });
  return {
    ends: [endOf(names[1], back, there), endOf(names[0], there, back)],
    hold: (held) => {
      there.hold(held);
      back.hold(held);
    },
    cut: () => {
      there.cut();
      back.cut();
    },
  };
};

/** Two connected ends; what one writes, the other reads. */
export const duplexPair = (options: DuplexPairOptions = {}): readonly [Duplex, Duplex] =>
  makeConnection(options).ends;
