/**
 * Whether a mail says that it is from the account that sends it.
 *
 * From and Sender can be written by anybody; who reads a mail takes them for the truth. So what a
 * mail program of ours hands in names its own account there, or nobody.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { normaliseAddress } from './address.js';
import { splitAddresses } from './address-list.js';
import { isNamed, prependFields, readHead, withoutFields, type HeaderLine } from './header.js';

/** What becomes of a mail that names somebody else. */
export type ForeignFrom = 'refuse' | 'rewrite';

/** A field that names somebody else; `named` is empty where it names nobody at all. */
export interface ForeignSender {
  readonly kind: 'foreign-from';
  readonly field: string;
  readonly named: string;
}

const FIELDS = ['From', 'Sender'] as const;

/**
 * The mail, if From and Sender are its account's; with `rewrite` one whose From is, and that has no
 * Sender. What has no readable header comes back as it is: others refuse that.
 *
 * @errors `foreign-from`: the first field that is not the account's, with `refuse`
 */
export const ownSender = (
  mail: Uint8Array,
  account: string,
  policy: ForeignFrom,
): Result<Uint8Array, ForeignSender> => {
  const foreign = firstForeign(mail, account);
  if (foreign === undefined) return ok(mail);
  return policy === 'refuse' ? err(foreign) : ok(rewritten(mail, account));
};

/** The mail with another From, or its first one, and without Sender. */
export const rewritten = (mail: Uint8Array, account: string): Uint8Array =>
  withoutFields(mail, (line) => FIELDS.some((field) => isNamed(line, field)))
    .map((kept) => prependFields(kept, [{ name: 'From', value: account }]))
    .unwrapOr(mail);

/** Whether a mail has a From of any kind. */
export const hasFrom = (mail: Uint8Array): boolean =>
  readHead(mail)
    .map(({ lines }) => lines.some((line) => isNamed(line, 'From')))
    .unwrapOr(false);

const firstForeign = (mail: Uint8Array, account: string): ForeignSender | undefined =>
  readHead(mail)
    .map(({ lines }) => lines.map((line) => foreignIn(line, account)).find(Boolean))
    .unwrapOr(undefined);

const foreignIn = (line: HeaderLine, account: string): ForeignSender | undefined => {
  const field = FIELDS.find((name) => isNamed(line, name));
  if (field === undefined) return undefined;
  const named = splitAddresses(line.value);
  if (named.length === 0) return { kind: 'foreign-from', field, named: '' };
  const other = named.find((each) => !isAccount(each, account));
  return other === undefined ? undefined : { kind: 'foreign-from', field, named: other };
};

/** A name without a domain is one of the account's domain. */
const isAccount = (text: string, account: string): boolean => {
  const [own, domain] = [normalOf(account), account.slice(account.lastIndexOf('@'))];
  return normalOf(text) === own || (!text.includes('@') && normalOf(`${text}${domain}`) === own);
};

/** Here case never counts. */
const normalOf = (text: string): string =>
  normaliseAddress(text)
    .map(({ address }) => address)
    .unwrapOr(text);
