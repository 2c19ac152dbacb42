/**
 * Epochs: the key periods that all members count alike.
 *
 * Source: core epochtime. Nothing on the wire carries the period, so it is network configuration.
 * @module
 */

/** Number of a period since {@link EpochTime.zeroMs}. */
export type Epoch = number;

export interface EpochTime {
  readonly periodMs: number;
  /** Start of epoch 0, ms since the Unix epoch. */
  readonly zeroMs: number;
}

/** 20-minute epochs since 2017-06-01T00:00:00Z. */
export const KATZENPOST_EPOCHS: EpochTime = { periodMs: 1_200_000, zeroMs: 1_496_275_200_000 };

/** The epoch of a moment; moments before epoch 0 count as epoch 0. */
export const epochAt = (time: EpochTime, nowMs: number): Epoch =>
  Math.max(0, Math.floor((nowMs - time.zeroMs) / time.periodMs));

/** The moment at which an epoch begins, ms since the Unix epoch. */
export const epochStart = (time: EpochTime, epoch: Epoch): number =>
  time.zeroMs + epoch * time.periodMs;

/** Ms since the current epoch began. */
export const elapsedMs = (time: EpochTime, nowMs: number): number =>
  nowMs - epochStart(time, epochAt(time, nowMs));

/** Ms until the next epoch begins. */
export const remainingMs = (time: EpochTime, nowMs: number): number =>
  time.periodMs - elapsedMs(time, nowMs);

/** How long a descriptor or document stays verifiable after it was signed, ms. */
export const certificateLifetimeMs = (time: EpochTime): number => 3 * time.periodMs + 600_000;

/** When a certificate signed now expires, Unix seconds. */
export const certificateExpiration = (time: EpochTime, nowMs: number): number =>
  Math.floor((nowMs + certificateLifetimeMs(time)) / 1000);
