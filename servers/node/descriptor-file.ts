/**
 * The descriptor as a file, for people who try a node or hand it on: `current-desc` says where the
 * one is that holds now.
 *
 * Source: mixminiond(8), FILES.
 * @module
 */
import { okAsync, ResultAsync } from 'neverthrow';
import { utf8 } from '../../src/bytes/text.js';
import type { Files, FilesError } from '../../src/io/contracts.js';
import type { Epoch } from '../../src/pki/epoch.js';

/** A descriptor as it was signed for an epoch. */
export interface SignedDescriptor {
  readonly epoch: Epoch;
  readonly raw: Uint8Array;
}

const POINTER = 'current-desc';
const PREFIX = 'descriptor.';

/** Writes the descriptor, then the name of its file, and removes those of other epochs. */
export const writeDescriptor = (
  files: Files,
  directory: string,
  { epoch, raw }: SignedDescriptor,
): ResultAsync<void, FilesError> => {
  const name = `${PREFIX}${epoch}`;
  return files
    .write(`${directory}/${name}`, raw)
    .andThen(() => files.write(`${directory}/${POINTER}`, utf8(`${directory}/${name}\n`)))
    .andThen(() => files.list(directory))
    .andThen((names) => {
      const others = names.filter((each) => each.startsWith(PREFIX) && each !== name);
      return ResultAsync.combine(others.map((other) => files.remove(`${directory}/${other}`)));
    })
    .andThen(() => okAsync(undefined));
};
