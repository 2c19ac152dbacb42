/**
 * Documents on disk, so that a restart does not need the authority.
 *
 * One file per epoch, exactly as received. Nothing read from here is trusted: whoever loads a
 * document verifies it again.
 * @module
 */
import type { Files, Log } from '../io/contracts.js';
import type { Epoch } from './epoch.js';

/** Losing the cache costs a fetch, so failures are logged and go no further. */
export interface DocumentCache {
  /** The documents of wanted epochs, oldest first; the files of others are removed. */
  load(isWanted: (epoch: Epoch) => boolean): Promise<readonly CachedDocument[]>;
  store(epoch: Epoch, raw: Uint8Array): Promise<void>;
  remove(epoch: Epoch): Promise<void>;
}

export interface CachedDocument {
  readonly epoch: Epoch;
  /** The raw certificate. */
  readonly raw: Uint8Array;
}

const FILE_NAME = /^document-(0|[1-9]\d{0,14})\.cbor$/;

/** The cache in a directory, which is made when the first document is stored. */
export const openDocumentCache = (files: Files, directory: string, log: Log): DocumentCache => {
  const pathOf = (epoch: Epoch): string => `${directory}/document-${epoch}.cbor`;
  const remove = async (epoch: Epoch): Promise<void> => {
    const removed = await files.remove(pathOf(epoch));
    if (removed.isErr()) {
      log.write('warning', 'pki', 'old document stays', { reason: removed.error.reason });
    }
  };
  return {
    load: async (isWanted) => {
      const epochs = epochsOf((await files.list(directory)).unwrapOr([]));
      const found: CachedDocument[] = [];
      for (const epoch of epochs) {
        if (!isWanted(epoch)) {
          await remove(epoch);
          continue;
        }
        const raw = await files.read(pathOf(epoch));
        if (raw.isOk()) found.push({ epoch, raw: raw.value });
      }
      return found;
    },
    store: async (epoch, raw) => {
      const stored = await files
        .makeDirectory(directory)
        .andThen(() => files.write(pathOf(epoch), raw));
      if (stored.isErr()) {
        log.write('warning', 'pki', 'document not stored', { reason: stored.error.reason });
      }
    },
    remove,
  };
};

const epochsOf = (names: readonly string[]): readonly Epoch[] =>
  names
    .map((name) => FILE_NAME.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
