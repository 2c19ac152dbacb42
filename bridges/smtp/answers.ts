/**
 * What is said about a mail when it is stored or refused.
 * @module
 */
import type { Result } from 'neverthrow';
import type { SMTPServerError, SMTPServerOptions, SMTPServerSession } from 'smtp-server';
import type { Clock } from '../../src/io/contracts.js';
import type { Address } from '../../src/index.js';
import { ACCEPTED, ACCEPTED_OFFLINE, replyTo, type Refusal } from './replies.js';
import { checkRecipient, type SmtpClient, type Submission, type Submitted } from './transaction.js';

export type Answers = (
  session: SMTPServerSession,
  outcome: Result<Submitted, Refusal>,
  callback: Parameters<Required<SMTPServerOptions>['onData']>[2],
) => void;

/** One answer for a mail; in LMTP one for each RCPT that was accepted (RFC 2033 §4.2). */
export const answersOf = (
  submission: Submission,
  clock: Clock,
  named: NamedRecipients,
): Answers => {
  const reachable = new Reachable(submission.client, clock);
  const textFor = (account: Address): string =>
    reachable.has(account) ? ACCEPTED : ACCEPTED_OFFLINE;
  if (!submission.perRecipient) {
    return (_, outcome, callback) =>
      outcome.match(
        ({ account }) => callback(null, textFor(account)),
        (refusal) => callback(errorOf(refusal)),
      );
  }
  return (session, outcome, callback) => {
    const answerTo = (recipient: Address): string | SMTPServerError =>
      outcome.match(
        ({ account, accepted }) =>
          accepted.has(recipient)
            ? textFor(account)
            : errorOf(whyNot(submission, account, recipient)),
        (refusal) => errorOf(refusal),
      );
    callback(null, named.of(session).map(answerTo));
  };
};

const whyNot = (submission: Submission, account: Address, recipient: Address): Refusal =>
  checkRecipient(submission, account, recipient).match(
    (): Refusal => ({ kind: 'unknown-provider', recipient }),
    (refusal) => refusal,
  );

/** The recipients of each transaction, one for each RCPT; the library keeps each once. */
export class NamedRecipients {
  readonly #byEnvelope = new WeakMap<SMTPServerSession['envelope'], Address[]>();

  add({ envelope }: SMTPServerSession, recipient: Address): void {
    const named = this.#byEnvelope.get(envelope);
    if (named === undefined) this.#byEnvelope.set(envelope, [recipient]);
    else named.push(recipient);
  }

  of({ envelope }: SMTPServerSession): readonly Address[] {
    return this.#byEnvelope.get(envelope) ?? [];
  }
}

/** How long a look at the connections is good for: it goes over all that is queued. */
const FRESH_MS = 1000;

/** Whether accounts are connected to their providers. */
class Reachable {
  readonly #client: SmtpClient;
  readonly #clock: Clock;
  #lookedMs = -Infinity;
  #connected: ReadonlySet<Address> = new Set();

  constructor(client: SmtpClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  has(account: Address): boolean {
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#lookedMs >= FRESH_MS) {
      const all = this.#client.accounts.status();
      const up = all.filter(({ connection }) => connection.kind === 'connected');
      this.#connected = new Set(up.map((each) => each.account));
      this.#lookedMs = nowMs;
    }
    return this.#connected.has(account);
  }
}

/** The library takes a reply as an error with a code. */
export const errorOf = (refusal: Refusal): SMTPServerError => {
  const { code, text } = replyTo(refusal);
  return Object.assign(new Error(text), { responseCode: code });
};
