/**
 * The stores of a data directory, whichever program's it is.
 * @module
 */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const SUFFIX = '.db';

/** Paths of all stores in a directory and the accounts' directories under it, sorted. */
export const storesIn = async (dataDir: string): Promise<readonly string[]> => {
  const entries = await entriesOf(dataDir);
  const below = entries
    .filter((entry) => entry.isDirectory())
    .map(async ({ name }) => storesOf(join(dataDir, name), await entriesOf(join(dataDir, name))));
  return [...storesOf(dataDir, entries), ...(await Promise.all(below)).flat()].sort();
};

const storesOf = (directory: string, entries: readonly Dirent[]): readonly string[] =>
  entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(SUFFIX))
    .map(({ name }) => join(directory, name));

/** None where there is no directory, or one that is not ours to read. */
const entriesOf = (directory: string): Promise<readonly Dirent[]> =>
  readdir(directory, { withFileTypes: true }).catch(() => []);
