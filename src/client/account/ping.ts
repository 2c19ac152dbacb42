/**
 * Pings: loops of an account through nodes of its choice.
 *
 * One leaves at a moment of the send process, in the place of a decoy, and looks like one.
 * @module
 */
import { errAsync, type ResultAsync } from 'neverthrow';
import { pick } from '../../crypto/sample.js';
import type { Clock, Random } from '../../io/contracts.js';
import { LOOP_SERVICE, nodesToCross, viewThrough } from '../../pki/through.js';
import type { NetworkView } from '../../pki/view.js';
import type { ServiceQuestion } from '../sender/services.js';
import type { AskError, PingError, Pong } from '../types.js';

export interface PingDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly view: () => NetworkView | undefined;
  readonly ask: (question: ServiceQuestion) => ResultAsync<Uint8Array, AskError>;
}

/** See `Accounts.ping`. */
export const ping = (
  { clock, random, view: viewNow, ask }: PingDeps,
  through: readonly string[],
  signal?: AbortSignal,
): ResultAsync<Pong, PingError> => {
  const view = viewNow();
  if (view === undefined) return errAsync({ kind: 'no-document' });
  const exit = pick(random, viewThrough(view, through)?.exits ?? []);
  if (exit === undefined) return errAsync({ kind: 'not-crossed', nodes: nodesToCross(view) });
  let sentMs = clock.monotonic();
  const onSent = (): void => void (sentMs = clock.monotonic());
  return ask({
    service: LOOP_SERVICE,
    provider: exit.name,
    body: new Uint8Array(0),
    probe: { through, onSent },
    ...(signal && { signal }),
  })
    .mapErr((error): PingError => error)
    .map(() => ({ roundTripMs: Math.round(clock.monotonic() - sentMs) }));
};
