/**
 * The witness: the last epoch whose document was made, in a file beside the store.
 *
 * A store that was restored from a backup does not know what it has signed since. Nobody may get a
 * second, different document for an epoch, so what the witness knows and the store does not is given
 * up. Who restores the whole directory restores the witness too: see docs/operating.md.
 * @module
 */
import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import type { Files, FilesError } from '../../src/io/contracts.js';
import type { Epoch } from '../../src/pki/epoch.js';

export interface Witness {
  /** The last epoch that was noted; `undefined` where none was, or nobody can read it. */
  last(): ResultAsync<Epoch | undefined, FilesError>;
  /** Notes an epoch; durable when ok. */
  note(epoch: Epoch): ResultAsync<void, FilesError>;
}

const FILE = 'last-document';
const NUMBER = /^\d{1,15}$/;

export const openWitness = (files: Files, dataDir: string): Witness => {
  const path = `${dataDir}/${FILE}`;
  return {
    last: () =>
      files
        .read(path)
        .map(fromUtf8)
        .map((text) => (NUMBER.test(text.trim()) ? Number(text) : undefined))
        .orElse((error) => (error.reason === 'missing' ? okAsync(undefined) : errAsync(error))),
    note: (epoch) => files.write(path, utf8(`${epoch}\n`)),
  };
};

/** Remembers nothing: for archives that make no documents. */
export const NO_WITNESS: Witness = {
  last: () => okAsync(undefined),
  note: () => okAsync(undefined),
};
