/**
 * One dropped file: its mail sent and the file moved to `.Sent`, or refused and moved to `.Failed`,
 * or left for later.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import type { Clock } from '../../src/io/contracts.js';
import type { Address, MixClient, SendOptions, Sent } from '../../src/index.js';
import { readPlainFile, type FileContent, type FolderError } from '../files/disk.js';
import { readOutgoing, type DropError } from '../files/outgoing.js';
import { reasonFor } from '../files/reasons.js';
import type { DroppedFile } from './drop-files.js';
import { removeFile } from './folder.js';
import { moveToFailed, moveToQueued, moveToSent } from './states.js';

export interface SubmitDeps {
  readonly client: Pick<MixClient, 'send'>;
  readonly account: Address;
  /** The drop folder. */
  readonly directory: string;
  /** Most bytes of a file. */
  readonly maxMailLength: number;
  /** Whether sent files go to `.Sent`; else they are removed. */
  readonly keepSent: boolean;
  readonly clock: Clock;
}

export type Submitted =
  | { readonly kind: 'sent' }
  /** Sent, but its file cannot be moved. */
  | { readonly kind: 'stuck'; readonly error: FolderError }
  | { readonly kind: 'refused'; readonly error: DropError }
  | { readonly kind: 'later'; readonly error: DropError | FolderError };

/**
 * Sends a file's mail. The file moves only after the client has the mail on disk; when it does not,
 * be it by a crash, it can be submitted again and again, and its mail is sent once.
 */
export const submitFile = async (deps: SubmitDeps, file: DroppedFile): Promise<Submitted> => {
  const read = await readDropped(deps, file);
  if (read.isErr()) return settle(deps, file, { error: read.error, mail: undefined });
  const sent = await readOutgoing(deps.account, read.value.bytes)
    .map((options): SendOptions => ({
      ...options,
      badRecipients: 'report',
      once: `file ${read.value.identity}`,
    }))
    .asyncAndThen((options) => deps.client.send(options));
  if (sent.isErr()) return settle(deps, file, { error: sent.error, mail: read.value.bytes });
  return putAway(deps, file, sent.value).match(
    (): Submitted => ({ kind: 'sent' }),
    // Moved away meanwhile, it comes again under its new name.
    (error) => (error.reason === 'missing' ? { kind: 'sent' } : { kind: 'stuck', error }),
  );
};

type PlainFile = Extract<FileContent, { readonly kind: 'bytes' }>;

const readDropped = (
  { maxMailLength }: SubmitDeps,
  { path }: DroppedFile,
): ResultAsync<PlainFile, DropError | FolderError> =>
  readPlainFile(path, maxMailLength)
    .orElse((error): Result<FileContent, FolderError> =>
      error.reason === 'symlink' ? ok({ kind: 'no-file' }) : err(error),
    )
    .andThen((content) => plainFile(content, maxMailLength));

const plainFile = (content: FileContent, limit: number): Result<PlainFile, DropError> => {
  switch (content.kind) {
    case 'bytes':
      return ok(content);
    case 'too-large':
      return err({ kind: 'mail-too-large', size: content.size, limit });
    case 'no-file':
      return err({ kind: 'no-plain-file' });
  }
};

/** A file that is still there after it was sent is the same send, and answered like it. */
const putAway = (
  { directory, keepSent }: SubmitDeps,
  file: DroppedFile,
  [first]: readonly Sent[],
): ResultAsync<void, FolderError> =>
  keepSent && first !== undefined
    ? moveToSent(directory, file, first.messageId)
    : removeFile(file.directory, file.name);

interface Trouble {
  readonly error: DropError | FolderError;
  readonly mail: Uint8Array | undefined;
}

/** What becomes of a file that is not sent. */
const settle = async (
  deps: SubmitDeps,
  file: DroppedFile,
  { error, mail }: Trouble,
): Promise<Submitted> => {
  if (error.kind === 'folder') return { kind: 'later', error };
  const reason = reasonFor(error);
  if (reason === undefined) return wait(deps, file, error);
  const { account, clock, directory } = deps;
  const isOdd = error.kind === 'no-plain-file';
  const refused = { account, reason, nowMs: clock.now(), mail, isOdd };
  return moveToFailed(directory, file, refused).match(
    (): Submitted => ({ kind: 'refused', error }),
    (problem) => ({ kind: 'later', error: problem }),
  );
};

/** What only the end of this program causes is nobody's business. */
const PASSING: readonly DropError['kind'][] = ['aborted', 'closed', 'store-closed'];

/** Where it cannot be moved it is tried again from where it is. */
const wait = async (
  { directory }: SubmitDeps,
  file: DroppedFile,
  error: DropError,
): Promise<Submitted> => {
  const later: Submitted = { kind: 'later', error };
  if (PASSING.includes(error.kind)) return later;
  return moveToQueued(directory, file).match(
    () => later,
    () => later,
  );
};
