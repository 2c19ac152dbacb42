/**
 * The rules of the folders of all accounts: what is received in one must not be sent from another,
 * and of two who write one folder neither knows what is whose.
 * @module
 */
import { relative, resolve } from 'node:path';
import { folderName } from '../../bridges/maildir/rules.js';
import { QUEUED } from '../../bridges/maildir/states.js';
import { spell, type KeyPath } from '../config/locate.js';
import type { FileProblem } from './account-rules.js';
import type { DaemonFile } from './schema.js';

interface Folder {
  /** Its key in the file. */
  readonly key: KeyPath;
  /** What lies in it: mail that was received, or mail that is to be sent. */
  readonly side: 'received' | 'outgoing';
  /** Absolute, without dots; beside the folder those within it that count like it. */
  readonly paths: readonly string[];
}

/** One problem for each folder that is in the way of an earlier one. */
export const folderProblems = (file: DaemonFile): readonly FileProblem[] => {
  const folders = file.Account.flatMap(foldersOf);
  const clashes = folders.flatMap((folder, at) =>
    folders
      .slice(0, at)
      .flatMap((earlier) => problemOf(folder, earlier) ?? [])
      .slice(0, 1),
  );
  return [...clashes, ...file.Account.flatMap(uselessIn), ...file.Account.flatMap(sameNamesIn)];
};

type Account = DaemonFile['Account'][number];

const SIDES = {
  Maildir: 'received',
  DropFolder: 'outgoing',
  Mbox: 'received',
  DropMbox: 'outgoing',
} as const;

const KEYS = ['Maildir', 'DropFolder', 'Mbox', 'DropMbox'] as const;

const foldersOf = (account: Account, index: number): readonly Folder[] => [
  ...KEYS.flatMap((key): readonly Folder[] => {
    const path = account[key];
    if (path === undefined) return [];
    const within = key === 'DropFolder' ? [resolve(path, QUEUED)] : [];
    return [{ key: ['Account', index, key], side: SIDES[key], paths: [resolve(path), ...within] }];
  }),
  ...ruleFolders(account, index),
  ...exitFolders(account, index),
];

const ruleFolders = ({ Maildir, Rule }: Account, index: number): readonly Folder[] =>
  Maildir === undefined
    ? []
    : Rule.map(({ Folder: name }, at) => ({
        key: ['Account', index, 'Rule', at, 'Folder'],
        side: 'received',
        paths: [resolve(Maildir, folderName(name))],
      }));

const exitFolders = ({ Exit }: Account, index: number): readonly Folder[] =>
  Exit.flatMap(({ Failed, Maildir }, at) => {
    const key = ['Account', index, 'Exit', at];
    const folderAt = (path: string, ...names: readonly string[]): Folder => ({
      key: [...key, ...names],
      side: 'received',
      paths: [resolve(path)],
    });
    return [
      folderAt(Failed, 'Failed'),
      ...(Maildir === undefined ? [] : [folderAt(Maildir.Path, 'Maildir', 'Path')]),
    ];
  });

/** The inbox knows exits by their names. */
const sameNamesIn = ({ Exit }: Account, index: number): readonly FileProblem[] =>
  Exit.flatMap(({ Name }, at) => {
    const first = Exit.findIndex((earlier) => earlier.Name === Name);
    const problem = `is the name of ${spell(['Account', index, 'Exit', first])} too`;
    return first === at ? [] : [{ path: ['Account', index, 'Exit', at, 'Name'], problem }];
  });

/** A rule without a Maildir, and a command behind no delivery, would never do anything. */
const uselessIn = (
  { Maildir, Mbox, Rule, PostDeliver }: Account,
  index: number,
): readonly FileProblem[] => [
  ...(Rule.length > 0 && Maildir === undefined
    ? [{ path: ['Account', index, 'Rule', 0], problem: 'needs a Maildir' }]
    : []),
  ...(PostDeliver.length > 0 && Maildir === undefined && Mbox === undefined
    ? [{ path: ['Account', index, 'PostDeliver'], problem: 'needs a Maildir or an Mbox' }]
    : []),
];

const problemOf = (folder: Folder, earlier: Folder): FileProblem | undefined => {
  const other = spell(earlier.key);
  if (folder.side === earlier.side) {
    const problem = `is ${other} too: each needs its own`;
    const isShared = folder.paths[0] === earlier.paths[0] && !isRule(folder) && !isRule(earlier);
    return isShared ? { path: folder.key, problem } : undefined;
  }
  const problem = `lies in, is or holds ${other}: received mail would be sent`;
  const clashes = folder.paths.some((one) => earlier.paths.some((other) => overlap(one, other)));
  return clashes ? { path: folder.key, problem } : undefined;
};

const isRule = ({ key }: Folder): boolean => key[2] === 'Rule';

const overlap = (one: string, other: string): boolean => holds(one, other) || holds(other, one);

/**
 * Whether `inner` is `outer` or lies in it. Folders of a Maildir whose names begin with a dot are
 * mailboxes of their own.
 */
const holds = (outer: string, inner: string): boolean => {
  const way = relative(outer, inner);
  return way === '' || !way.startsWith('.');
};
