/**
 * Stores that are waited for: a command that looks into them while no daemon runs holds them for a
 * moment, and a daemon that starts in that moment must not fail.
 * @module
 */
import { ResultAsync, type Result } from 'neverthrow';
import type { Clock } from '../../src/io/contracts.js';
import type { OpenStore, Store, StoreError } from '../../src/index.js';

/** Far above what such a command needs, ms. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 100;

/** Opens as `open` does, and again for as long as somebody else has the store. */
export const patientStore =
  (open: OpenStore, clock: Clock): OpenStore =>
  (path, key) =>
    new ResultAsync(insist(() => open(path, key), clock));

const insist = async (
  open: () => ResultAsync<Store, StoreError>,
  clock: Clock,
): Promise<Result<Store, StoreError>> => {
  const endMs = clock.monotonic() + PATIENCE_MS;
  for (;;) {
    const opened = await open();
    if (opened.isOk() || !isLocked(opened.error) || clock.monotonic() > endMs) return opened;
    await clock.sleep(PAUSE_MS);
  }
};

/** Whether somebody else has a store open. */
export const isLocked = (error: { readonly kind: string; readonly reason?: unknown }): boolean =>
  error.kind === 'store-io' && error.reason === 'locked';
