/**
 * Poisson processes: something that happens at random moments, whatever else is going on.
 *
 * A wait is `min(floor(Exp), max)` ms as in minclient. The next moment counts from the last
 * one and not from the end of the work done at it, so that nobody can tell what that work was. A
 * process that could not run in time does not catch up: there are no bursts.
 * @module
 */
import type { Clock, Random } from '../../io/contracts.js';
import type { Rate } from '../../pki/document-codec.js';
import { sampleInterval } from '../../pki/view.js';
import type { Pulse } from '../pulse.js';

export interface PoissonDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** The rate of this moment; `undefined` parks the process. */
  readonly rate: () => Rate | undefined;
  /** Fires whenever {@link PoissonDeps.rate} may answer otherwise. */
  readonly changed: Pulse;
  /** The work; it must not reject. The next moment may come while it runs, but not be overtaken. */
  readonly fire: () => Promise<void>;
}

const sameRate = (a: Rate | undefined, b: Rate | undefined): boolean =>
  a?.perMs === b?.perMs && a?.maxMs === b?.maxMs;

/** Runs until `signal` is aborted. */
export const runPoisson = async (deps: PoissonDeps, signal: AbortSignal): Promise<void> => {
  const { clock, random, changed } = deps;
  let drawnFor: Rate | undefined;
  let dueMs: number | undefined;
  const draw = (fromMs: number): number | undefined => {
    const wait = drawnFor && sampleInterval(random, drawnFor);
    return wait === undefined ? undefined : fromMs + wait;
  };
  const redraw = (rate: Rate | undefined): void => {
    const before = drawnFor === undefined ? undefined : dueMs;
    drawnFor = rate;
    const fresh = draw(clock.monotonic());
    // A new rate must not put off what was due: frequent changes would starve the process.
    dueMs = fresh === undefined || before === undefined ? fresh : Math.min(fresh, before);
  };
  while (!signal.aborted) {
    const rate = deps.rate();
    if (!sameRate(rate, drawnFor)) redraw(rate);
    if (dueMs === undefined) {
      await changed.wait(signal);
    } else if (dueMs > clock.monotonic()) {
      await changed.waitFor(clock, dueMs - clock.monotonic(), signal);
    } else {
      await deps.fire();
      const next = draw(dueMs);
      dueMs = next === undefined ? undefined : Math.max(next, clock.monotonic());
    }
  }
};
