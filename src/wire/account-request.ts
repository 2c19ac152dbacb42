/**
 * What a user asks of their own account over the network, authenticated by the account's link key.
 *
 * The key of the tag comes from the link keys of user and provider (X25519), and is bound to the
 * provider's identity: nobody else could have made a request, and no other provider can use it.
 * The time in it is later than in any before, so none is taken twice.
 *
 * Layout: version, verb, time (ms), name, new link key or zeros, tag. Source: our own.
 * @module
 */
import { equal, isZero, wipe } from '../bytes/compare.js';
import { parse, type ParseError } from '../bytes/reader.js';
import { fromUtf8, utf8 } from '../bytes/text.js';
import { concat, unpadded, Writer } from '../bytes/writer.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Result } from 'neverthrow';

/** The capability in descriptors. */
export const ACCOUNT_SERVICE = 'account';

export type AccountVerb =
  | { readonly kind: 'show' }
  /** With everything that waits; after a while, in which the answer can be fetched. */
  | { readonly kind: 'delete' }
  | { readonly kind: 'rotate'; readonly linkKey: Uint8Array };

export interface AccountRequest {
  readonly verb: AccountVerb;
  readonly timeMs: number;
  /** As the link has it. */
  readonly user: string;
}

export interface SealedAccountRequest extends AccountRequest {
  /** What the tag is made over. */
  readonly body: Uint8Array;
  /** 32 bytes. */
  readonly tag: Uint8Array;
}

/** Who asks whom; both sides make the same of it. */
export interface AccountLink {
  /** X25519, 32 bytes: ours. */
  readonly secretKey: Uint8Array;
  /** X25519, 32 bytes: theirs. */
  readonly theirKey: Uint8Array;
  readonly userKey: Uint8Array;
  /** Ed25519, 32 bytes. */
  readonly providerIdentity: Uint8Array;
}

const VERSION = 1;
const VERBS = ['show', 'delete', 'rotate'] as const;
const NAME_LENGTH = 64;
const KEY_LENGTH = 32;
const TAG_LENGTH = 32;
const BODY_LENGTH = 2 + 8 + NAME_LENGTH + KEY_LENGTH;
const PURPOSE = utf8('postern account request v1');

/** The whole request; the name has at most 64 bytes. */
export const sealAccountRequest = (
  primitives: Primitives,
  { verb, timeMs, user }: AccountRequest,
  link: AccountLink,
): Uint8Array | undefined => {
  const body = new Writer(BODY_LENGTH)
    .u8(VERSION)
    .u8(VERBS.indexOf(verb.kind))
    .u64(timeMs)
    .padded(utf8(user), NAME_LENGTH)
    .bytes(verb.kind === 'rotate' ? verb.linkKey : new Uint8Array(KEY_LENGTH))
    .done();
  const tag = tagOf(primitives, body, link);
  return tag && concat(body, tag);
};

/**
 * Reads a request; whether it is genuine, {@link isGenuine} tells.
 *
 * @param bytes - with zeros behind it
 */
export const decodeAccountRequest = (bytes: Uint8Array): Result<SealedAccountRequest, ParseError> =>
  parse(bytes, (from) => {
    const body = bytes.slice(0, BODY_LENGTH);
    from.require(from.u8('version') === VERSION, 'version', 'is 1');
    const kind = VERBS[from.u8('verb')];
    const timeMs = from.u64('time');
    const user = fromUtf8(unpadded(from.take(NAME_LENGTH, 'name')));
    const linkKey = from.take(KEY_LENGTH, 'link_key').slice();
    const tag = from.take(TAG_LENGTH, 'tag').slice();
    from.zeros(from.remaining, 'padding');
    from.require(kind !== undefined, 'verb', 'is known');
    from.require((kind === 'rotate') !== isZero(linkKey), 'link_key', 'is there to rotate only');
    const verb = kind === 'rotate' ? { kind, linkKey } : { kind: kind ?? 'show' };
    return { verb, timeMs, user, body, tag };
  });

/** Whether the owner of the user's link key made it, for this provider. */
export const isGenuine = (
  primitives: Primitives,
  { body, tag }: SealedAccountRequest,
  link: AccountLink,
): boolean => {
  const expected = tagOf(primitives, body, link);
  return expected !== undefined && equal(expected, tag);
};

const tagOf = (
  { x25519, hmacSha256 }: Primitives,
  body: Uint8Array,
  { secretKey, theirKey, userKey, providerIdentity }: AccountLink,
): Uint8Array | undefined => {
  const shared = x25519.multiply(x25519.scalar(secretKey), x25519.point(theirKey));
  if (shared === undefined) return undefined;
  const key = hmacSha256(shared, concat(PURPOSE, userKey, providerIdentity));
  const tag = hmacSha256(key, body);
  wipe(shared, key);
  return tag;
};
