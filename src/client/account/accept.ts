/**
 * Accepting a mail: for all who can have it, with a report about those who cannot.
 * @module
 */
import type { Result, ResultAsync } from 'neverthrow';
import { concatAll } from '../../bytes/writer.js';
import { buildReport } from '../../mail/report.js';
import type { Change, Store, StoreError } from '../../store/store.js';
import type { Inbox } from '../inbox/inbox.js';
import type { Acceptance } from '../outbox/contracts.js';
import type { OutboxQueue } from '../outbox/outbox.js';
import type { SentIds } from '../outbox/sent-ids.js';
import { checkPath, type WrittenPathDeps } from '../outbox/written-path.js';
import { prepareMail, type Prepared, type SubmitDeps } from '../outbox/submit.js';
import { changesOnly, commitSteps, type Step } from '../step.js';
import type { SendError, SendOptions, Sent } from '../types.js';

export interface AcceptDeps {
  readonly submit: SubmitDeps;
  readonly paths: WrittenPathDeps;
  readonly store: Store;
  readonly outbox: Pick<OutboxQueue, 'accept'>;
  readonly sentIds: Pick<SentIds, 'note'>;
  readonly inbox: Pick<Inbox, 'deposit'>;
  readonly lifetimeMs: number;
}

/** What a send has that its caller has named. */
export interface Named extends Required<Pick<Acceptance, 'idOf'>> {
  /** Stores the name. */
  readonly step: Step;
}

/** Freezes a mail for its recipients; durable when ok. */
export const acceptMail = (
  deps: AcceptDeps,
  options: SendOptions,
  named?: Named,
): ResultAsync<readonly Sent[], SendError> =>
  checkedMail(deps, options).asyncAndThen((mail) => {
    const isReported = mail.bad.length > 0 && options.badRecipients !== 'skip';
    const commit = isReported ? commitWithReport(deps, mail) : commitAlone(deps);
    const steps = [
      ...(named === undefined ? [] : [named.step]),
      ...(mail.renamed === undefined ? [] : deps.sentIds.note(mail.renamed)),
    ];
    const fixed = named === undefined ? {} : { idOf: named.idOf };
    const acceptance = { ...mail, ...fixed, lifetimeMs: deps.lifetimeMs };
    return deps.outbox.accept(acceptance, (changes) => commit(changes, steps));
  });

/** A mail as it will be sent, and the path of its packets where one was written. */
const checkedMail = (
  { submit, paths }: AcceptDeps,
  options: SendOptions,
): Result<Prepared & Pick<Acceptance, 'path'>, SendError> =>
  prepareMail(submit, options).andThen((mail) =>
    checkPath(paths, options.path, mail.recipients).map((path) => ({ ...mail, path })),
  );

/** Stores a mail, and what else there is to remember with it; all or nothing. */
type CommitAccepted = (
  changes: readonly Change[],
  steps: readonly Step[],
) => ResultAsync<void, StoreError>;

const commitAlone =
  ({ store }: AcceptDeps): CommitAccepted =>
  (changes, steps) =>
    commitSteps(store, [changesOnly(changes), ...steps]);

/** The mail for those who can have it, and the report about the others. */
const commitWithReport = (
  { submit, inbox }: AcceptDeps,
  { bad, payloads }: Prepared,
): CommitAccepted => {
  const { account, clock, random } = submit;
  const report = buildReport(
    { kind: 'enqueue-failure', failed: bad, accepted: [], mail: concatAll(payloads) },
    { account, nowMs: clock.now(), random },
  );
  return (changes, steps) => inbox.deposit(report, changes, steps).map(() => undefined);
};
