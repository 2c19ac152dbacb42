/**
 * Runs an exit: hands it what an account receives, each mail until it has gone on.
 *
 * A mail stays in the inbox until the exit has said `ok`, or until it lies among what failed: a crash
 * repeats at most. One that is to be tried again holds up no other, and while it waits it is in the
 * inbox only. Attempts are counted from the start of the program.
 * @module
 */
import { ResultAsync } from 'neverthrow';
import { attemptTimes, retryGapMs, type RetryPlan } from '../../src/io/retry-plan.js';
import { Turns } from '../../src/io/turns.js';
import type { Clock, InboxError, Log, MixClient, ReceivedMail } from '../../src/index.js';
import { makeFolder, type FolderError } from '../files/disk.js';
import { inTheEnd } from '../files/reception.js';
import { putMail } from '../maildir/deliver.js';
import { MAILDIR_DIRECTORIES } from '../maildir/folder.js';
import { later, never, type Exit, type ExitMail, type ExitResult } from './contracts.js';

const MODULE = 'exit';

/** Often at first, then for as long as a mail server tries. */
export const USUAL_RETRY = 'every 5 minutes for 1 hour, every 1 hour for 5 days';

export interface ExitOptions {
  readonly client: Pick<MixClient, 'receive' | 'inbox'>;
  readonly account: string;
  /** Our name among the readers of the inbox. */
  readonly reader: string;
  readonly exit: Exit;
  /** When a mail is tried again; behind its last attempt it has failed. */
  readonly retry: RetryPlan;
  /** Absolute path of a Maildir, made where it is missing: where mails lie that have failed. */
  readonly failed: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningExit {
  /** Gives up the attempt at hand and stops. */
  close(): Promise<void>;
}

/** What is known of a mail while its bytes are in the inbox only. */
type Waiting = Omit<ReceivedMail, 'bytes'>;

interface Run extends ExitOptions {
  readonly module: string;
  readonly signal: AbortSignal;
  /** Attempts behind the first. */
  readonly retries: number;
  /** The mails that are tried again. */
  readonly waiting: Set<Promise<void>>;
  /** An exit has one mail at a time. */
  readonly turns: Turns;
}

/** Hands over what the account has received and receives. */
export const runExit = (options: ExitOptions): RunningExit => {
  const stop = new AbortController();
  const { signal } = stop;
  const run: Run = {
    ...options,
    module: MODULE,
    signal,
    retries: attemptTimes(options.retry).length,
    waiting: new Set(),
    turns: new Turns(),
  };
  const running = receiveAll(run);
  return {
    close: async () => {
      stop.abort();
      await running;
      await Promise.all(run.waiting);
    },
  };
};

const receiveAll = async (run: Run): Promise<void> => {
  const { client, account, reader, signal } = run;
  for await (const mail of client.receive(account, { reader, signal })) {
    await handOver(run, mail);
  }
};

/** The first attempt, and what follows of it. */
const handOver = async (run: Run, mail: ReceivedMail): Promise<void> => {
  const { bytes, ...entry } = mail;
  const result = await attempt(run, { ...entry, bytes });
  if (result.kind !== 'retry') return settle(run, entry, result);
  const waiting = tryAgain(run, entry, result).finally(() => run.waiting.delete(waiting));
  run.waiting.add(waiting);
};

/** All further attempts. */
const tryAgain = async (run: Run, entry: Waiting, first: ExitResult): Promise<void> => {
  const { client, clock, log, retry, retries, signal } = run;
  let result = first;
  for (let failures = 0; result.kind === 'retry' && failures < retries; failures++) {
    log.write('warning', MODULE, 'a mail could not be handed over yet', { reason: result.reason });
    await clock.sleep(retryGapMs(retry, failures), signal);
    if (signal.aborted) return;
    const read = await client.inbox.read(entry.account, entry.id);
    if (read.isErr() && isGone(read.error)) return;
    result = await read.match(
      (bytes) => attempt(run, { ...entry, bytes }),
      ({ kind }) => Promise.resolve(later(kind)),
    );
  }
  await settle(run, entry, result);
};

/** Nobody needs it any more, or nobody can be told; in the inbox it is as it was. */
const isGone = ({ kind }: InboxError): boolean =>
  kind === 'no-such-mail' || kind === 'unknown-account' || kind === 'closed';

const attempt = ({ exit, turns, signal }: Run, mail: ExitMail): Promise<ExitResult> => {
  const { MaximumSize: most } = exit.advertised;
  if (typeof most === 'number' && mail.bytes.length > most) {
    return Promise.resolve(never('too large'));
  }
  const deliver = ResultAsync.fromThrowable(
    () => (signal.aborted ? Promise.resolve(later('aborted')) : exit.deliver(mail, signal)),
    // Somebody else's module must not end the program.
    () => later('the module has thrown'),
  );
  return turns.take(deliver).match(
    (result) => result,
    (thrown) => thrown,
  );
};

/** The end of a mail: done with, once it has gone on or lies among what failed. */
const settle = async (run: Run, entry: Waiting, result: ExitResult): Promise<void> => {
  const { log, signal } = run;
  if (result.kind === 'ok') {
    // At once, also while we are closed, or it would be handed over again.
    const done = await entry.done();
    return done.isOk() ? undefined : inTheEnd(run, () => entry.done());
  }
  if (result.kind === 'retry' && signal.aborted) return;
  await inTheEnd(run, () => setAside(run, entry).andThen(() => entry.done()));
  if (signal.aborted) return;
  log.write('error', MODULE, 'a mail could not be handed over and lies among what failed', {
    reason: result.reason,
  });
};

const setAside = (
  { client, failed }: Run,
  entry: Waiting,
): ResultAsync<void, FolderError | InboxError> =>
  client.inbox
    .read(entry.account, entry.id)
    .mapErr((error): FolderError | InboxError => error)
    .andThen((bytes) =>
      makeFolder(failed, MAILDIR_DIRECTORIES).andThen(() => putMail(failed, { ...entry, bytes })),
    );
