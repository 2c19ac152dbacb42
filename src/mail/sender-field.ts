/**
 * The fields that say who sealed a mail: written by the receiver, and by nobody else.
 * @module
 */
import { fromUtf8, toBase64 } from '../bytes/text.js';
import type { HeaderField } from './header.js';

/** Holds the sender's identity key in base64, as mailproxy writes it. */
export const SENDER_FIELD = 'X-Katzenpost-Sender';

/** Our name in Authentication-Results (RFC 8601 §2.2), which nobody else may use either. */
const AUTHORITY = 'mix';

/**
 * Our names at the start of a line. Lone CR, VT and FF count as line ends, since some readers take
 * them for such; white space before the colon is obsolete syntax that readers accept.
 */
const CLAIM = new RegExp(
  `(?:^|[\\r\\n\\v\\f])(?:${SENDER_FIELD}[ \\t]*:|` +
    `Authentication-Results[ \\t]*:(?:\\s|\\([^()]*\\))*${AUTHORITY}(?![\\w.-]))`,
  'i',
);

/** The fields that go in front of a mail whose sender's key (32 bytes) is authenticated. */
export const senderFields = (senderKey: Uint8Array): readonly HeaderField[] => [
  { name: 'Authentication-Results', value: `${AUTHORITY}; x-katzenpost-sender=pass` },
  { name: SENDER_FIELD, value: toBase64(senderKey) },
];

/** Whether the head of a mail, as its sender wrote it, already claims what only we may say. */
export const claimsSender = (head: Uint8Array): boolean => CLAIM.test(fromUtf8(head));
