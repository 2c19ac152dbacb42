/**
 * File paranoia: whether others on this machine can read a node's secrets, or put others in their
 * place. Source: mixminiond(8), `MM_NO_FILE_PARANOIA`.
 * @module
 */
import { dirname, join } from 'node:path';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { keyDirOf, type Places } from '../../servers/node/places.js';
import type { StorageSources } from '../config/storage-key.js';
import { directoriesOf } from './places.js';
import { failure, statOf, type PrivateFileError } from '../config/private-files.js';

/** What a node keeps secret, and where. */
export type Secrets = StorageSources & Places;

const OTHERS = 0o077;
const WRITABLE = 0o022;
const STICKY = 0o1000;
const ROOT = 0;

/**
 * Everything that is not as private as it should be; what is not there yet is no problem.
 *
 * @returns first the directories, then the keys, then the directories above
 */
export const exposedFiles = (
  secrets: Secrets,
): ResultAsync<readonly PrivateFileError[], PrivateFileError> => {
  const { storageKeyFile } = secrets;
  const directories = directoriesOf(secrets);
  const keys = ['identity.private.pem', 'link.private.pem'].map((name) =>
    join(keyDirOf(secrets), name),
  );
  const parents = new Set([...directories, storageKeyFile].flatMap(parentsOf));
  const checks = [
    ...[...directories, ...keys, storageKeyFile].map((path) => checkOwn(path)),
    ...[...parents].map((path) => checkParent(path)),
  ];
  return ResultAsync.combine(checks).map((found) => found.flatMap((problem) => problem ?? []));
};

/** Refuses the first of them, or where that is wished only tells of all. */
export const refuseExposed = (
  found: readonly PrivateFileError[],
  { lax, tell }: { readonly lax: boolean; readonly tell: (problem: PrivateFileError) => void },
): Result<void, PrivateFileError> => {
  const [first] = found;
  if (first === undefined) return ok(undefined);
  if (!lax) return err(first);
  found.forEach(tell);
  return ok(undefined);
};

type Check = ResultAsync<PrivateFileError | undefined, PrivateFileError>;

const checkOwn = (path: string): Check =>
  statOf(path).map((stats) => {
    if (stats === undefined) return undefined;
    if (stats.uid !== process.getuid?.()) return failure(path, 'of-another-user');
    return (stats.mode & OTHERS) === 0 ? undefined : failure(path, 'open-to-others');
  });

/** Whoever can write there can put another file in the place of ours, unless it is sticky. */
const checkParent = (path: string): Check =>
  statOf(path).map((stats) => {
    if (stats === undefined) return undefined;
    const isTrusted = stats.uid === ROOT || stats.uid === process.getuid?.();
    const isShared = (stats.mode & WRITABLE) !== 0 && (stats.mode & STICKY) === 0;
    return isTrusted && !isShared ? undefined : failure(path, 'unsafe-parent');
  });

const parentsOf = (path: string): readonly string[] => {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...parentsOf(parent)];
};
