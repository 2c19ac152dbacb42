/**
 * The path that a sender writes for a mail, checked when the mail is accepted.
 *
 * It is locked by default: see docs/security.md, "Paths by hand".
 * @module
 */
import { err, ok, Result } from 'neverthrow';
import { viewAlong } from '../../pki/along.js';
import type { NodeReading } from '../../pki/given-node.js';
import { parsePathSpec, pathProblemText, writePathSpec } from '../../pki/path-spec.js';
import type { NetworkView } from '../../pki/view.js';
import type { SendError } from '../types.js';
import type { Destination } from './contracts.js';
import { providerOf } from './entry.js';

export interface WrittenPathDeps {
  /** Whether they are unlocked. */
  readonly pathsByHand: boolean;
  readonly view: () => NetworkView | undefined;
  readonly reading: () => NodeReading;
}

/**
 * A path as it is kept with a mail to these recipients, if one was written.
 *
 * @errors `paths-locked`; `bad-path` — it is none, the document has not got it, or there is none yet
 */
export const checkPath = (
  { pathsByHand, view: viewNow, reading }: WrittenPathDeps,
  written: string | undefined,
  recipients: readonly Destination[],
): Result<string | undefined, SendError> => {
  if (written === undefined) return ok(undefined);
  if (!pathsByHand) return err({ kind: 'paths-locked' });
  const view = viewNow();
  if (view === undefined) return err({ kind: 'bad-path', problem: NO_DOCUMENT });
  const exits = [...new Set(recipients.map(({ address }) => providerOf(address)))];
  return parsePathSpec(written)
    .map(writePathSpec)
    .andThrough((path) =>
      Result.combine(exits.map((exit) => viewAlong(view, { path, exit }, reading()))),
    )
    .mapErr((error) => ({ kind: 'bad-path', problem: pathProblemText(error) }));
};

const NO_DOCUMENT =
  'there is no document yet to check it by; try again when the account is connected';
