/**
 * Addresses: one RFC 5322 mailbox, brought to the form in which both ends compare it.
 *
 * A display name and comments are allowed and dropped; address literals and groups are not.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { utf8 } from '../bytes/text.js';
import { normaliseDomain } from './domain.js';
import { normaliseName } from './precis.js';

/** Most bytes of a user name: the recipient field of a packet. */
export const MAX_USER_LENGTH = 64;

export interface NormalAddress {
  /** `user@domain`; the user is quoted where RFC 5322 wants that. Normalising it changes nothing. */
  readonly address: string;
  /** As it goes on the wire: unquoted, at most {@link MAX_USER_LENGTH} bytes. */
  readonly user: string;
  /** Lower-case ASCII. */
  readonly domain: string;
}

export interface AddressError {
  readonly kind: 'bad-address';
  readonly address: string;
  readonly problem: 'syntax' | 'user' | 'user-too-long' | 'domain';
}

export interface AddressRules {
  /** Keeps upper case in user names; default false. */
  readonly caseSensitive?: boolean;
}

interface Mailbox {
  readonly local: string;
  readonly domain: string;
}

/** Longest input that is looked at; nothing longer is an address. */
const MAX_INPUT_LENGTH = 2000;

const SPACE = String.raw`[ \t\r\n]*`;
const ATOM = String.raw`[A-Za-z0-9!#$%&'*+/=?^_\x60{|}~\x80-\u{10ffff}-]+`;
const QUOTED = String.raw`"(?:[^"\\\r\n]|\\[^\r\n])*"`;
const DOT_ATOM = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, 'u');
const ADDR_SPEC = new RegExp(
  `^${SPACE}((?:${ATOM}(?:\\.${ATOM})*)|${QUOTED})${SPACE}@${SPACE}([^\\s@<>"\\[\\]()]+)${SPACE}$`,
  'u',
);
const NAME_ADDR = new RegExp(
  `^((?:[^"<>@,;:]|${QUOTED})*)<([^<>]*|[^<>"]*${QUOTED}[^<>"]*)>\\s*$`,
  'u',
);

/** Parses and normalises one address; never throws. */
export const normaliseAddress = (
  text: string,
  rules: AddressRules = {},
): Result<NormalAddress, AddressError> => {
  const refuse = (problem: AddressError['problem']): Result<never, AddressError> =>
    err({ kind: 'bad-address', address: text, problem });
  const mailbox = parseMailbox(text);
  if (mailbox === undefined) return refuse('syntax');
  const user = normaliseUser(mailbox.local, rules);
  if (user === undefined) return refuse('user');
  if (utf8(user).length > MAX_USER_LENGTH) return refuse('user-too-long');
  const domain = normaliseDomain(mailbox.domain);
  if (domain === undefined) return refuse('domain');
  return ok({ address: `${quoteUser(user)}@${domain}`, user, domain });
};

/**
 * A user name alone, such as an account's; `undefined` when it is none.
 *
 * An `@` is refused although PRECIS has nothing against it: elsewhere the first one ends the name.
 */
export const normaliseUser = (name: string, rules: AddressRules = {}): string | undefined => {
  const normal = normaliseName(name, rules.caseSensitive ?? false);
  return normal === undefined || normal.includes('@') ? undefined : normal;
};

const quoteUser = (user: string): string =>
  DOT_ATOM.test(user) ? user : `"${user.replace(/["\\]/g, '\\$&')}"`;

const parseMailbox = (text: string): Mailbox | undefined => {
  if (text.length > MAX_INPUT_LENGTH) return undefined;
  const plain = withoutComments(text);
  if (plain === undefined) return undefined;
  const named = NAME_ADDR.exec(plain);
  const match = ADDR_SPEC.exec(named?.[2] ?? plain);
  const [local, domain] = [match?.[1], match?.[2]];
  if (local === undefined || domain === undefined) return undefined;
  return { local: unquote(local), domain };
};

const unquote = (local: string): string =>
  local.startsWith('"') ? local.slice(1, -1).replace(/\\(.)/gsu, '$1') : local;

/** Replaces each (nested) comment outside quotes by a space; `undefined` when one is not closed. */
const withoutComments = (text: string): string | undefined => {
  let plain = '';
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    const pair = char === '\\' && (quoted || depth > 0) ? char + (text[at + 1] ?? '') : char;
    at += pair.length - 1;
    if (char === '"' && depth === 0) quoted = !quoted;
    if (char === '(' && !quoted) depth++;
    if (depth === 0) plain += pair;
    if (char === ')' && !quoted && --depth === 0) plain += ' ';
    if (depth < 0) return undefined;
  }
  return depth === 0 && !quoted ? plain : undefined;
};
