/**
 * What appears in directories, as the file system tells it.
 *
 * Each event names one file, and nothing is read because of it: with thousands of files in a
 * directory, looking at all of them for each that comes or goes takes quadratic time. Events may be
 * missed, so this only shortens the wait until somebody looks.
 * @module
 */
import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { attempt, faultOf, type FolderError } from '../files/disk.js';

interface Watched {
  /** Device and inode: another directory of the same name says nothing to a watcher of this one. */
  readonly identity: string;
  readonly watcher: FSWatcher;
}

/** Watchers of directories, which may go away and come back. */
export class Watchers {
  readonly #offer: (path: string) => void;
  readonly #watched = new Map<string, Watched>();

  /** @param offer - called with the path of what came, changed or went */
  constructor(offer: (path: string) => void) {
    this.#offer = offer;
  }

  /**
   * Watches these directories from now on, and those anew that are others than before.
   *
   * @errors `folder` — one of them is missing or cannot be watched; the others are
   */
  watch(directories: readonly string[]): ResultAsync<void, FolderError> {
    const watching = directories.map((directory) => this.#watchOne(directory));
    return ResultAsync.combine(watching).map(() => undefined);
  }

  close(): void {
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  #watchOne(directory: string): ResultAsync<void, FolderError> {
    return attempt(directory, stat(directory)).andThen(({ dev, ino }) => {
      const identity = `${dev} ${ino}`;
      const before = this.#watched.get(directory);
      if (before?.identity === identity) return ok(undefined);
      before?.watcher.close();
      this.#watched.delete(directory);
      return this.#begin(directory).map((watcher) => {
        this.#watched.set(directory, { identity, watcher });
      });
    });
  }

  #begin(directory: string): Result<FSWatcher, FolderError> {
    try {
      const watcher = watch(directory, (_, name) => {
        if (name !== null) this.#offer(join(directory, name));
      });
      return ok(watcher.on('error', () => this.#forget(directory, watcher)));
    } catch (thrown) {
      return err(faultOf(directory, thrown));
    }
  }

  /** It is watched again when somebody asks for it again. */
  #forget(directory: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watched.get(directory)?.watcher === watcher) this.#watched.delete(directory);
  }
}
