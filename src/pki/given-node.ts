/**
 * A mix that no document lists, known by the descriptor that its operator hands on.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import type { Primitives } from '../crypto/primitives.js';
import type { SphinxGeometry } from '../sphinx/geometry.js';
import { type DescriptorError, LAYER_PROVIDER, readDescriptor } from './descriptor.js';
import { type NetworkNode, nodeOf } from './view.js';

export interface NodeReading {
  readonly geometry: SphinxGeometry;
  readonly primitives: Primitives;
  readonly nowMs: number;
}

/** `provider`: only mixes can be crossed like this. */
export type GivenNodeProblem = 'expired' | 'no-descriptor' | 'provider';

/** The mix of a signed descriptor. */
export const readGivenNode = (
  reading: NodeReading,
  raw: Uint8Array,
): Result<NetworkNode, GivenNodeProblem> =>
  readDescriptor(reading.primitives, raw, reading.nowMs)
    .mapErr(problemOf)
    .andThen(({ descriptor }) =>
      descriptor.layer === LAYER_PROVIDER ? err('provider') : ok(nodeOf(descriptor, reading)),
    );

const problemOf = ({ kind }: DescriptorError): GivenNodeProblem =>
  kind === 'expired' ? 'expired' : 'no-descriptor';
