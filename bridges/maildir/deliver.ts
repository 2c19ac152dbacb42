/**
 * Delivery into a Maildir: received mail becomes files in `new/`.
 *
 * A mail is done with only when its file is on disk. A crash between the two makes the client hand
 * it out again, so a file's name is derived from the mail's id, and a mail whose name is there
 * already, new or seen, is not written twice. The id is random: a name tells neither host nor time,
 * and the file's own times tell no more than the day.
 *
 * Readers may be at work all the while: a file is whole when its name appears in `new/`, and is never
 * touched again.
 * @module
 */
import { join } from 'node:path';
import { okAsync, type ResultAsync } from 'neverthrow';
import type { Clock, Log } from '../../src/io/contracts.js';
import type { Address, InboxError, MailId, MixClient, ReceivedMail } from '../../src/index.js';
import { listNames, makeFolder, type FolderError } from '../files/disk.js';
import { toFile } from '../files/line-ends.js';
import { openHook, type Hook } from '../files/hook.js';
import { deliverAll } from '../files/reception.js';
import { deposit, makeFolderWithin, MAILDIR_DIRECTORIES } from './folder.js';
import { folderFor, folderName, type Rule } from './rules.js';

const MODULE = 'maildir';
const DEFAULT_READER = 'maildir';
/** Times of files are whole days, in UTC. */
const DAY_MS = 86_400_000;

export interface DeliveryOptions {
  readonly client: MixClient;
  readonly account: Address;
  /** Absolute path of the Maildir; made when it is missing. */
  readonly directory: string;
  /** Our name among the readers of the inbox; default `maildir`. */
  readonly reader?: string;
  /** Which mails go into folders within the Maildir; the first rule that holds counts. */
  readonly rules?: readonly Rule[];
  /** A program with its arguments, run when mails have been delivered, and once at the start. */
  readonly postDeliver?: readonly string[];
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
  readonly hook: Hook | undefined;
}

/**
 * Delivers what the account has received and receives, in order.
 *
 * @errors `folder` — the Maildir cannot be made or read
 */
export const deliverToMaildir = (
  options: DeliveryOptions,
): ResultAsync<RunningDelivery, FolderError> =>
  makeFolder(options.directory, MAILDIR_DIRECTORIES)
    .andThen(() => idsIn(foldersOf(options)))
    .map((written) => {
      const stop = new AbortController();
      const hook = hookOf(options);
      hook?.fire();
      const { reader = DEFAULT_READER } = options;
      const reception = { ...options, reader, module: MODULE, signal: stop.signal };
      const delivery = { ...options, written, hook };
      const running = deliverAll(reception, (mail) => deliver(delivery, mail));
      return {
        close: async () => {
          stop.abort();
          await running;
          await hook?.close();
        },
      };
    });

const hookOf = ({ postDeliver: command, clock, log }: DeliveryOptions): Hook | undefined =>
  command === undefined || command.length === 0 ? undefined : openHook({ command, clock, log });

/** The Maildir and the folders within that rules name. */
const foldersOf = ({ directory, rules = [] }: DeliveryOptions): readonly string[] => [
  directory,
  ...new Set(rules.map(({ folder }) => join(directory, folderName(folder)))),
];

const deliver = (
  delivery: Delivery,
  mail: ReceivedMail,
): ResultAsync<void, FolderError | InboxError> => {
  const { written, hook } = delivery;
  const done = (): ResultAsync<void, InboxError> =>
    mail.done().map(() => {
      written.delete(mail.id);
    });
  if (written.has(mail.id)) return done();
  return folderOf(delivery, mail)
    .andThen((folder) => putMail(folder, mail))
    .andThen(() => {
      written.add(mail.id);
      hook?.fire();
      return done();
    });
};

/** Where a mail goes; a folder is made when its first mail comes. */
const folderOf = (
  { directory, rules = [], client }: Delivery,
  mail: ReceivedMail,
): ResultAsync<string, FolderError> => {
  const folder = folderFor(rules, client.recipients, mail);
  return folder === undefined
    ? okAsync(directory)
    : makeFolderWithin(directory, folderName(folder));
};

/** Writes a mail into a Maildir, under the name that is its own for ever. */
export const putMail = (
  folder: string,
  mail: Pick<ReceivedMail, 'id' | 'bytes' | 'receivedAt'>,
): ResultAsync<void, FolderError> => {
  const dayMs = mail.receivedAt - (mail.receivedAt % DAY_MS);
  return deposit(folder, nameOf(mail.id), toFile(mail.bytes), dayMs);
};

/** Three parts, as mail programs expect: time, unique, host. */
const nameOf = (id: MailId): string => `0.${id}.localhost`;

/** Programs put flags behind it, and some a number of their own. */
const NAME = /^0\.([0-9a-f]+)\.localhost(?:[:,]|$)/;

/**
 * Ids of our mails in Maildirs, new or seen. A reader moves them from `new/` to `cur/` meanwhile, so
 * one is listed before the other.
 */
export const idsIn = (folders: readonly string[]): ResultAsync<Set<MailId>, FolderError> =>
  folders
    .flatMap((folder) => ['new', 'cur'].map((each) => join(folder, each)))
    .reduce<ResultAsync<readonly string[], FolderError>>(
      (before, each) =>
        before.andThen((names) => listNames(each).map((more) => [...names, ...more])),
      okAsync([]),
    )
    .map((names) => new Set(names.flatMap((name) => NAME.exec(name)?.[1] ?? [])));
