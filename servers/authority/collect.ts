/**
 * Collecting: which descriptors an authority takes, and what it says of each.
 *
 * Source: nonvoting authority v0.0.14.
 * @module
 */
import { equal } from '../../src/bytes/compare.js';
import { isLowOrder } from '../../src/crypto/low-order.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import { verifyDescriptor, type Descriptor } from '../../src/pki/descriptor.js';
import type { Epoch } from '../../src/pki/epoch.js';
import { POST_CODE } from '../../src/wire/directory-commands.js';
import type { Archive } from './archive.js';
import type { Registry } from './registry.js';

/** A descriptor as a node has posted it. */
export interface Posted {
  readonly epoch: Epoch;
  readonly raw: Uint8Array;
  /** The identity key that the link has proved. */
  readonly identityKey: Uint8Array;
  /** Where it came from, as counted. */
  readonly host: string;
}

export interface CollectDeps {
  readonly archive: Archive;
  readonly registry: Registry;
  readonly primitives: Primitives;
}

/** A document must fit a frame of 1 MiB, as base64 in its JSON. */
const ROOM_FOR_DESCRIPTORS = 700 * 1024;
/** What a descriptor may always have; ours have some 1,000 bytes. */
const FAIR_LENGTH = 4096;

/** No node may make the document too large for all others. */
const maxLength = ({ members }: Registry): number =>
  Math.max(FAIR_LENGTH, Math.floor(ROOM_FOR_DESCRIPTORS / members.all.length));

/** Keys that protect nothing break every path and link that is made with them. */
const hasWeakKey = ({ x25519 }: Primitives, { linkKey, mixKeys }: Descriptor): boolean =>
  [linkKey, ...mixKeys.values()].some((key) => isLowOrder(x25519, key));

/** What became of a posted descriptor: the code that the node is told. */
export type PostVerdict = keyof typeof POST_CODE | 'failed';

/**
 * Takes a posted descriptor. A good one of a node that is not listed waits for the operator, whatever
 * the node is told.
 *
 * @returns `failed` when it could not be stored: the node must not be told anything
 */
export const collect = async (
  deps: CollectDeps,
  posted: Posted,
  moment: { readonly now: Epoch; readonly nowMs: number },
): Promise<PostVerdict> => {
  const { archive, registry } = deps;
  const { epoch, raw, identityKey } = posted;
  const isMember = registry.members.get(identityKey) !== undefined;
  if (!isMember && !registry.pending.mayLook()) return 'forbidden';
  const descriptor = readPosted(deps, posted, moment);
  if (descriptor === undefined) return 'invalid';
  if (!isMember) registry.pending.note(descriptor, posted.host);
  if (!registry.members.isAuthorised(descriptor)) return 'forbidden';
  const earlier = archive.descriptor(epoch, identityKey);
  if (earlier) return equal(earlier, raw) ? 'ok' : 'conflict';
  if (archive.document(epoch)) return 'conflict';
  const { name } = descriptor;
  const stored = await registry.attendance.note(
    { identityKey, name, epoch, nowMs: moment.nowMs },
    (change) => archive.addDescriptor(epoch, { identityKey, raw }, [change]),
  );
  return stored.isOk() ? 'ok' : 'failed';
};

/** What was posted, if a document could stand it. */
const readPosted = (
  { registry, primitives }: CollectDeps,
  { epoch, raw, identityKey }: Posted,
  { now, nowMs }: { readonly now: Epoch; readonly nowMs: number },
): Descriptor | undefined => {
  if (Math.abs(epoch - now) > 1 || raw.length > maxLength(registry)) return undefined;
  const descriptor = verifyDescriptor(primitives, raw, { epoch, nowMs, identityKey });
  return descriptor.isErr() || hasWeakKey(primitives, descriptor.value)
    ? undefined
    : descriptor.value;
};
