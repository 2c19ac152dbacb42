/**
 * What an authority draws for a document: who stands in which layer, and the shared random value.
 *
 * Source: nonvoting authority v0.0.14.
 * @module
 */
import { toHex, utf8 } from '../bytes/text.js';
import { concat, Writer } from '../bytes/writer.js';
import type { Primitives } from '../crypto/primitives.js';
import { shuffled } from '../crypto/sample.js';
import type { Random } from '../io/contracts.js';
import type { Epoch, EpochTime } from './epoch.js';

const LABEL = utf8('shared-random');
const VALUE_LENGTH = 32;
const EPOCH_LENGTH = 8;
const ROTATION_MS = 604_800_000;

/** Whoever can be told by an identity key. */
interface Identified {
  readonly identityKey: Uint8Array;
}

/**
 * Deals mixes to layers: as many as possible stay where they were, the others go where they are
 * missing, and what is left over goes round.
 *
 * @param options - `mixes`: those with a descriptor for the new epoch; `layers`: how many, at
 *   least 1; `previous`: the layers of the last document, where there is one
 * @returns every mix once; a layer is empty only where there are fewer mixes than layers
 */
export const assignLayers = <T extends Identified>(
  random: Random,
  options: {
    readonly mixes: readonly T[];
    readonly layers: number;
    readonly previous?: readonly (readonly Identified[])[] | undefined;
  },
): readonly (readonly T[])[] => {
  const { mixes, layers, previous = [] } = options;
  const target = Math.floor(mixes.length / layers);
  const free = new Map(mixes.map((mix) => [toHex(mix.identityKey), mix]));
  const dealt = Array.from({ length: layers }, (_, layer) =>
    kept(random, free, { previous: previous[layer] ?? [], target }),
  );
  const rest = shuffled(random, [...free.values()]);
  for (const layer of dealt) layer.push(...rest.splice(0, Math.max(0, target - layer.length)));
  for (const [i, mix] of rest.entries()) dealt[i % layers]?.push(mix);
  return dealt;
};

/** Takes those of a layer who may stay out of `free`, in random order, up to `target`. */
const kept = <T extends Identified>(
  random: Random,
  free: Map<string, T>,
  { previous, target }: { readonly previous: readonly Identified[]; readonly target: number },
): T[] => {
  const layer: T[] = [];
  for (const { identityKey } of shuffled(random, previous)) {
    const id = toHex(identityKey);
    const mix = layer.length < target ? free.get(id) : undefined;
    if (mix === undefined) continue;
    free.delete(id);
    layer.push(mix);
  }
  return layer;
};

export interface SharedRandom {
  /** Epoch and SHA3-256 of the drawn bytes, 40 bytes. */
  readonly reveal: Uint8Array;
  /** 32 bytes. */
  readonly value: Uint8Array;
}

/**
 * The shared random value of a document.
 *
 * @param options - `authorityKey`: Ed25519, 32 bytes; `drawn`: 32 random bytes; `previous`: the
 *   value of the document before, absent at genesis
 */
export const sharedRandom = (
  primitives: Primitives,
  options: {
    readonly epoch: Epoch;
    readonly authorityKey: Uint8Array;
    readonly drawn: Uint8Array;
    readonly previous?: Uint8Array | undefined;
  },
): SharedRandom => {
  const { hash } = primitives;
  const epoch = new Writer(EPOCH_LENGTH).u64(options.epoch).done();
  const reveal = concat(epoch, hash.sha3_256(options.drawn));
  const previous = options.previous ?? new Uint8Array(VALUE_LENGTH);
  const value = hash.sha3_256(concat(LABEL, epoch, options.authorityKey, reveal, previous));
  return { reveal, value };
};

/**
 * The two values that a document carries of the past; the older one changes about weekly.
 *
 * The reference subtracts the epoch from the genesis without a sign, so with 20-minute epochs the
 * rotation falls on genesis + 16, 520, 1024 and so on; that is kept.
 *
 * @param options - `previous`: those of the document before, empty at genesis
 */
export const priorSharedRandom = (
  epochTime: EpochTime,
  options: {
    readonly epoch: Epoch;
    readonly genesisEpoch: Epoch;
    readonly value: Uint8Array;
    readonly previous: readonly Uint8Array[];
  },
): readonly Uint8Array[] => {
  const { epoch, genesisEpoch, value, previous } = options;
  const newest = previous[0];
  if (newest === undefined) return [value, value];
  const epochs = BigInt(Math.max(1, Math.floor(ROTATION_MS / epochTime.periodMs)));
  const age = BigInt.asUintN(64, BigInt(genesisEpoch) - BigInt(epoch));
  return age % epochs === 0n ? [value, newest] : previous;
};
