/**
 * Delivery into a Maildir: received mail becomes files in `new/`.
 *
 * A mail is done with only when its file is on disk. A crash between the two makes the client hand
 * it out again, so a file's name is derived from the mail's id, and a mail whose name is there
 * already, new or seen, is not written twice. The id is random: a name tells neither host nor time.
 * @module
 */
import { join } from 'node:path';
import { ResultAsync } from 'neverthrow';
import type { Clock, Log } from '../../src/io/contracts.js';
import type { Address, InboxError, MailId, MixClient, ReceivedMail } from '../../src/index.js';
import { listNames, makeFolder, type FolderError } from '../files/disk.js';
import { toLf } from '../files/line-ends.js';
import { deposit } from './folder.js';

const MODULE = 'maildir';
const DEFAULT_READER = 'maildir';
const DIRECTORIES = ['tmp', 'new', 'cur'];

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 5 * 60_000;

export interface DeliveryOptions {
  readonly client: MixClient;
  readonly account: Address;
  /** Absolute path of the Maildir; made when it is missing. */
  readonly directory: string;
  /** Our name among the readers of the inbox; default `maildir`. */
  readonly reader?: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningDelivery {
  /** Finishes the mail at hand and stops. */
  close(): Promise<void>;
}

interface Delivery extends DeliveryOptions {
  /** Mails whose file is there. */
  readonly written: Set<MailId>;
  readonly signal: AbortSignal;
}

/**
 * Delivers what the account has received and receives, in order.
 *
 * @errors `folder` — the Maildir cannot be made or read
 */
export const deliverToMaildir = (
  options: DeliveryOptions,
): ResultAsync<RunningDelivery, FolderError> =>
  makeFolder(options.directory, DIRECTORIES)
    .andThen(() => idsIn(options.directory))
    .map((written) => {
      const stop = new AbortController();
      const running = deliverAll({ ...options, written, signal: stop.signal });
      return {
        close: () => {
          stop.abort();
          return running;
        },
      };
    });

const deliverAll = async (delivery: Delivery): Promise<void> => {
  const { client, account, reader = DEFAULT_READER, signal } = delivery;
  for await (const mail of client.receive(account, { reader, signal })) {
    await deliverInTheEnd(delivery, mail);
  }
};

/** A full disk is no reason to lose a mail: it waits, and those behind it wait too. */
const deliverInTheEnd = async (delivery: Delivery, mail: ReceivedMail): Promise<void> => {
  const { clock, log, signal } = delivery;
  for (let waitMs = FIRST_RETRY_MS; !signal.aborted; waitMs = Math.min(2 * waitMs, LAST_RETRY_MS)) {
    const delivered = await deliver(delivery, mail);
    if (delivered.isOk() || isOver(delivered.error)) return;
    log.write('warning', MODULE, 'a mail could not be delivered yet', {
      reason: 'reason' in delivered.error ? delivered.error.reason : delivered.error.kind,
    });
    await clock.sleep(waitMs, signal);
  }
};

/** Nobody can be told any more; the file is found by its name when the account comes back. */
const isOver = ({ kind }: FolderError | InboxError): boolean =>
  kind === 'unknown-account' || kind === 'closed' || kind === 'store-closed';

const deliver = (
  { directory, written }: Delivery,
  mail: ReceivedMail,
): ResultAsync<void, FolderError | InboxError> => {
  const done = (): ResultAsync<void, InboxError> =>
    mail.done().map(() => {
      written.delete(mail.id);
    });
  if (written.has(mail.id)) return done();
  return deposit(directory, nameOf(mail.id), toLf(mail.bytes)).andThen(() => {
    written.add(mail.id);
    return done();
  });
};

/** Three parts, as mail programs expect: time, unique, host. */
const nameOf = (id: MailId): string => `0.${id}.localhost`;

const NAME = /^0\.([0-9a-f]+)\.localhost(?::|$)/;

/** Ids of our mails in a Maildir, new or seen. */
const idsIn = (directory: string): ResultAsync<Set<MailId>, FolderError> =>
  ResultAsync.combine(['new', 'cur'].map((each) => listNames(join(directory, each)))).map(
    (names) => new Set(names.flat().flatMap((name) => NAME.exec(name)?.[1] ?? [])),
  );
