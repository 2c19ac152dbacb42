/**
 * The sweep: what nobody has fetched for too long goes, where the operator has set an age.
 * @module
 */
import type { NodeServices } from '../node/role.js';
import type { Spool } from './contracts.js';
import type { SpoolOptions } from './limits.js';

const HOUR_MS = 3_600_000;

type SweepDeps = Pick<NodeServices, 'io' | 'count' | 'signal'> & { readonly spool: Spool };

/** Sweeps once an hour until the signal, so an item lives up to an hour longer than its age. */
export const sweepSpool = async (
  { io, count, signal, spool }: SweepDeps,
  { spoolMaxAgeMs = 0 }: SpoolOptions,
): Promise<void> => {
  if (spoolMaxAgeMs === 0) return;
  while (!signal.aborted) {
    const swept = await spool.expire(io.clock.now(), spoolMaxAgeMs);
    if (swept.isErr()) {
      io.log.write('error', 'spool', 'not swept', { reason: swept.error.kind });
    } else if (swept.value > 0) {
      count('spool.expired', swept.value);
      io.log.write('info', 'spool', 'old items removed', { items: swept.value });
    }
    await io.clock.sleep(HOUR_MS, signal);
  }
};
