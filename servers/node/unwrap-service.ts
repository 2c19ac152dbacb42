/**
 * The far end of the unwrap pool: takes packets and gives back what they hold.
 * @module
 */
import type { Primitives, Scalar } from '../../src/crypto/primitives.js';
import type { Epoch } from '../../src/pki/epoch.js';
import type { SphinxSuite } from '../../src/sphinx/suite.js';
import {
  movable,
  unwrapWith,
  warmUp,
  type FromUnwrapThread,
  type ToUnwrapThread,
  type UnwrapOutcome,
} from './unwrap-job.js';

/** Sends a message to whoever started the thread, moving the buffers listed. */
export type Reply = (message: FromUnwrapThread, transfer: readonly ArrayBuffer[]) => void;

/** Makes the receiver of one thread's messages. */
export const makeUnwrapService = (
  primitives: Primitives,
  reply: Reply,
): ((message: ToUnwrapThread) => void) => {
  let suite: SphinxSuite | undefined;
  let keys: ReadonlyMap<Epoch, Scalar> = new Map();
  return (message) => {
    switch (message.kind) {
      case 'setup':
        suite = { geometry: message.geometry, primitives };
        warmUp(suite);
        reply({ kind: 'ready' }, []);
        return;
      case 'keys':
        keys = new Map(
          message.keys.map(({ epoch, secret }) => [epoch, primitives.x25519.scalar(secret)]),
        );
        return;
      case 'unwrap': {
        if (!suite) throw new Error('a packet before the setup');
        const outcome = unwrapWith(suite, keys, message);
        const { moved, transfer } = moveOut(outcome);
        reply({ kind: 'done', id: message.id, outcome: moved }, transfer);
      }
    }
  };
};

/** The outcome with its large part ready to be moved. */
const moveOut = (
  outcome: UnwrapOutcome,
): { moved: UnwrapOutcome; transfer: readonly ArrayBuffer[] } => {
  if (outcome.kind === 'refused') return { moved: outcome, transfer: [] };
  const { opened } = outcome;
  const { bytes, buffer } = movable(opened.kind === 'forward' ? opened.packet : opened.payload);
  const moved =
    opened.kind === 'forward' ? { ...opened, packet: bytes } : { ...opened, payload: bytes };
  return { moved: { ...outcome, opened: moved }, transfer: [buffer] };
};
