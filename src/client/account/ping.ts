/**
 * Pings: loops of an account through nodes of its choice.
 *
 * One leaves at a moment of the send process, in the place of a decoy, and looks like one.
 * @module
 */
import { err, errAsync, ok, type Result, type ResultAsync } from 'neverthrow';
import { pick } from '../../crypto/sample.js';
import type { Clock, Random } from '../../io/contracts.js';
import { viewAlong } from '../../pki/along.js';
import type { NodeReading } from '../../pki/given-node.js';
import { isGivenItem, pathProblemText } from '../../pki/path-spec.js';
import { loopExits, LOOP_SERVICE, nodesToCross, viewThrough } from '../../pki/through.js';
import type { NetworkView } from '../../pki/view.js';
import type { ServiceQuestion } from '../sender/services.js';
import type { AskError, PingError, Pong } from '../types.js';

export interface PingDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly view: () => NetworkView | undefined;
  readonly reading: () => NodeReading;
  readonly ask: (question: ServiceQuestion) => ResultAsync<Uint8Array, AskError>;
}

/** See `Accounts.ping`. */
export const ping = (
  { clock, random, view: viewNow, reading, ask }: PingDeps,
  through: readonly string[],
  signal?: AbortSignal,
): ResultAsync<Pong, PingError> => {
  const view = viewNow();
  if (view === undefined) return errAsync({ kind: 'no-document' });
  const way = (document: NetworkView) => viewTo(document, through, reading());
  const narrowed = way(view);
  if (narrowed.isErr()) return errAsync(narrowed.error);
  const exit = pick(random, narrowed.value.exits);
  if (exit === undefined) return errAsync({ kind: 'not-crossed', nodes: nodesToCross(view) });
  let sentMs = clock.monotonic();
  const onSent = (): void => void (sentMs = clock.monotonic());
  return ask({
    service: LOOP_SERVICE,
    provider: exit.name,
    body: new Uint8Array(0),
    probe: { way: (document) => way(document).unwrapOr(undefined), onSent },
    ...(signal && { signal }),
  })
    .mapErr((error): PingError => error)
    .map(() => ({ roundTripMs: Math.round(clock.monotonic() - sentMs) }));
};

/** The view in which every loop crosses these nodes; a descriptor stands alone, in the first layer. */
const viewTo = (
  view: NetworkView,
  through: readonly string[],
  reading: NodeReading,
): Result<NetworkView, PingError> => {
  const [only = '', ...others] = through;
  if (isGivenItem(only) && others.length === 0) {
    return viewAlong(view, { path: `${only},*`, exit: '' }, reading)
      .map((along) => ({ ...along, exits: loopExits(along) }))
      .mapErr((error) => ({ kind: 'bad-path', problem: pathProblemText(error) }));
  }
  const narrowed = viewThrough(view, through);
  return narrowed === undefined
    ? err({ kind: 'not-crossed', nodes: nodesToCross(view) })
    : ok(narrowed);
};
