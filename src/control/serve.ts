/**
 * Serving text protocols: accepts connections, up to a limit, and ends them in good order.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import type { Clock, Duplex, ListenError, Listener, Log, Network } from '../io/contracts.js';
import { makeCounts, type Count, type Counts } from './counts.js';
import { Lines } from './lines.js';
import { LATE, within } from './within.js';

/** After this a session that was asked to end is cut off; above the time to leave of `Lines`. */
const CLOSE_GRACE_MS = 3000;

/** What a server tells of its connections. */
export interface BridgeStatus {
  /** Open at the moment. */
  readonly sessions: number;
  /** `accepted`, `refused-busy`, `failed`, and what sessions have counted, by name. */
  readonly counters: Readonly<Record<string, number>>;
}

/** A server that listens. */
export interface RunningBridge {
  /** The address really bound. */
  readonly address: string;
  status(): BridgeStatus;
  /** Stops listening, lets every session finish what it is doing, then closes it. */
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly network: Network;
  readonly address: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Name in the log. */
  readonly module: string;
  readonly maxSessions: number;
  /** What a connection over the limit is told before it is closed. */
  readonly refusal?: Uint8Array;
  /** Speaks with one peer and counts what went wrong; ends soon after `signal` is aborted. */
  readonly session: (duplex: Duplex, signal: AbortSignal, count: Count) => Promise<void>;
}

interface Running {
  readonly options: ServeOptions;
  readonly sessions: Map<Duplex, Promise<void>>;
  readonly counts: Counts;
  readonly stop: AbortController;
  /** Connections that are being told that there is no room. */
  refusals: number;
}

/**
 * Listens and holds a session with everybody who connects.
 *
 * @errors `listen` — the address is in use, denied or bad
 */
export const serve = (options: ServeOptions): ResultAsync<RunningBridge, ListenError> =>
  options.network.listen(options.address).map((listener) => {
    const stop = new AbortController();
    const counts = makeCounts();
    const running: Running = { options, sessions: new Map(), counts, stop, refusals: 0 };
    const accepting = accept(running, listener);
    let closed: Promise<void> | undefined;
    return {
      address: listener.address,
      status: () => ({
        sessions: running.sessions.size,
        counters: running.counts.snapshot(),
      }),
      close: () => (closed ??= close(running, listener, accepting)),
    };
  });

const close = async (
  running: Running,
  listener: Listener,
  accepting: Promise<void>,
): Promise<void> => {
  running.stop.abort();
  await listener.close();
  await accepting;
  await drain(running);
};

const accept = async (running: Running, listener: Listener): Promise<void> => {
  const { sessions, options } = running;
  for await (const duplex of listener.connections) {
    if (running.stop.signal.aborted) duplex.destroy();
    else if (sessions.size >= options.maxSessions) void refuse(running, duplex);
    else begin(running, duplex);
  }
};

const begin = (running: Running, duplex: Duplex): void => {
  running.counts.count('accepted');
  // A turn later, so that the session is in the table before it can end.
  const session = Promise.resolve().then(() => converse(running, duplex));
  running.sessions.set(duplex, session);
};

const refuse = async (running: Running, duplex: Duplex): Promise<void> => {
  const { clock, log, module, refusal, maxSessions } = running.options;
  running.counts.count('refused-busy');
  if (running.refusals >= maxSessions) {
    // A word for everybody would cost more than what it refuses.
    duplex.destroy();
    return;
  }
  running.refusals++;
  log.write('warning', module, 'too many connections');
  const lines = new Lines({ duplex, patience: { clock, idleMs: CLOSE_GRACE_MS } });
  if (refusal !== undefined) await lines.write(refusal.slice());
  await lines.close();
  running.refusals--;
};

const converse = async (running: Running, duplex: Duplex): Promise<void> => {
  const { options, sessions, counts, stop } = running;
  try {
    await options.session(duplex, stop.signal, counts.count);
  } catch (thrown) {
    counts.count('failed');
    const problem = thrown instanceof Error ? thrown.name : typeof thrown;
    options.log.write('error', options.module, 'a session failed', { problem });
  }
  duplex.destroy();
  sessions.delete(duplex);
};

const drain = async ({ sessions, options }: Running): Promise<void> => {
  const all = Promise.all(sessions.values());
  if ((await within(options.clock, CLOSE_GRACE_MS, all)) !== LATE) return;
  for (const duplex of sessions.keys()) duplex.destroy();
  await all;
};
