/**
 * What came on the standard input, made a mail with an envelope.
 *
 * It is taken as sendmail takes it: with LF or CRLF, with or without a header, ended by a line with
 * a dot unless somebody says otherwise.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { toCrlf } from '../../bridges/files/line-ends.js';
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import type { Address } from '../../src/index.js';
import { splitAddresses } from '../../src/mail/address-list.js';
import { normaliseAddress } from '../../src/mail/address.js';
import {
  findAll,
  prependFields,
  readHead,
  type HeaderError,
  type MailHead,
} from '../../src/mail/header.js';
import {
  type ForeignFrom,
  type ForeignSender,
  ownSender,
  rewritten,
} from '../../src/mail/own-sender.js';
import type { Arguments } from './arguments.js';

export interface Letter {
  readonly account: Address;
  readonly to: readonly string[];
  /** RFC 5322 bytes with CRLF line ends. */
  readonly mail: Uint8Array;
}

export type LetterError =
  | { readonly kind: 'bad-mail'; readonly problem: string }
  | { readonly kind: 'no-recipient' }
  /** The configuration names none. */
  | { readonly kind: 'no-account' }
  | { readonly kind: 'bad-address'; readonly address: string }
  /** The envelope's sender, given with `-f`, is none of the accounts. */
  | { readonly kind: 'foreign-envelope'; readonly sender: string }
  | ForeignSender;

export interface LetterDeps {
  /** In the order of the file. */
  readonly accounts: readonly Address[];
  readonly foreignFrom: ForeignFrom;
}

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;

/** @errors any {@link LetterError} that the input or the command line causes */
export const readLetter = (
  { accounts, foreignFrom }: LetterDeps,
  told: Arguments,
  input: Uint8Array,
): Result<Letter, LetterError> => {
  const mail = withHead(toCrlf(withoutMboxLine(told.ignoresDots ? input : untilDot(input))));
  return headOf(mail).andThen((head) =>
    chooseSender(accounts, told, head).andThen((account) =>
      recipientsOf(account, told, head).andThen((to) =>
        ownMail(mail, account, { foreignFrom, fullName: told.fullName }).map((own) => ({
          account,
          to,
          mail: own,
        })),
      ),
    ),
  );
};

/** The account that is meant by `-f` or by From; else the first one. */
export const chooseSender = (
  accounts: readonly Address[],
  { sender }: Pick<Arguments, 'sender'>,
  head: MailHead,
): Result<Address, LetterError> => {
  const told = sender?.includes('@') === true ? normalOf(sender) : undefined;
  if (told !== undefined) {
    return accounts.includes(told) ? ok(told) : err({ kind: 'foreign-envelope', sender: told });
  }
  const named = fieldAddresses(head, ['From']).map(normalOf);
  // A bare name such as root is what cron says for whoever it is.
  const meant = accounts.find((account) => named.includes(account)) ?? accounts[0];
  return meant === undefined ? err({ kind: 'no-account' }) : ok(meant);
};

/** Up to a line that is only a dot. */
const untilDot = (input: Uint8Array): Uint8Array => {
  for (let at = 0; at < input.length;) {
    const next = input.indexOf(LF, at);
    const end = next < 0 ? input.length : next;
    const length = end - at - (input[end - 1] === CR && end > at ? 1 : 0);
    if (length === 1 && input[at] === DOT) return input.subarray(0, at);
    at = end + 1;
  }
  return input;
};

const MBOX = utf8('From ');

/** Some programs send what they keep: a mail with the first line of an mbox. */
const withoutMboxLine = (input: Uint8Array): Uint8Array => {
  const isMbox = MBOX.every((byte, at) => input[at] === byte);
  return isMbox ? input.subarray(input.indexOf(LF) + 1 || input.length) : input;
};

/** Text alone is a body. */
const withHead = (mail: Uint8Array): Uint8Array =>
  readHead(mail).match(
    () => mail,
    ({ line }) => (line === 1 ? concat(utf8('\r\n'), mail) : mail),
  );

const headOf = (mail: Uint8Array): Result<MailHead, LetterError> =>
  readHead(mail).mapErr(({ problem, line }: HeaderError) => ({
    kind: 'bad-mail',
    problem: `${problem}, line ${line}`,
  }));

const RECIPIENTS = ['To', 'Cc', 'Bcc'];
const RESENT = ['Resent-To', 'Resent-Cc', 'Resent-Bcc'];

/** A name without a domain is one of the account's provider. */
const recipientsOf = (
  account: Address,
  { recipients, readsRecipients }: Arguments,
  head: MailHead,
): Result<readonly string[], LetterError> => {
  const domain = account.slice(account.lastIndexOf('@'));
  const isResent = RESENT.some((name) => findAll(head, name).length > 0);
  const named = readsRecipients ? fieldAddresses(head, isResent ? RESENT : RECIPIENTS) : [];
  const to = [...recipients.flatMap(splitAddresses), ...named].map((each) =>
    each.includes('@') ? each : `${each}${domain}`,
  );
  const bad = to.find((each) => normaliseAddress(each).isErr());
  if (bad !== undefined) return err({ kind: 'bad-address', address: bad });
  return to.length > 0 ? ok([...new Set(to.map(normalOf))]) : err({ kind: 'no-recipient' });
};

/** From is the account, and is there. */
const ownMail = (
  mail: Uint8Array,
  account: Address,
  { foreignFrom, fullName }: { foreignFrom: ForeignFrom; fullName: string | undefined },
): Result<Uint8Array, LetterError> =>
  ownSender(mail, account, foreignFrom)
    .orElse((foreign) =>
      foreign.named.includes('@') ? err(foreign) : ok(rewritten(mail, account)),
    )
    .map((own) => withFrom(own, account, fullName));

const withFrom = (mail: Uint8Array, account: Address, fullName = ''): Uint8Array => {
  const isThere = readHead(mail)
    .map((head) => findAll(head, 'From').length > 0)
    .unwrapOr(false);
  if (isThere) return mail;
  const name = fullName.replace(/[^\x20-\x7e]|["\\]/g, '');
  const value = name === '' ? account : `"${name}" <${account}>`;
  return prependFields(mail, [{ name: 'From', value }]);
};

const fieldAddresses = (head: MailHead, names: readonly string[]): readonly string[] =>
  names.flatMap((name) => findAll(head, name)).flatMap(({ value }) => splitAddresses(value));

const normalOf = (text: string): string =>
  normaliseAddress(text)
    .map(({ address }) => address)
    .unwrapOr(text);
