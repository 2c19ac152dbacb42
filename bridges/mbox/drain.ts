/**
 * An mbox that is drained: what programs append to it is sent.
 *
 * Under the lock it is renamed aside, so that writers begin another one, and its mails are sent one
 * by one, each named by that file and its place in it. Only when all of them are accepted or refused
 * does the file go: a crash before makes it be drained again, and every mail is answered as before.
 * @module
 */
import { constants } from 'node:fs';
import { rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { err, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import type { Clock, Log } from '../../src/io/contracts.js';
import type { Address, MixClient, SendOptions } from '../../src/index.js';
import { withoutFields } from '../../src/mail/header.js';
import { attempt, identityOf, withFile, type FolderError } from '../files/disk.js';
import { readOutgoing, type DropError } from '../files/outgoing.js';
import { reasonFor } from '../files/reasons.js';
import { decodeMbox } from './format.js';
import { withLock } from './lock.js';
import { putAway, type Settled } from './put-away.js';

const MODULE = 'drop-mbox';
const DEFAULT_POLL_MS = 2000;
const DEFAULT_STABLE_MS = 500;
const RETRY_MS = 60_000;

export interface DrainOptions {
  readonly client: Pick<MixClient, 'send'>;
  readonly account: Address;
  /** Absolute path of the mbox; its directory must be there, itself need not. */
  readonly path: string;
  /** Whether sent mails are appended to `NAME.sent`, which is the default. */
  readonly keepSent?: boolean;
  /** How often it is looked at; default two seconds. */
  readonly pollMs?: number;
  /** How long it must have been the same, for writers that take no lock; default 500. */
  readonly stableMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningDrain {
  /** Finishes the mail at hand and stops. */
  close(): Promise<void>;
}

/**
 * Sends what stands in the mbox, and what is appended to it.
 *
 * @errors `folder` — its directory is not there
 */
export const drainMbox = (options: DrainOptions): ResultAsync<RunningDrain, FolderError> =>
  attempt(options.path, stat(dirname(options.path))).map(() => {
    const stop = new AbortController();
    const running = drainAll(options, stop.signal);
    return {
      close: () => {
        stop.abort();
        return running;
      },
    };
  });

const drainAll = async (options: DrainOptions, signal: AbortSignal): Promise<void> => {
  const { clock, log, pollMs = DEFAULT_POLL_MS } = options;
  while (!signal.aborted) {
    const drained = await drainOnce(options, signal);
    if (drained.isErr() && drained.error.kind !== 'aborted') {
      const reason = 'reason' in drained.error ? drained.error.reason : drained.error.kind;
      log.write('warning', MODULE, 'the mbox is drained later', { reason });
    }
    await clock.sleep(drained.isOk() ? pollMs : Math.max(pollMs, RETRY_MS), signal);
  }
};

/** What a crash has left comes first. */
const drainOnce = (options: DrainOptions, signal: AbortSignal): ResultAsync<void, DrainError> =>
  drainAside(options, signal)
    .andThen(() => ResultAsync.fromSafePromise(isSettled(options, signal)))
    .andThen((isWhole) => (isWhole ? takeAside({ ...options, signal }) : okAsync(false)))
    .andThen((taken) => (taken ? drainAside(options, signal) : okAsync(undefined)));

const asideOf = (path: string): string => join(dirname(path), `.${basename(path)}.draining`);

/** Whether mails stand there, and nobody is writing. */
const isSettled = async (
  { path, clock, stableMs = DEFAULT_STABLE_MS }: DrainOptions,
  signal: AbortSignal,
): Promise<boolean> => {
  const before = await stateOf(path);
  if (before === undefined) return false;
  await clock.sleep(stableMs, signal);
  return !signal.aborted && before === (await stateOf(path));
};

const stateOf = (path: string): Promise<string | undefined> =>
  attempt(path, stat(path)).match(
    ({ ino, size, mtimeMs }) => (size === 0 ? undefined : [ino, size, mtimeMs].join(' ')),
    () => undefined,
  );

const takeAside = (
  options: DrainOptions & { readonly signal: AbortSignal },
): ResultAsync<boolean, FolderError> =>
  withLock(options.path, options, () =>
    attempt(options.path, rename(options.path, asideOf(options.path))),
  ).map(() => true);

interface Aside {
  readonly mails: readonly Uint8Array[];
  readonly identity: string;
}

const drainAside = (options: DrainOptions, signal: AbortSignal): ResultAsync<void, DrainError> =>
  readAside(asideOf(options.path)).andThen((aside) =>
    aside === undefined ? okAsync(undefined) : drainMails(options, aside, signal),
  );

const readAside = (path: string): ResultAsync<Aside | undefined, FolderError> => {
  const read = async (file: FileHandle): Promise<Aside> => {
    const identity = identityOf(basename(path), await file.stat({ bigint: true }));
    return { identity, mails: decodeMbox(new Uint8Array(await file.readFile())) };
  };
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return attempt<Aside | undefined>(path, withFile(path, flags, read)).orElse((error) =>
    error.reason === 'missing' ? ok(undefined) : err(error),
  );
};

type DrainError = DropError | FolderError;

const drainMails = (
  options: DrainOptions,
  { mails, identity }: Aside,
  signal: AbortSignal,
): ResultAsync<void, DrainError> =>
  new ResultAsync(
    (async (): Promise<Result<void, DrainError>> => {
      const settled: Settled[] = [];
      for (const [at, mail] of mails.entries()) {
        if (signal.aborted) return err({ kind: 'aborted' });
        const one = await settle(options, mail, `mbox ${identity} ${at}`);
        if (one.isErr()) return err(one.error);
        settled.push(one.value);
      }
      const aside = asideOf(options.path);
      return putAway(options, { identity, settled }, () => attempt(aside, unlink(aside)));
    })(),
  );

/** Sends a mail, or finds that it can never be sent. @errors why it cannot be sent now */
const settle = (
  { client, account }: DrainOptions,
  mail: Uint8Array,
  once: string,
): ResultAsync<Settled, DrainError> =>
  withoutState(mail)
    .andThen((bytes) => readOutgoing(account, bytes))
    .map((options): SendOptions => ({ ...options, badRecipients: 'report', once }))
    .asyncAndThen((options) => client.send(options))
    .map((): Settled => ({ kind: 'sent', mail }))
    .orElse((error): Result<Settled, DrainError> => {
      const reason = reasonFor(error);
      return reason === undefined ? err(error) : ok({ kind: 'refused', mail, reason });
    });

/** What mail programs write into an mbox for themselves. */
const STATE = ['status', 'x-status', 'x-keywords', 'x-uid', 'content-length', 'lines'];

const withoutState = (mail: Uint8Array): Result<Uint8Array, DropError> =>
  withoutFields(mail, ({ name }) => STATE.includes(name.toLowerCase())).mapErr(
    ({ problem }): DropError => ({ kind: 'bad-mail', problem }),
  );
