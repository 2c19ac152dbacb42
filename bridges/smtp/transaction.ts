/**
 * One SMTP transaction: who sends, to whom, and the mail itself.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { concatAll } from '../../src/bytes/writer.js';
import type { LoginRules } from '../../src/control/login.js';
import type {
  Address,
  MixClient,
  RecipientError,
  Recipients,
  SendOptions,
} from '../../src/index.js';
import { normaliseAddress } from '../../src/mail/address.js';
import { type ForeignFrom, ownSender } from '../../src/mail/own-sender.js';
import type { Refusal } from './replies.js';

/** What this bridge uses of a client. */
export interface SmtpClient {
  readonly send: MixClient['send'];
  readonly recipients: {
    admit(options: {
      readonly account: string;
      readonly address: string;
    }): ReturnType<Recipients['admit']>;
    get(address: string): Result<{ readonly address: Address }, RecipientError>;
  };
  readonly accounts: {
    status(): readonly {
      readonly account: Address;
      readonly connection: { readonly kind: string };
    }[];
  };
}

export interface Submission {
  readonly client: SmtpClient;
  readonly login: LoginRules;
  /** Whether nobody has to log in. */
  readonly isOpen: () => boolean;
  /** Most bytes of a mail. */
  readonly maxMailLength: number;
  readonly foreignFrom: ForeignFrom;
  /** Whether every recipient has an answer of its own. */
  readonly perRecipient: boolean;
}

/**
 * Whether an envelope's sender is the account that logged in, or any account where nobody must.
 *
 * @errors `foreign-sender` — also for the empty sender: reports are not ours to forward;
 *   `others-sender` — known here, as another account or as a recipient
 */
export const checkSender = (
  { login, client, isOpen }: Submission,
  session: SMTPServerSession,
  sender: string,
): Result<Address, Refusal> =>
  normaliseAddress(sender)
    .map(({ address }) => address)
    .mapErr((): Refusal => FOREIGN)
    .andThen((address) => {
      const allowed = accountOf(session) ?? (isOpen() ? address : undefined);
      if (login.passwords.has(address) && address === allowed) return ok(address);
      const isKnown = login.passwords.has(address) || client.recipients.get(address).isOk();
      return err<Address, Refusal>(isKnown ? { kind: 'others-sender', sender: address } : FOREIGN);
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
  readAll(stream, limit).andThen((mail) => {
    const size = stream.byteLength;
    return size > limit
      ? err<Uint8Array, Refusal>({ kind: 'mail-too-large', size, limit })
      : ok(mail);
  });

/** By its events, since iterating a stream costs more than a short mail does. */
const readAll = (stream: SMTPServerDataStream, limit: number): ResultAsync<Uint8Array, Refusal> => {
  const pieces: Uint8Array[] = [];
  const keep = (piece: Uint8Array): void => {
    if (stream.byteLength > limit) pieces.length = 0;
    else pieces.push(piece);
  };
  return new ResultAsync(
    new Promise((resolve) => {
      const cut = (): void => resolve(err({ kind: 'cut' }));
      stream.on('data', keep).on('error', cut).once('close', cut);
      stream.once('end', () => resolve(ok(concatAll(pieces))));
    }),
  );
};

/** What became of a mail, recipient by recipient. */
export interface Submitted {
  readonly account: Address;
  /** Those who get it. */
  readonly accepted: ReadonlySet<Address>;
}

/**
 * Hands the mail to the client.
 *
 * A recipient who cannot have it any more, since keys go and providers too, does not keep it from
 * the others: where the protocol has no word for that, a report in the sender's own inbox has.
 *
 * @returns when it is durable; nothing of it is kept otherwise
 */
export const submit = (
  submission: Submission,
  session: SMTPServerSession,
  mail: Uint8Array,
): ResultAsync<Submitted, Refusal> =>
  addressed(submission, session, mail).asyncAndThen((options) =>
    submission.client
      .send(options)
      .map((sent) => ({
        account: options.account,
        accepted: new Set(sent.map(({ recipient }) => recipient)),
      }))
      .mapErr((error): Refusal => error),
  );

const addressed = (
  submission: Submission,
  session: SMTPServerSession,
  mail: Uint8Array,
): Result<SendOptions, Refusal> => {
  const { mailFrom, rcptTo } = session.envelope;
  const sender = mailFrom === false ? '' : mailFrom.address;
  return checkSender(submission, session, sender).andThen((account) =>
    ownSender(mail, account, submission.foreignFrom)
      .mapErr((foreign): Refusal => foreign)
      .map((own): SendOptions => ({
        account,
        to: [...new Set(rcptTo.map(({ address }) => recipientOf(address)))],
        mail: own,
        badRecipients: submission.perRecipient ? 'skip' : 'report',
      })),
  );
};

/** A recipient as the client names it; they were all checked when they were named. */
export const recipientOf = (text: string): Address =>
  normaliseAddress(text)
    .map(({ address }) => address)
    .unwrapOr(text);
