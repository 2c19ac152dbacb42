/**
 * The rules of the folders of all accounts: what is received in one must not be sent from another,
 * and of two who write one folder neither knows what is whose.
 * @module
 */
import { relative, resolve } from 'node:path';
import { spell } from '../config/locate.js';
import type { FileProblem } from './account-rules.js';
import type { DaemonFile } from './schema.js';

interface Folder {
  readonly index: number;
  readonly key: 'Maildir' | 'DropFolder';
  /** Absolute, without dots. */
  readonly path: string;
}

/** One problem for each folder that is in the way of an earlier one. */
export const folderProblems = (file: DaemonFile): readonly FileProblem[] => {
  const folders = foldersIn(file);
  return folders.flatMap((folder, at) =>
    folders
      .slice(0, at)
      .flatMap((earlier) => problemOf(folder, earlier) ?? [])
      .slice(0, 1),
  );
};

const foldersIn = ({ Account: accounts }: DaemonFile): readonly Folder[] =>
  accounts.flatMap((account, index) =>
    (['Maildir', 'DropFolder'] as const).flatMap((key) => {
      const path = account[key];
      return path === undefined ? [] : [{ index, key, path: resolve(path) }];
    }),
  );

const pathOf = ({ index, key }: Folder) => ['Account', index, key];

const problemOf = (folder: Folder, earlier: Folder): FileProblem | undefined => {
  const other = spell(pathOf(earlier));
  if (folder.key === earlier.key) {
    const problem = `is ${other} too: each account needs its own`;
    return folder.path === earlier.path ? { path: pathOf(folder), problem } : undefined;
  }
  const problem = `lies in, is or holds ${other}: received mail would be sent`;
  return overlap(folder.path, earlier.path) ? { path: pathOf(folder), problem } : undefined;
};

const overlap = (one: string, other: string): boolean => holds(one, other) || holds(other, one);

/**
 * Whether `inner` is `outer` or lies in it. Folders of a Maildir whose names begin with a dot are
 * mailboxes of their own.
 */
const holds = (outer: string, inner: string): boolean => {
  const way = relative(outer, inner);
  return way === '' || !way.startsWith('.');
};
