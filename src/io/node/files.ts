/**
 * Small private files on a real disk, replaced whole and durably.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ResultAsync } from 'neverthrow';
import type { Files, FilesError } from '../contracts.js';
import { faultCode } from './fault.js';

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
/** Of files that a crash has left half-written; nobody is shown them. */
const UNFINISHED = /^\..*\.[0-9a-f]{12}\.tmp$/;

const REASONS: Readonly<Record<string, FilesError['reason']>> = {
  ENOENT: 'missing',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EEXIST: 'exists',
};

/** What systems answer that cannot sync a directory. */
const UNSYNCABLE: readonly (string | undefined)[] = ['EINVAL', 'EISDIR', 'EPERM', 'ENOTSUP'];

const attempt = <T>(path: string, work: Promise<T>): ResultAsync<T, FilesError> =>
  ResultAsync.fromPromise(work, (thrown) => ({
    kind: 'files',
    path,
    reason: REASONS[faultCode(thrown) ?? ''] ?? 'io',
  }));

const syncDirectory = async (path: string): Promise<void> => {
  try {
    const directory = await open(path, 'r');
    await directory.sync().finally(() => directory.close());
  } catch (thrown) {
    if (!UNSYNCABLE.includes(faultCode(thrown))) throw thrown;
  }
};

const writeSynced = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await open(path, 'wx', FILE_MODE);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
};

const replace = async (path: string, bytes: Uint8Array): Promise<void> => {
  const suffix = randomBytes(6).toString('hex');
  const unfinished = join(dirname(path), `.${basename(path)}.${suffix}.tmp`);
  try {
    await writeSynced(unfinished, bytes);
    await rename(unfinished, path);
  } catch (thrown) {
    await rm(unfinished, { force: true });
    throw thrown;
  }
  await syncDirectory(dirname(path));
};

const remove = async (path: string): Promise<void> => {
  try {
    await rm(path);
  } catch (thrown) {
    if (faultCode(thrown) === 'ENOENT') return;
    throw thrown;
  }
  await syncDirectory(dirname(path));
};

const list = async (directory: string): Promise<readonly string[]> => {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !UNFINISHED.test(entry.name));
    return files.map((entry) => entry.name).sort();
  } catch (thrown) {
    if (faultCode(thrown) === 'ENOENT') return [];
    throw thrown;
  }
};

/** Each directory made is an entry in its parent that must reach the disk too. */
const makeDirectory = async (path: string): Promise<void> => {
  const first = await mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    await syncDirectory(dirname(made));
  }
};

/** Plain bytes: a `Buffer`'s `slice` would share memory. */
const readBytes = async (path: string): Promise<Uint8Array> => {
  const bytes = await readFile(path);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
};

/** Changes to one path happen in the order of the calls. */
const inOrder = (): (<T>(path: string, change: () => Promise<T>) => Promise<T>) => {
  const last = new Map<string, Promise<unknown>>();
  return async (path, change) => {
    const mine = (last.get(path) ?? Promise.resolve()).then(change, change);
    last.set(path, mine);
    try {
      return await mine;
    } finally {
      if (last.get(path) === mine) last.delete(path);
    }
  };
};

/** Files of this machine; modes are 0600 and, for directories made, 0700. */
export const nodeFiles = (): Files => {
  const change = inOrder();
  return {
    read: (path) => attempt(path, readBytes(path)),
    write: (path, bytes) =>
      attempt(
        path,
        change(path, () => replace(path, bytes)),
      ),
    remove: (path) =>
      attempt(
        path,
        change(path, () => remove(path)),
      ),
    list: (directory) => attempt(directory, list(directory)),
    makeDirectory: (path) => attempt(path, makeDirectory(path)),
  };
};
