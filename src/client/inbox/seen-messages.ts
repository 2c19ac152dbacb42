/**
 * What has come before: messages that were delivered or given up, and blocks that were refused.
 *
 * Providers and senders repeat themselves for days, so entries outlive their last sight by longer
 * than any sender tries (5 days and some slack in the reference).
 * @module
 */
import { concat, Writer } from '../../bytes/writer.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Block } from '../blocks/block.js';
import type { SeenTable } from '../seen.js';

const DAY_MS = 86_400_000;
export const LIFETIME_MS = 14 * DAY_MS;

export const SEEN_MESSAGES: SeenTable = {
  collection: 'inbox-seen',
  limit: 500_000,
  lifetimeMs: LIFETIME_MS,
};

/** A refused block costs its sender nothing but the packet, so fewer are remembered. */
export const SEEN_REFUSED: SeenTable = {
  collection: 'inbox-refused',
  limit: 10_000,
  lifetimeMs: LIFETIME_MS,
};

/** Another total makes another message; so does another sender. */
export const messageKey = (
  { hash }: Primitives,
  senderKey: Uint8Array,
  { messageId, total }: Pick<Block, 'messageId' | 'total'>,
): Uint8Array => hash.sha512_256(concat(senderKey, messageId, new Writer(2).u16(total).done()));

/** The name of a block that cannot be opened. */
export const refusedKey = ({ hash }: Primitives, sealed: Uint8Array): Uint8Array =>
  hash.sha512_256(sealed);
