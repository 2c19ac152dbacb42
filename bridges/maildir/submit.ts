/**
 * One dropped file: sent and removed, or refused and moved aside, or left for later.
 * @module
 */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { utf8 } from '../../src/bytes/text.js';
import type { Address, MixClient, Sent } from '../../src/index.js';
import type { DroppedFile } from './drop-files.js';
import {
  attempt,
  readPlainFile,
  removeFile,
  writeDurably,
  type FileContent,
  type FolderError,
} from './folder.js';
import { readOutgoing, type DropError } from './outgoing.js';
import { reasonFor } from './reasons.js';

export interface SubmitDeps {
  readonly client: Pick<MixClient, 'send'>;
  readonly account: Address;
  /** The drop folder. */
  readonly directory: string;
  /** Most bytes of a file. */
  readonly maxMailLength: number;
}

export type Submitted =
  | { readonly kind: 'sent' }
  /** Sent, but its file cannot be removed. */
  | { readonly kind: 'stuck'; readonly error: FolderError }
  | { readonly kind: 'refused'; readonly error: DropError }
  | { readonly kind: 'later'; readonly error: DropError | FolderError };

/**
 * Sends a file's mail. The file goes only after the client has the mail on disk; when it does not
 * go, be it by a crash, it can be submitted again and again, and its mail is sent once.
 */
export const submitFile = async (deps: SubmitDeps, file: DroppedFile): Promise<Submitted> => {
  const sent = await send(deps, file);
  if (sent.isOk()) {
    return removeFile(file.directory, file.name).match(
      (): Submitted => ({ kind: 'sent' }),
      // Moved away meanwhile, it comes again under its new name.
      (error) => (error.reason === 'missing' ? { kind: 'sent' } : { kind: 'stuck', error }),
    );
  }
  const { error } = sent;
  const reason = error.kind === 'folder' ? undefined : reasonFor(error);
  if (error.kind === 'folder' || reason === undefined) return { kind: 'later', error };
  return setAside(deps, file, reason).match(
    (): Submitted => ({ kind: 'refused', error }),
    (problem) => ({ kind: 'later', error: problem }),
  );
};

/** A file that is still here after it was sent is the same send, and answered like it. */
const send = (
  { client, account, maxMailLength }: SubmitDeps,
  { path }: DroppedFile,
): ResultAsync<readonly Sent[], DropError | FolderError> =>
  readPlainFile(path, maxMailLength)
    .orElse((error): Result<FileContent, FolderError> =>
      error.reason === 'symlink' ? ok({ kind: 'no-file' }) : err(error),
    )
    .andThen((content) => plainFile(content, maxMailLength))
    .andThen(({ bytes, identity }) =>
      readOutgoing(account, bytes).map((options) => ({ ...options, once: `file ${identity}` })),
    )
    .andThen((options) => client.send(options));

type PlainFile = Extract<FileContent, { readonly kind: 'bytes' }>;

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

/** Moves a file to `failed/`, over one of the same name, its reason beside it. */
const setAside = (
  { directory }: SubmitDeps,
  { path, name }: DroppedFile,
  reason: string,
): ResultAsync<void, FolderError> => {
  const aside = join(directory, 'failed', name);
  return attempt(aside, rename(path, aside)).andThen(() =>
    attempt(aside, writeDurably(`${aside}.txt`, utf8(`${reason}\n`))),
  );
};
