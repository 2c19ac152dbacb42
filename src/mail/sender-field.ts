/**
 * The fields that say who sealed a mail: written by the receiver, and by nobody else.
 * @module
 */
import { fromBase64, fromUtf8, toBase64 } from '../bytes/text.js';
import { normaliseAddress } from './address.js';
import { splitAddresses } from './address-list.js';
import { findAll, readHead, type HeaderField, type MailHead } from './header.js';

/** Holds the sender's identity key in base64, as mailproxy writes it. */
export const SENDER_FIELD = 'X-Katzenpost-Sender';

/** The envelope's sender. */
const RETURN_PATH = 'Return-Path';

/** Our name in Authentication-Results (RFC 8601 §2.2), which nobody else may use either. */
const AUTHORITY = 'mix';

const KEY_LENGTH = 32;

/** More authors than this are nobody's business. */
const MAX_FROM = 16;

/**
 * Our names at the start of a line. Lone CR, VT and FF count as line ends, since some readers take
 * them for such; white space before the colon is obsolete syntax that readers accept.
 */
const CLAIM = new RegExp(
  `(?:^|[\\r\\n\\v\\f])(?:${SENDER_FIELD}[ \\t]*:|` +
    `Authentication-Results[ \\t]*:(?:\\s|\\([^()]*\\))*${AUTHORITY}(?![\\w.-]))`,
  'i',
);

/** What is known of who sealed a mail. */
export interface Provenance {
  /** Whose key it is, where that is known. */
  readonly sender?: string | undefined;
  /** The address in From, where it is known to have another key. */
  readonly forged?: string | undefined;
}

/**
 * The fields that go in front of a mail whose sender's key (32 bytes) is authenticated.
 *
 * Return-Path comes first, as RFC 5321 §4.4 has it, so that one in the mail itself is not taken for
 * ours; it is empty where nobody knows an address of this key.
 */
export const senderFields = (
  senderKey: Uint8Array,
  { sender = '', forged }: Provenance = {},
): readonly HeaderField[] => {
  const pass = `${AUTHORITY}; x-katzenpost-sender=pass`;
  const fail = forged === undefined ? '' : `; x-katzenpost-from=fail header.from=${forged}`;
  return [
    { name: RETURN_PATH, value: `<${sender}>` },
    { name: 'Authentication-Results', value: `${pass}${fail}` },
    { name: SENDER_FIELD, value: toBase64(senderKey) },
  ];
};

/** The same for a mail of which nobody knows who has written it; `forged` as in {@link Provenance}. */
export const anonymousFields = (forged: string | undefined): readonly HeaderField[] => [
  { name: RETURN_PATH, value: '<>' },
  {
    name: 'Authentication-Results',
    value:
      `${AUTHORITY}; x-katzenpost-sender=none` +
      (forged === undefined ? '' : `; x-katzenpost-from=fail header.from=${forged}`),
  },
];

/** The key that {@link senderFields} have put in front of a mail; whoever kept it vouches for it. */
export const senderKeyIn = (mail: Uint8Array): Uint8Array | undefined =>
  readHead(mail)
    .map((head) => fromBase64(findAll(head, SENDER_FIELD)[0]?.value ?? ''))
    .map((key) => (key?.length === KEY_LENGTH ? key : undefined))
    .unwrapOr(undefined);

/** The addresses that From names, normalised; those that are none are left out. */
export const fromAddresses = (head: MailHead): readonly string[] =>
  findAll(head, 'From')
    .flatMap(({ value }) => splitAddresses(value))
    .slice(0, MAX_FROM)
    .flatMap((text) =>
      normaliseAddress(text).match(
        ({ address }) => [address],
        () => [],
      ),
    );

/** Whether the head of a mail, as its sender wrote it, already claims what only we may say. */
export const claimsSender = (head: Uint8Array): boolean => CLAIM.test(fromUtf8(head));
