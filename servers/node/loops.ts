/**
 * Loops: packets that a mix sends to itself, through a provider and back by a SURB.
 *
 * Source: server decoy.go of v0.0.17; the unused kind without a SURB is left out.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { utf8 } from '../../src/bytes/text.js';
import { pick } from '../../src/crypto/sample.js';
import type { Random } from '../../src/io/contracts.js';
import type { EpochTime } from '../../src/pki/epoch.js';
import { choosePath, type ChosenPath, type PathError } from '../../src/pki/path.js';
import { LOOP_SERVICE, loopExits } from '../../src/pki/through.js';
import { nodeWithKey, type NetworkNode, type NetworkView } from '../../src/pki/view.js';
import { createPacket } from '../../src/sphinx/packet.js';
import { encodePlaintext } from '../../src/sphinx/plaintext.js';
import type { SphinxSuite } from '../../src/sphinx/suite.js';
import { createSurb } from '../../src/sphinx/surb.js';

export interface LoopDeps {
  readonly random: Random;
  readonly suite: SphinxSuite;
  readonly epochTime: EpochTime;
  /** Of the mix that sends. */
  readonly identityKey: Uint8Array;
}

export interface LoopRequest {
  readonly view: NetworkView;
  /** What the reply is addressed to, `geometry.recipientLength` bytes. */
  readonly recipient: Uint8Array;
  readonly surbId: Uint8Array;
  /** Ms since the Unix epoch. */
  readonly startMs: number;
}

export interface MadeLoop {
  readonly packet: Uint8Array;
  readonly nextNodeId: Uint8Array;
  /** Opens the reply. */
  readonly keys: Uint8Array;
  /** When it should be back, wall time. */
  readonly etaMs: number;
  /** Names of the other nodes on its path, each once. */
  readonly nodes: readonly string[];
}

export type LoopError =
  PathError | { readonly kind: 'low-order-key' } | { readonly kind: 'not-listed' };

interface LoopPaths {
  readonly forward: ChosenPath;
  readonly reply: ChosenPath;
}

interface Ends {
  readonly ourselves: NetworkNode;
  readonly exit: NetworkNode;
}

const ATTEMPTS = 3;
/** A loop that takes this many epochs outlives the keys on its path. */
const MAX_EPOCHS = 2;

/**
 * Makes a loop over nodes of the view, drawn at random.
 *
 * @errors `not-listed`: we are no mix of the view, or no provider in it returns loops; those of
 *   {@link choosePath}
 */
export const makeLoop = (deps: LoopDeps, request: LoopRequest): Result<MadeLoop, LoopError> => {
  const { suite, random } = deps;
  const ends = endsOf(deps, request.view);
  if (ends === undefined) return err({ kind: 'not-listed' });
  return choosePaths(deps, request, ends).andThen(({ forward, reply }) =>
    createSurb(suite, { path: reply.path, random }).andThen(({ surb, keys }) => {
      const body = new Uint8Array(0);
      const payload = encodePlaintext(suite.geometry, { kind: 'with-surb', surb, body });
      const nextNodeId = forward.path[0]?.nodeId ?? ends.exit.nodeId;
      const nodes = namesOn(request.view, ends.ourselves, { forward, reply });
      return createPacket(suite, { path: forward.path, payload, random }).map((packet) => ({
        packet,
        nextNodeId,
        keys,
        etaMs: reply.endMs,
        nodes,
      }));
    }),
  );
};

const endsOf = ({ random, identityKey }: LoopDeps, view: NetworkView): Ends | undefined => {
  const ourselves = view.layers.map((nodes) => nodeWithKey(nodes, identityKey)).find(Boolean);
  const exit = pick(random, loopExits(view));
  return ourselves && exit ? { ourselves, exit } : undefined;
};

const choosePaths = (
  { suite, random, epochTime }: LoopDeps,
  { view, recipient, surbId, startMs }: LoopRequest,
  { ourselves, exit }: Ends,
): Result<LoopPaths, LoopError> => {
  const deps = { view, epochTime, geometry: suite.geometry, random };
  const service = utf8(exit.services.get(LOOP_SERVICE)?.endpoint ?? '');
  const there = { kind: 'forward', source: ourselves, destination: exit } as const;
  const back = { kind: 'reply', source: exit, destination: ourselves } as const;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const paths = choosePath(deps, { ...there, recipient: service, surbId, startMs }).andThen(
      (forward) =>
        choosePath(deps, { ...back, recipient, surbId, startMs: forward.endMs }).map(
          (reply): LoopPaths => ({ forward, reply }),
        ),
    );
    if (paths.isErr()) return err(paths.error);
    if (paths.value.reply.endMs - startMs < MAX_EPOCHS * epochTime.periodMs) return ok(paths.value);
  }
  return err({ kind: 'too-slow' });
};

const namesOn = (
  { layers, exits }: NetworkView,
  ourselves: NetworkNode,
  { forward, reply }: LoopPaths,
): readonly string[] => {
  const ids = new Set([...forward.path, ...reply.path].map(({ nodeId }) => idKey(nodeId)));
  ids.delete(idKey(ourselves.nodeId));
  const nodes = [...layers.flat(), ...exits];
  return [...new Set(nodes.filter(({ nodeId }) => ids.has(idKey(nodeId))).map(({ name }) => name))];
};

const idKey = (nodeId: Uint8Array): string => String.fromCharCode(...nodeId);
