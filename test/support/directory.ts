/**
 * Directories of tests.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface OpenDirectory {
  readonly path: string;
  readonly dispose: () => Promise<void>;
}

/** A fresh private directory, for as long as its owner wants. */
export const openDirectory = async (): Promise<OpenDirectory> => {
  const path = await mkdtemp(join(tmpdir(), 'postern-test-'));
  return { path, dispose: () => rm(path, { recursive: true, force: true }) };
};

/** Runs `use` with a fresh private directory, which goes afterwards. */
export const withDirectory = async <T>(use: (path: string) => Promise<T>): Promise<T> => {
  const { path, dispose } = await openDirectory();
  return use(path).finally(dispose);
};
