/**
 * Faults: what a bad network does to whole packets, as a stage of a node's dispatch.
 *
 * Links are ordered byte streams and lose nothing but everything at once; so loss, repetition and
 * reordering happen here, once for each time that a packet leaves a node.
 * @module
 */
import { uniform } from '../src/crypto/sample.js';
import type { Random } from '../src/io/contracts.js';
import type { FaultedPacket, FaultStage } from '../servers/index.js';

export interface FaultOptions {
  readonly random: Random;
  /** Part of the packets that are lost, 0 to 1. */
  readonly loss?: number;
  /** Part of the packets that leave twice, 0 to 1. */
  readonly duplicate?: number;
  /** Packets are kept back for a uniform time up to this, ms, so that they overtake each other. */
  readonly reorderMs?: number;
  /** Sees every packet before anything happens to it; it must not keep the bytes, only copies. */
  readonly capture?: (packet: Uint8Array) => void;
}

/** The same faults for the same seed, packet by packet. */
export const faultStage = ({
  random,
  loss = 0,
  duplicate = 0,
  reorderMs = 0,
  capture,
}: FaultOptions): FaultStage => {
  const delayed = (packet: Uint8Array): FaultedPacket => ({
    packet,
    delayMs: reorderMs > 0 ? uniform(random) * reorderMs : 0,
  });
  return (packet) => {
    capture?.(packet);
    if (loss > 0 && uniform(random) < loss) return [];
    const isTwice = duplicate > 0 && uniform(random) < duplicate;
    // The connection may encode either copy at any time, but neither is ever changed.
    return isTwice ? [delayed(packet), delayed(packet)] : [delayed(packet)];
  };
};
