/**
 * The fields with addresses: only what delivers a mail, and the one name that an account allows.
 * @module
 */
import { normaliseAddress } from '../mail/address.js';
import { splitAddresses } from '../mail/address-list.js';
import { decodeWords } from '../mail/decode-words.js';
import { encodeWords, foldTokens } from '../mail/words.js';
import type { DisplayName, SanitisePolicy } from './policy.js';

interface Author {
  readonly address: string;
  readonly name: string;
}

/** A mailbox's words before its angle bracket. */
const NAMED = /^([^]*)<[^<>]*>\s*$/;
const ATOM = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+$/;

/** The addresses of a value, normalised, each once; names, comments, groups and routes are gone. */
export const plainAddresses = (value: string): readonly string[] => [
  ...new Set(splitAddresses(value).flatMap((text) => addressOf(text) ?? [])),
];

const addressOf = (text: string): string | undefined =>
  normaliseAddress(text).match(
    ({ address }) => address,
    () => undefined,
  );

/** To, Cc or Reply-To: addresses alone; `undefined` where there is none. */
export const addressesField = (name: string, value: string): string | undefined => {
  const addresses = plainAddresses(value);
  if (addresses.length === 0) return undefined;
  const last = addresses.length - 1;
  return foldTokens(
    name,
    addresses.map((address, at) => (at < last ? `${address},` : address)),
  );
};

/** From: one of the account's own addresses, with the name that it allows. */
export const fromField = (
  value: string,
  { addresses = [], displayName = { kind: 'keep' } }: SanitisePolicy,
): string | undefined => {
  const own = addresses.flatMap((text) => addressOf(text) ?? []);
  const written = splitAddresses(value).flatMap((text) => authorOf(text) ?? []);
  const author =
    written.find(({ address }) => own.includes(address)) ??
    (own[0] === undefined ? written[0] : { address: own[0], name: '' });
  return author && mailbox(author.address, nameOf(author, displayName));
};

const authorOf = (text: string): Author | undefined => {
  const address = addressOf(text);
  return address === undefined ? undefined : { address, name: writtenName(text) };
};

const writtenName = (text: string): string => {
  const words = (NAMED.exec(text)?.[1] ?? '').trim();
  const bare = /^"(?:[^"\\]|\\[^])*"$/.test(words)
    ? words.slice(1, -1).replace(/\\([^])/g, '$1')
    : words.replace(/\([^()]*\)/g, '').replace(/"/g, '');
  return oneLine(decodeWords(bare));
};

const nameOf = ({ name }: Author, wanted: DisplayName): string => {
  if (wanted.kind === 'none') return '';
  return wanted.kind === 'fixed' ? oneLine(wanted.text) : name;
};

const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/** Longer words are encoded. */
const MAX_WORD = 71;

/** A name and an address: bare where atoms allow, quoted where ASCII allows, else encoded. */
const mailbox = (address: string, name: string): string => {
  if (name === '') return address;
  const words = name.split(' ');
  const isAscii = /^[\x20-\x7e]*$/.test(name) && !name.includes('=?');
  if (!isAscii || words.some((word) => word.length > MAX_WORD)) {
    return `${encodeWords('From', name)}\r\n <${address}>`;
  }
  const plain = words.every((word) => ATOM.test(word));
  const quoted = `"${name.replace(/["\\]/g, '\\$&')}"`;
  return foldTokens('From', [...(plain ? name : quoted).split(' '), `<${address}>`]);
};
