/**
 * A file as an outgoing mail: its recipients, its sender, its bytes.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import type { Address, SendError, SendOptions } from '../../src/index.js';
import { splitAddresses } from '../../src/mail/address-list.js';
import { normaliseAddress } from '../../src/mail/address.js';
import { findAll, readHead, withoutFields, type MailHead } from '../../src/mail/header.js';
import { toCrlf } from './line-ends.js';

/** Why a file is not sent, now or ever. */
export type DropError =
  | SendError
  | { readonly kind: 'no-recipient' }
  /** `From` names somebody else than the account. */
  | { readonly kind: 'foreign-sender' }
  /** A link, a directory, a device. */
  | { readonly kind: 'no-plain-file' };

const RECIPIENTS = ['To', 'Cc', 'Bcc'];
const BLIND = ['bcc', 'resent-bcc'];

/**
 * Reads a mail with LF or CRLF line ends; its envelope is its header.
 *
 * @errors `bad-mail`, `no-recipient`, `bad-address` — in the header; `foreign-sender`
 */
export const readOutgoing = (
  account: Address,
  file: Uint8Array,
): Result<SendOptions, DropError> => {
  const mail = toCrlf(file);
  return readHead(mail)
    .mapErr((error): DropError => ({ kind: 'bad-mail', problem: error.problem }))
    .andThen((head) =>
      checkSender(account, head)
        .andThen(() => recipientsOf(head))
        .andThen((to) => withoutBlind(mail).map((bytes) => ({ account, to, mail: bytes }))),
    );
};

/** A mail without `From` is the account's own. */
const checkSender = (account: Address, head: MailHead): Result<void, DropError> => {
  const isOther = (text: string): boolean =>
    normaliseAddress(text)
      .map(({ address }) => address !== account)
      .unwrapOr(true);
  return addressesIn(head, ['From']).some(isOther)
    ? err({ kind: 'foreign-sender' })
    : ok(undefined);
};

const recipientsOf = (head: MailHead): Result<readonly Address[], DropError> => {
  const addresses = new Set<Address>();
  for (const text of addressesIn(head, RECIPIENTS)) {
    const address = normaliseAddress(text);
    if (address.isErr()) return err({ kind: 'bad-address', address: text });
    addresses.add(address.value.address);
  }
  return addresses.size > 0 ? ok([...addresses]) : err({ kind: 'no-recipient' });
};

const addressesIn = (head: MailHead, names: readonly string[]): readonly string[] =>
  names.flatMap((name) => findAll(head, name)).flatMap(({ value }) => splitAddresses(value));

const withoutBlind = (mail: Uint8Array): Result<Uint8Array, DropError> =>
  withoutFields(mail, ({ name }) => BLIND.includes(name.toLowerCase())).mapErr(
    (error): DropError => ({ kind: 'bad-mail', problem: error.problem }),
  );
