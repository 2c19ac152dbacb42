/**
 * What the library asks while it speaks SMTP, answered from a {@link Submission}.
 * @module
 */
import type { Result } from 'neverthrow';
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
import { ACCEPTED, replyTo, type Refusal } from './replies.js';
import { checkRecipient, checkSender, collect, submit, type Submission } from './transaction.js';

type Handlers = Required<Pick<SMTPServerOptions, 'onAuth' | 'onMailFrom' | 'onRcptTo' | 'onData'>>;

/** What a close has to know of the mails on their way in. */
export interface Gate {
  /** Set by a close: no further mail is handed to the client. */
  closing: boolean;
  /** Mails in the client's hands, by the id of their session. */
  readonly busy: Map<string, Promise<void>>;
}

export const handlersOf = (submission: Submission, clock: Clock, gate: Gate): Handlers => ({
  onAuth: loginHandler(submission, clock),
  onMailFrom: ({ address }, session, callback) =>
    callback(refusalOf(checkSender(submission, session, address))),
  onRcptTo: ({ address }, session, callback) =>
    callback(refusalOf(checkRecipient(submission, senderOf(session), address))),
  onData: (stream, session, callback) =>
    void collect(stream, submission.maxMailLength).match(
      (mail) => {
        if (gate.closing) {
          callback(errorOf({ kind: 'closed' }));
          return;
        }
        const submitted = submit(submission, session, mail).match(
          () => callback(null, ACCEPTED),
          (refusal) => callback(errorOf(refusal)),
        );
        gate.busy.set(
          session.id,
          submitted.finally(() => gate.busy.delete(session.id)),
        );
      },
      (refusal) => callback(errorOf(refusal)),
    ),
});

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
  envelope.mailFrom === false
    ? ''
    : normaliseAddress(envelope.mailFrom.address)
        .map(({ address }) => address)
        .unwrapOr('');

const refusalOf = (result: Result<unknown, Refusal>): SMTPServerError | null =>
  result.isErr() ? errorOf(result.error) : null;

/** The library takes a reply as an error with a code. */
const errorOf = (refusal: Refusal): SMTPServerError => {
  const { code, text } = replyTo(refusal);
  return Object.assign(new Error(text), { responseCode: code });
};
