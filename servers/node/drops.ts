/**
 * Drops: every packet that a node refuses ends in one function, which counts it by its reason.
 * @module
 */
import type { Log } from '../../src/io/contracts.js';

/** Why a packet went no further. */
export type DropReason =
  // From the link.
  | 'may-not-send'
  | 'rate-limited'
  // Admission.
  | 'queue-full'
  | 'unwrap-late'
  | 'stopped'
  | 'no-mix-key'
  | 'bad-header'
  | 'bad-mac'
  | 'bad-commands'
  | 'bad-payload-tag'
  | 'low-order-point'
  | 'bad-command-set'
  | 'replayed'
  | 'tag-not-stored'
  | 'worker-lost'
  // What this role does not take.
  | 'must-forward'
  | 'must-terminate'
  | 'not-for-a-mix'
  // Holding and dispatch.
  | 'delay-too-long'
  | 'delay-used-up'
  | 'hold-full'
  | 'hold-late'
  | 'unknown-next-node'
  | 'send-queue-full'
  | 'send-late'
  | 'send-not-stored'
  | 'next-key-gone'
  | 'fault-loss'
  // Providers.
  | 'delivery-late'
  | 'unknown-recipient'
  | 'bad-plaintext'
  | 'spool-full'
  | 'spool-failed'
  | 'bad-surb'
  | 'service-late'
  | 'service-busy'
  | 'service-down'
  | 'service-timeout'
  | 'service-garbage'
  | 'service-too-large'
  | 'service-failed'
  // Decoys.
  | 'unknown-reply';

/** Counts refused packets; the log gets the reason and nothing that names a packet. */
export type Drop = (reason: DropReason, packets?: number) => void;

/** Everything that a node counts, by name. */
export interface Counters {
  readonly drop: Drop;
  readonly count: (event: string, by?: number) => void;
  /** A copy of all counts so far; drops are named `drop.<reason>`. */
  readonly snapshot: () => Readonly<Record<string, number>>;
}

export const makeCounters = (log: Log): Counters => {
  const counts = new Map<string, number>();
  const count = (event: string, by = 1): void => {
    counts.set(event, (counts.get(event) ?? 0) + by);
  };
  return {
    count,
    drop: (reason, packets = 1) => {
      count(`drop.${reason}`, packets);
      log.write('debug', 'drop', 'packets dropped', { reason, packets });
    },
    snapshot: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
};
