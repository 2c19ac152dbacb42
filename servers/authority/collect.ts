/**
 * Collecting: which descriptors an authority takes, and what it says of each.
 *
 * Source: nonvoting authority v0.0.14.
 * @module
 */
import { equal } from '../../src/bytes/compare.js';
import { utf8 } from '../../src/bytes/text.js';
import { isLowOrder } from '../../src/crypto/low-order.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import { LAYER_PROVIDER, verifyDescriptor, type Descriptor } from '../../src/pki/descriptor.js';
import type { Epoch } from '../../src/pki/epoch.js';
import { POST_CODE } from '../../src/wire/directory-commands.js';
import type { Archive } from './archive.js';
import type { AuthorityOptions } from './options.js';

export type Whitelist = Pick<AuthorityOptions, 'mixes' | 'providers'>;

/** A descriptor as a node has posted it. */
export interface Posted {
  readonly epoch: Epoch;
  readonly raw: Uint8Array;
  /** The identity key that the link has proved. */
  readonly identityKey: Uint8Array;
}

export interface CollectDeps {
  readonly archive: Archive;
  readonly whitelist: Whitelist;
  readonly primitives: Primitives;
}

/** Whether this identity may post at all. */
export const isListed = ({ mixes, providers }: Whitelist, identityKey: Uint8Array): boolean =>
  mixes.some((mix) => equal(mix, identityKey)) ||
  providers.some((provider) => equal(provider.identityKey, identityKey));

/** Whether this descriptor may stand in a document, in the role and under the name it claims. */
const isAuthorised = (
  { mixes, providers }: Whitelist,
  { identityKey, layer, name }: Descriptor,
): boolean =>
  layer === LAYER_PROVIDER
    ? providers.some(
        (provider) =>
          equal(provider.identityKey, identityKey) && equal(utf8(provider.identifier), utf8(name)),
      )
    : mixes.some((mix) => equal(mix, identityKey));

/** A document must fit a frame of 1 MiB, as base64 in its JSON. */
const ROOM_FOR_DESCRIPTORS = 700 * 1024;
/** What a descriptor may always have; ours have some 1,000 bytes. */
const FAIR_LENGTH = 4096;

/** No node may make the document too large for all others. */
const maxLength = ({ mixes, providers }: Whitelist): number =>
  Math.max(FAIR_LENGTH, Math.floor(ROOM_FOR_DESCRIPTORS / (mixes.length + providers.length)));

/** Keys that protect nothing break every path and link that is made with them. */
const hasWeakKey = ({ x25519 }: Primitives, { linkKey, mixKeys }: Descriptor): boolean =>
  [linkKey, ...mixKeys.values()].some((key) => isLowOrder(x25519, key));

/** What became of a posted descriptor: the code that the node is told. */
export type PostVerdict = keyof typeof POST_CODE | 'failed';

/**
 * Takes a posted descriptor.
 *
 * @returns `failed` when it could not be stored: the node must not be told anything
 */
export const collect = async (
  { archive, whitelist, primitives }: CollectDeps,
  { epoch, raw, identityKey }: Posted,
  { now, nowMs }: { readonly now: Epoch; readonly nowMs: number },
): Promise<PostVerdict> => {
  if (Math.abs(epoch - now) > 1 || raw.length > maxLength(whitelist)) return 'invalid';
  const descriptor = verifyDescriptor(primitives, raw, { epoch, nowMs, identityKey });
  if (descriptor.isErr() || hasWeakKey(primitives, descriptor.value)) return 'invalid';
  if (!isAuthorised(whitelist, descriptor.value)) return 'forbidden';
  const earlier = archive.descriptor(epoch, identityKey);
  if (earlier) return equal(earlier, raw) ? 'ok' : 'conflict';
  if (archive.document(epoch)) return 'conflict';
  const stored = await archive.addDescriptor(epoch, { identityKey, raw });
  return stored.isOk() ? 'ok' : 'failed';
};
