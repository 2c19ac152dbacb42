/**
 * One SMTP transaction: who sends, to whom, and the mail itself.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { SMTPServerAddress, SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { concatAll } from '../../src/bytes/writer.js';
import type { LoginRules } from '../../src/control/login.js';
import type { Address, MixClient, SendOptions, Sent } from '../../src/index.js';
import { normaliseAddress } from '../../src/mail/address.js';
import type { Refusal } from './replies.js';

export interface Submission {
  readonly client: MixClient;
  readonly login: LoginRules;
  /** Most bytes of a mail. */
  readonly maxMailLength: number;
}

/**
 * Whether an envelope's sender is the account that logged in, or any account where nobody must.
 *
 * @errors `foreign-sender` — also for the empty sender: reports are not ours to forward
 */
export const checkSender = (
  { login }: Submission,
  session: SMTPServerSession,
  sender: string,
): Result<Address, Refusal> =>
  normaliseAddress(sender)
    .map(({ address }) => address)
    .mapErr((): Refusal => FOREIGN)
    .andThen((address) => {
      const allowed = accountOf(session) ?? (login.allowAnyPassword === true ? address : undefined);
      return login.passwords.has(address) && address === allowed ? ok(address) : err(FOREIGN);
    });

const FOREIGN: Refusal = { kind: 'foreign-sender' };

/** The account that logged in on this connection. */
const accountOf = ({ user }: SMTPServerSession): Address | undefined =>
  typeof user === 'string' ? user : undefined;

/**
 * Resolves one recipient as soon as it is named.
 *
 * @errors `unknown-recipient` — no key, and the account looks for none; `bad-address`
 */
export const checkRecipient = (
  { client }: Submission,
  sender: Address,
  recipient: string,
): Result<Address, Refusal> => client.recipients.admit({ account: sender, address: recipient });

/**
 * Takes the mail off the connection, without the stuffed dots.
 *
 * It reads to the end in any case, so that a refusal is heard, but keeps nothing over the limit.
 *
 * @errors `mail-too-large`; `cut` — the connection ended before the mail did
 */
export const collect = (
  stream: SMTPServerDataStream,
  limit: number,
): ResultAsync<Uint8Array, Refusal> =>
  ResultAsync.fromPromise(readAll(stream, limit), (): Refusal => ({ kind: 'cut' })).andThen(
    (mail) => {
      const size = stream.byteLength;
      return size > limit
        ? err<Uint8Array, Refusal>({ kind: 'mail-too-large', size, limit })
        : ok(mail);
    },
  );

const readAll = async (stream: SMTPServerDataStream, limit: number): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) {
    if (stream.byteLength > limit) pieces.length = 0;
    else if (piece instanceof Uint8Array) pieces.push(piece);
  }
  return concatAll(pieces);
};

/**
 * Hands the mail to the client.
 *
 * @returns when it is durable; nothing of it is kept otherwise
 */
export const submit = (
  submission: Submission,
  session: SMTPServerSession,
  mail: Uint8Array,
): ResultAsync<readonly Sent[], Refusal> =>
  addressed(submission, session, mail).asyncAndThen((options) =>
    submission.client.send(options).mapErr((error): Refusal => error),
  );

/** The envelope is checked again: keys can have gone since it was named. */
const addressed = (
  submission: Submission,
  session: SMTPServerSession,
  mail: Uint8Array,
): Result<SendOptions, Refusal> => {
  const { mailFrom, rcptTo } = session.envelope;
  return checkSender(submission, session, mailFrom === false ? '' : mailFrom.address).andThen(
    (account) =>
      checkAll(submission, account, rcptTo).map((to) => ({ account, to: [...new Set(to)], mail })),
  );
};

const checkAll = (
  submission: Submission,
  account: Address,
  recipients: readonly SMTPServerAddress[],
): Result<readonly Address[], Refusal> =>
  recipients.reduce<Result<readonly Address[], Refusal>>(
    (before, { address }) =>
      before.andThen((checked) =>
        checkRecipient(submission, account, address).map((recipient) => [...checked, recipient]),
      ),
    ok([]),
  );
