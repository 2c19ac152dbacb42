/**
 * The drop folder: a mail that is put into it is sent.
 *
 * A file goes only when the client has the mail on disk, and is sent once, also when a crash comes
 * between. One that can never be sent moves to `failed/`, with its reason beside it; one that cannot
 * be sent now, or not be removed, stays and is tried again.
 * @module
 */
import { join, relative, sep } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import type { ResultAsync } from 'neverthrow';
import type { Clock, Log } from '../../src/io/contracts.js';
import {
  DROP_DIRECTORIES,
  droppedFile,
  MAIL_DIRECTORIES,
  settles,
  type DroppedFile,
} from './drop-files.js';
import { listNames, makeFolder, type FolderError } from './folder.js';
import { submitFile, type SubmitDeps } from './submit.js';

const MODULE = 'drop';
/** The client's own default. */
const DEFAULT_MAX_MAIL_LENGTH = 32 * 1024 * 1024;
const DEFAULT_RESCAN_MS = 60_000;
const DEFAULT_STABLE_MS = 500;

export interface DropOptions extends Pick<SubmitDeps, 'client' | 'account'> {
  /** Absolute path of the folder; it and its directories are made when they are missing. */
  readonly directory: string;
  /** Most bytes of a file; default 32 MiB. */
  readonly maxMailLength?: number;
  /** How often everything is looked at, whatever the file system reports; default a minute. */
  readonly rescanMs?: number;
  /** How long a plain file must have been the same before it counts as whole; default 500. */
  readonly stableMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningDrop {
  /** Finishes the file at hand and stops. */
  close(): Promise<void>;
}

/**
 * Sends what is in the folder, and what is put into it.
 *
 * @errors `folder` — it cannot be made
 */
export const watchDrop = (options: DropOptions): ResultAsync<RunningDrop, FolderError> =>
  makeFolder(options.directory, DROP_DIRECTORIES).map(() => {
    const drop = new Drop(options);
    drop.start();
    return { close: () => drop.close() };
  });

class Drop {
  readonly #options: DropOptions;
  readonly #deps: SubmitDeps;
  readonly #stop = new AbortController();
  readonly #watcher: FSWatcher;
  /** Files to be sent, by path, in order of their arrival. */
  readonly #waiting = new Map<string, DroppedFile>();
  /** Plain files that may still grow. */
  readonly #settling = new Set<string>();
  /** Sent, and could not be removed; that was said of them. */
  readonly #stuck = new Set<string>();
  #working: Promise<void> | undefined;
  #rescanning: Promise<void> | undefined;

  constructor(options: DropOptions) {
    const { directory, maxMailLength = DEFAULT_MAX_MAIL_LENGTH } = options;
    this.#options = options;
    this.#deps = { ...options, maxMailLength };
    // Links raise events whatever the settings; they are refused when they are opened.
    this.#watcher = watch(directory, {
      depth: 1,
      followSymlinks: false,
      atomic: false,
      ignoreInitial: true,
      ignored: (path) => IGNORED.includes(relative(directory, path).split(sep)[0] ?? ''),
    });
  }

  start(): void {
    const offer = (path: string): void => this.#offer(path);
    this.#watcher.on('add', offer);
    this.#watcher.on('change', offer);
    this.#watcher.on('error', () => this.#log('error', 'the folder cannot be watched'));
    this.#rescanning = this.#rescan();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watcher.close();
    await this.#rescanning;
    await this.#working;
  }

  /** Events can be missed, and directories removed and made again. */
  async #rescan(): Promise<void> {
    const { clock, directory, rescanMs = DEFAULT_RESCAN_MS } = this.#options;
    while (!this.#stop.signal.aborted) {
      await makeFolder(directory, DROP_DIRECTORIES).match(
        () => this.#look(),
        (error) => this.#log('error', 'the folder cannot be made', error.reason),
      );
      await clock.sleep(rescanMs, this.#stop.signal);
    }
  }

  async #look(): Promise<void> {
    const { directory } = this.#options;
    for (const place of MAIL_DIRECTORIES) {
      const names = await listNames(join(directory, place));
      for (const name of names.unwrapOr([])) this.#offer(join(directory, place, name));
    }
  }

  #offer(path: string): void {
    const file = droppedFile(this.#options.directory, path);
    if (file === undefined) return;
    if (file.isPlain) void this.#settle(file);
    else this.#enqueue(file);
  }

  async #settle(file: DroppedFile): Promise<void> {
    const { clock, stableMs = DEFAULT_STABLE_MS } = this.#options;
    if (this.#settling.has(file.path)) return;
    this.#settling.add(file.path);
    const settled = await settles(file, { clock, stableMs, signal: this.#stop.signal });
    if (settled) this.#enqueue(file);
    this.#settling.delete(file.path);
  }

  #enqueue(file: DroppedFile): void {
    this.#waiting.set(file.path, file);
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    for (const [path, file] of this.#waiting) {
      if (this.#stop.signal.aborted) break;
      await this.#submit(file);
      this.#waiting.delete(path);
    }
    this.#working = undefined;
  }

  async #submit(file: DroppedFile): Promise<void> {
    const submitted = await submitFile(this.#deps, file);
    switch (submitted.kind) {
      case 'sent':
        this.#stuck.delete(file.path);
        return;
      case 'stuck':
        if (!this.#stuck.has(file.path)) {
          this.#log('error', 'a sent file cannot be removed', submitted.error.reason);
        }
        this.#stuck.add(file.path);
        return;
      case 'refused':
        this.#log('warning', 'a file was refused', submitted.error.kind);
        return;
      case 'later':
        if (!isGone(submitted.error)) {
          this.#log('warning', 'a file is tried again later', submitted.error.kind);
        } else if (file.name.includes(NO_UTF8)) {
          this.#log('warning', 'a file has a name that is no UTF-8, and stays');
        }
    }
  }

  #log(level: 'error' | 'warning', message: string, reason?: string): void {
    this.#options.log.write(level, MODULE, message, { reason });
  }
}

/** What the file system's names have in place of bytes that are no UTF-8. */
const NO_UTF8 = '\ufffd';

const IGNORED: readonly string[] = ['tmp', 'failed'];

/** Somebody took the file away again. */
const isGone = (error: { readonly kind: string; readonly reason?: unknown }): boolean =>
  error.kind === 'folder' && error.reason === 'missing';
