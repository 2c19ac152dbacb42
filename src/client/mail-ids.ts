/**
 * Tables of Message-IDs: of mails that came, and of mails that left.
 * @module
 */
import { utf8 } from '../bytes/text.js';
import type { Primitives } from '../crypto/primitives.js';
import type { SeenTable } from './seen.js';

const DAY_MS = 86_400_000;

/** For as long as somebody may still answer. */
const KEPT = { limit: 50_000, lifetimeMs: 400 * DAY_MS };

export const RECEIVED_IDS: SeenTable = { collection: 'inbox-ids', ...KEPT };

/** By the ids that others know; each notes what the mail is called here. */
export const SENT_IDS: SeenTable = { collection: 'outbox-ids', ...KEPT };

/** The name of a Message-ID, in angle brackets. */
export const idKey = ({ hash }: Pick<Primitives, 'hash'>, messageId: string): Uint8Array =>
  hash.sha512_256(utf8(messageId));
