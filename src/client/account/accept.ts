/**
 * Accepting a mail: for all who can have it, with a report about those who cannot.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { concatAll } from '../../bytes/writer.js';
import { buildReport } from '../../mail/report.js';
import type { Inbox } from '../inbox/inbox.js';
import type { Acceptance, Commit } from '../outbox/contracts.js';
import type { OutboxQueue } from '../outbox/outbox.js';
import { prepareMail, type Prepared, type SubmitDeps } from '../outbox/submit.js';
import type { Step } from '../step.js';
import type { SendError, SendOptions, Sent } from '../types.js';

export interface AcceptDeps {
  readonly submit: SubmitDeps;
  readonly outbox: Pick<OutboxQueue, 'accept'>;
  readonly inbox: Pick<Inbox, 'deposit'>;
  readonly lifetimeMs: number;
}

/** What a send has that its caller has named. */
export interface Named extends Required<Pick<Acceptance, 'idOf'>> {
  /** Stores the name with the mail. */
  readonly commit: Commit;
  /** The name alone. */
  readonly step: Step;
}

/** Freezes a mail for its recipients; durable when ok. */
export const acceptMail = (
  deps: AcceptDeps,
  options: SendOptions,
  named?: Named,
): ResultAsync<readonly Sent[], SendError> =>
  prepareMail(deps.submit, options).asyncAndThen((mail) => {
    const isReported = mail.bad.length > 0 && options.badRecipients !== 'skip';
    const commit = isReported ? commitWithReport(deps, mail, named) : named?.commit;
    const fixed = named === undefined ? {} : { idOf: named.idOf };
    return deps.outbox.accept({ ...mail, ...fixed, lifetimeMs: deps.lifetimeMs }, commit);
  });

/** The mail for those who can have it, and the report about the others: both or neither. */
const commitWithReport = (
  { submit, inbox }: AcceptDeps,
  { bad, payloads }: Prepared,
  named: Named | undefined,
): Commit => {
  const { account, clock, random } = submit;
  const report = buildReport(
    { kind: 'enqueue-failure', failed: bad, accepted: [], mail: concatAll(payloads) },
    { account, nowMs: clock.now(), random },
  );
  const steps = named === undefined ? [] : [named.step];
  return (changes) => inbox.deposit(report, changes, steps).map(() => undefined);
};
