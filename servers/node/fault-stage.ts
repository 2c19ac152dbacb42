/**
 * The place around dispatch where a bad network can be played.
 * @module
 */

/** One packet that a fault stage lets through. */
export interface FaultedPacket {
  readonly packet: Uint8Array;
  /** How long it is kept back, ms; 0: not at all. */
  readonly delayMs: number;
}

/**
 * What happens to a packet on its way out: nothing (one entry, no delay), loss (no entry),
 * repetition (several), reordering (delays).
 */
export type FaultStage = (packet: Uint8Array) => readonly FaultedPacket[];
