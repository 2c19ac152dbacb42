/**
 * Generating: when an epoch's document is made, and of what.
 *
 * A document is made once and never again. An epoch without one breaks no chain: the next document
 * begins a new genesis. (The reference shuts down instead.)
 *
 * Source: nonvoting authority v0.0.14.
 * @module
 */
import { ok, type Result } from 'neverthrow';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Random } from '../../src/io/contracts.js';
import { LAYER_PROVIDER, verifyDescriptor, type Descriptor } from '../../src/pki/descriptor.js';
import {
  signDocument,
  verifyDocument,
  type Document,
  type DocumentError,
} from '../../src/pki/document.js';
import type { DocumentContents } from '../../src/pki/document-codec.js';
import { certificateExpiration, type Epoch, type EpochTime } from '../../src/pki/epoch.js';
import { assignLayers, priorSharedRandom, sharedRandom } from '../../src/pki/genesis.js';
import type { Archive } from './archive.js';
import type { Members } from './members.js';
import type { AuthorityPolicy } from './options.js';

export interface GenerateDeps {
  readonly archive: Archive;
  readonly primitives: Primitives;
  readonly random: Random;
  readonly epochTime: EpochTime;
  readonly members: Pick<Members, 'all' | 'isAuthorised'>;
  /** As it is at the moment. */
  readonly policy: AuthorityPolicy;
  /** Of the authority's identity key. */
  readonly seed: Uint8Array;
  readonly identityKey: Uint8Array;
}

interface PresentNode extends Descriptor {
  readonly raw: Uint8Array;
}

interface Present {
  readonly mixes: readonly PresentNode[];
  readonly providers: readonly PresentNode[];
}

/** The good descriptors of an epoch, by role; who is not listed any more has none. */
const presentAt = (
  { archive, primitives, members }: GenerateDeps,
  epoch: Epoch,
  nowMs: number,
): Present => {
  const present = archive.descriptors(epoch).flatMap(({ raw, identityKey }) =>
    verifyDescriptor(primitives, raw, { epoch, nowMs, identityKey }).match(
      (descriptor): PresentNode[] =>
        members.isAuthorised(descriptor) ? [{ ...descriptor, raw }] : [],
      () => [],
    ),
  );
  return {
    mixes: present.filter(({ layer }) => layer !== LAYER_PROVIDER),
    providers: present.filter(({ layer }) => layer === LAYER_PROVIDER),
  };
};

/** The document before `epoch`, if it is there and still good. */
const previousOf = (deps: GenerateDeps, epoch: Epoch, nowMs: number): Document | undefined => {
  const raw = deps.archive.document(epoch - 1);
  if (!raw) return undefined;
  const options = { authorityKey: deps.identityKey, epoch: epoch - 1, nowMs };
  return verifyDocument(deps.primitives, raw, options).unwrapOr(undefined);
};

const contentsOf = (
  deps: GenerateDeps,
  { mixes, providers }: Present,
  { epoch, nowMs }: { readonly epoch: Epoch; readonly nowMs: number },
): DocumentContents => {
  const previous = previousOf(deps, epoch, nowMs);
  const genesisEpoch = previous?.genesisEpoch ?? epoch;
  const { value } = sharedRandom(deps.primitives, {
    epoch,
    authorityKey: deps.identityKey,
    drawn: deps.random(32),
    previous: previous?.sharedRandomValue,
  });
  const earlier = previous?.priorSharedRandom ?? [];
  const layers = assignLayers(deps.random, {
    mixes,
    layers: deps.policy.layers,
    previous: previous?.topology,
  });
  return {
    epoch,
    genesisEpoch,
    ...deps.policy.parameters,
    topology: layers.map((layer) => layer.map(({ raw }) => raw)),
    providers: providers.map(({ raw }) => raw),
    sharedRandomCommit: undefined,
    sharedRandomValue: value,
    priorSharedRandom: priorSharedRandom(deps.epochTime, {
      epoch,
      genesisEpoch,
      value,
      previous: earlier,
    }),
  };
};

/** Whether there is enough for a document: every listed node, or enough of them. */
export type Quorum = 'everybody' | 'enough';

/**
 * Makes the document of an epoch, checked as its readers will check it.
 *
 * @returns the signed bytes; `undefined` while descriptors are missing
 * @errors what a reader would refuse it for
 */
export const generate = (
  deps: GenerateDeps,
  {
    epoch,
    nowMs,
    quorum,
  }: { readonly epoch: Epoch; readonly nowMs: number; readonly quorum: Quorum },
): Result<Uint8Array | undefined, DocumentError> => {
  const present = presentAt(deps, epoch, nowMs);
  const { mixes, providers } = present;
  const { layers, minNodesPerLayer } = deps.policy;
  const isEnough =
    quorum === 'everybody'
      ? mixes.length + providers.length === deps.members.all.length
      : providers.length > 0 && mixes.length >= layers * minNodesPerLayer;
  if (!isEnough) return ok(undefined);
  const contents = contentsOf(deps, present, { epoch, nowMs });
  const expiration = certificateExpiration(deps.epochTime, nowMs);
  const raw = signDocument(deps.primitives, contents, { seed: deps.seed, expiration });
  const options = { authorityKey: deps.identityKey, epoch, nowMs };
  return verifyDocument(deps.primitives, raw, options).map(() => raw);
};
