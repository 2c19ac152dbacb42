/** Waiting for what another part of the program is about to do. */
import { expect } from 'vitest';

/** Expects of `look()` what follows, within a minute: machines are slow at times. */
export const eventually = <T>(look: () => T, message?: string) =>
  expect.poll(look, {
    timeout: 60_000,
    interval: 20,
    ...(message === undefined ? {} : { message }),
  });
