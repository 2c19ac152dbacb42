/**
 * What the library asks while it speaks SMTP, answered from a {@link Submission}.
 * @module
 */
import { err, type Result } from 'neverthrow';
import type {
  SMTPServerAuthentication,
  SMTPServerError,
  SMTPServerOptions,
  SMTPServerSession,
} from 'smtp-server';
import { mayLogIn, WRONG_PASSWORD_DELAY_MS, WRONG_PASSWORDS_MAX } from '../../src/control/login.js';
import type { Clock } from '../../src/io/contracts.js';
import type { Address } from '../../src/index.js';
import { normaliseAddress } from '../../src/mail/address.js';
import { answersOf, errorOf, NamedRecipients, type Answers } from './answers.js';
import type { Refusal } from './replies.js';
import {
  checkRecipient,
  checkSender,
  collect,
  recipientOf,
  submit,
  type Submission,
  type Submitted,
} from './transaction.js';

type Handlers = Required<Pick<SMTPServerOptions, 'onAuth' | 'onMailFrom' | 'onRcptTo' | 'onData'>>;

/** What a close has to know of the mails on their way in. */
export interface Gate {
  /** Set by a close: no further mail is handed to the client. */
  closing: boolean;
  /** Mails in the client's hands, by the id of their session. */
  readonly busy: Map<string, Promise<void>>;
}

export interface HandlerDeps {
  readonly submission: Submission;
  readonly clock: Clock;
  readonly gate: Gate;
}

export const handlersOf = (deps: HandlerDeps): Handlers => {
  const { submission, clock } = deps;
  const named = new NamedRecipients();
  return {
    onAuth: loginHandler(submission, clock),
    onMailFrom: ({ address }, session, callback) =>
      callback(refusalOf(checkSender(submission, session, address))),
    onRcptTo: ({ address }, session, callback) => {
      const checked = checkRecipient(submission, senderOf(session), address);
      if (checked.isOk()) named.add(session, checked.value);
      callback(refusalOf(checked));
    },
    onData: dataHandler(deps, answersOf(submission, clock, named)),
  };
};

/** Takes a mail and hands it to the client, unless we are about to close. */
const dataHandler =
  ({ submission, gate }: HandlerDeps, answers: Answers): Handlers['onData'] =>
  (stream, session, callback) => {
    const answer = (outcome: Result<Submitted, Refusal>): void =>
      answers(session, outcome, callback);
    void collect(stream, submission.maxMailLength).match(
      (mail) => {
        if (gate.closing) {
          answer(err({ kind: 'closed' }));
          return;
        }
        const submitted = Promise.resolve(submit(submission, session, mail)).then(answer);
        gate.busy.set(
          session.id,
          submitted.finally(() => gate.busy.delete(session.id)),
        );
      },
      (refusal) => answer(err(refusal)),
    );
  };

const loginHandler = ({ login }: Submission, clock: Clock): Handlers['onAuth'] => {
  const wrong = new WeakMap<SMTPServerSession, number>();
  return (auth, session, callback) => {
    const account = normaliseAddress(auth.username ?? '');
    if (account.isOk() && mayLogIn(login, account.value.address, passwordOf(auth))) {
      callback(null, { user: account.value.address });
      return;
    }
    const count = (wrong.get(session) ?? 0) + 1;
    wrong.set(session, count);
    const kind = count < WRONG_PASSWORDS_MAX ? 'wrong-password' : 'too-many-wrong-passwords';
    void clock.sleep(WRONG_PASSWORD_DELAY_MS).then(() => callback(errorOf({ kind })));
  };
};

const passwordOf = ({ password }: SMTPServerAuthentication): string => password ?? '';

/** The sender was checked when it was named, so it normalises. */
const senderOf = ({ envelope }: SMTPServerSession): Address =>
  envelope.mailFrom === false ? '' : recipientOf(envelope.mailFrom.address);

const refusalOf = (result: Result<unknown, Refusal>): SMTPServerError | null =>
  result.isErr() ? errorOf(result.error) : null;
