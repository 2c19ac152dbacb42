/**
 * Files in memory, with the refusals of a real disk on demand.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { Files, FilesError } from './contracts.js';

export interface MemoryFiles extends Files {
  /** From now on whatever would change a file fails so; `undefined` ends that. */
  failWrites(reason: FilesError['reason'] | undefined): void;
  /** Every path with its bytes, in order of the paths. */
  snapshot(): ReadonlyMap<string, Uint8Array>;
}

const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));

const settle = <T>(result: Result<T, FilesError>): ResultAsync<T, FilesError> =>
  new ResultAsync(Promise.resolve(result));

class Disk implements MemoryFiles {
  readonly #files = new Map<string, Uint8Array>();
  readonly #directories = new Set(['/']);
  #failure: FilesError['reason'] | undefined;

  read(path: string): ResultAsync<Uint8Array, FilesError> {
    const bytes = this.#files.get(path);
    return settle(
      bytes === undefined ? err({ kind: 'files', path, reason: 'missing' }) : ok(bytes.slice()),
    );
  }

  write(path: string, bytes: Uint8Array): ResultAsync<void, FilesError> {
    const reason = this.#failure ?? this.#refusal(path);
    if (reason !== undefined) return settle(err({ kind: 'files', path, reason }));
    this.#files.set(path, bytes.slice());
    return settle(ok(undefined));
  }

  remove(path: string): ResultAsync<void, FilesError> {
    if (this.#failure !== undefined) {
      return settle(err({ kind: 'files', path, reason: this.#failure }));
    }
    this.#files.delete(path);
    return settle(ok(undefined));
  }

  list(directory: string): ResultAsync<readonly string[], FilesError> {
    const inside = [...this.#files.keys()].filter((path) => parentOf(path) === directory);
    return settle(ok(inside.map((path) => path.slice(path.lastIndexOf('/') + 1)).sort()));
  }

  makeDirectory(path: string): ResultAsync<void, FilesError> {
    if (this.#files.has(path)) return settle(err({ kind: 'files', path, reason: 'exists' }));
    for (let at = path; !this.#directories.has(at); at = parentOf(at)) this.#directories.add(at);
    return settle(ok(undefined));
  }

  failWrites(reason: FilesError['reason'] | undefined): void {
    this.#failure = reason;
  }

  snapshot(): ReadonlyMap<string, Uint8Array> {
    return new Map([...this.#files].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #refusal(path: string): FilesError['reason'] | undefined {
    if (this.#directories.has(path)) return 'io';
    return this.#directories.has(parentOf(path)) ? undefined : 'missing';
  }
}

/** An empty disk with a root directory. */
export const memoryFiles = (): MemoryFiles => new Disk();
