/**
 * Upkeep: what a running node does besides carrying packets. Keys follow the epochs, connections
 * follow the documents and the clock.
 * @module
 */
import { epochAt, remainingMs, type Epoch } from '../../src/pki/epoch.js';
import type { NetworkView } from '../../src/pki/view.js';
import type { Stages } from './stages.js';

/** Pause after a key rotation that failed. */
const RETRY_MS = 5_000;
/** Wall clocks jump, so nothing sleeps longer than this. */
const LONGEST_SLEEP_MS = 60_000;
/** Beyond the epoch's edge, so that the clock surely shows the new one. */
const PAST_EDGE_MS = 1;

/**
 * Keeps the mix keys of this epoch and the next two, and destroys the old ones, until the signal.
 * Connections are looked at as well: at an epoch's edge, who may send changes.
 */
export const rotateKeys = async (stages: Stages): Promise<void> => {
  const { io, options, resources } = stages;
  const { epochTime } = options.network;
  while (!resources.signal.aborted) {
    const rotated = await rotateTo(stages, epochAt(epochTime, io.clock.now()));
    await recheckAll(stages);
    const leftMs = remainingMs(epochTime, io.clock.now()) + PAST_EDGE_MS;
    const napMs = Math.min(leftMs, rotated ? LONGEST_SLEEP_MS : RETRY_MS);
    await io.clock.sleep(napMs, resources.signal);
  }
};

/** @returns whether it succeeded */
const rotateTo = async ({ mixKeys, replay, pool, io }: Stages, now: Epoch): Promise<boolean> => {
  const rotated = await mixKeys
    .ensure(now)
    .andThen(() => mixKeys.prune(now, (epoch) => replay.forget(epoch)));
  pool.setKeys(mixKeys.all);
  if (rotated.isErr()) {
    io.log.write('error', 'keys', 'rotation failed', { reason: rotated.error.kind });
  }
  return rotated.isOk();
};

/** Checks all peers again from time to time, until the signal. */
export const reauthenticate = async (stages: Stages): Promise<void> => {
  const { io, tuning, resources } = stages;
  while (!resources.signal.aborted) {
    await io.clock.sleep(tuning.reauthenticateMs, resources.signal);
    await recheckAll(stages);
  }
};

/** Follows the documents until the signal. */
export const followDocuments = async (stages: Stages): Promise<void> => {
  for await (const view of stages.documents.changes(stages.resources.signal)) {
    applyView(stages, view);
    stages.publisher.wake();
    await recheckAll(stages);
  }
};

const applyView = ({ hold, io, options }: Stages, view: NetworkView): void => {
  const now = epochAt(options.network.epochTime, io.clock.now());
  if (view.epoch === now) hold.setMaxDelay(view.rates.mu.maxMs);
};

const recheckAll = async (stages: Stages): Promise<void> => {
  const { dispatcher, listening, carryOver, trials, resources } = stages;
  await trials.refresh();
  if (resources.signal.aborted) return;
  dispatcher.sweep();
  if (dispatcher.connections.planned > 0) await carryOver.resume();
  await listening.recheck();
};
