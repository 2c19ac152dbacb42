/**
 * The drop folder: a mail that is put into it is sent.
 *
 * The folder is the root of a Maildir++, and where a file lies says how it does. It moves to `.Sent`
 * when the client has its mail on disk, and is sent once, also when a crash comes between. One that
 * can never be sent moves to `.Failed`, with a report beside it; one that cannot be sent now waits in
 * `.Queued` and is tried again. No file is removed that was not sent.
 * @module
 */
import { join } from 'node:path';
import type { ResultAsync } from 'neverthrow';
import type { Clock, Log } from '../../src/io/contracts.js';
import { listNames, makeFolder, type FolderError } from '../files/disk.js';
import { droppedFile, MAIL_DIRECTORIES, settles, type DroppedFile } from './drop-files.js';
import { MAILDIR_DIRECTORIES } from './folder.js';
import { submitFile, type SubmitDeps } from './submit.js';
import { Watchers } from './watch.js';

const MODULE = 'drop';
/** The client's own default. */
const DEFAULT_MAX_MAIL_LENGTH = 32 * 1024 * 1024;
const DEFAULT_RESCAN_MS = 60_000;
const DEFAULT_STABLE_MS = 500;
/** A file to be sent. */
interface Waiting {
  readonly file: DroppedFile;
  /** On the monotonic clock. */
  readonly fromMs: number;
}

/** Where programs put mails; `.Queued` is looked at now and then. */
const WATCHED = ['new', 'cur', '.'];

export interface DropOptions extends Pick<SubmitDeps, 'client' | 'account'> {
  /** Absolute path of the folder; it and its directories are made when they are missing. */
  readonly directory: string;
  /** Most bytes of a file; default 32 MiB. */
  readonly maxMailLength?: number;
  /** Whether sent files go to `.Sent`, which is the default; else they are removed. */
  readonly keepSent?: boolean;
  /** How often everything is looked at, whatever the file system reports; default a minute. */
  readonly rescanMs?: number;
  /**
   * How long a plain file must have been the same before it counts as whole, and a mail in `new/` or
   * `cur/` is left to whoever has put it there, such as an indexer; default 500.
   */
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
  makeFolder(options.directory, MAILDIR_DIRECTORIES).map(() => {
    const drop = new Drop(options);
    drop.start();
    return { close: () => drop.close() };
  });

class Drop {
  readonly #options: DropOptions;
  readonly #deps: SubmitDeps;
  readonly #stop = new AbortController();
  readonly #watchers = new Watchers((path) => this.#offer(path));
  /** Files to be sent, by path, in order of their arrival. */
  readonly #waiting = new Map<string, Waiting>();
  /** Plain files that may still grow. */
  readonly #settling = new Set<string>();
  /** Sent, and could not be moved; that was said of them. */
  readonly #stuck = new Set<string>();
  #working: Promise<void> | undefined;
  #rescanning: Promise<void> | undefined;

  constructor(options: DropOptions) {
    const { maxMailLength = DEFAULT_MAX_MAIL_LENGTH, keepSent = true } = options;
    this.#options = options;
    this.#deps = { ...options, maxMailLength, keepSent };
  }

  start(): void {
    this.#rescanning = this.#rescan();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#rescanning;
    this.#watchers.close();
    await this.#working;
  }

  /** Events can be missed, and directories removed and made again. */
  async #rescan(): Promise<void> {
    const { clock, directory, rescanMs = DEFAULT_RESCAN_MS } = this.#options;
    while (!this.#stop.signal.aborted) {
      await makeFolder(directory, MAILDIR_DIRECTORIES).match(
        async () => {
          await this.#watch();
          await this.#look();
        },
        (error) => this.#log('error', 'the folder cannot be made', error.reason),
      );
      await clock.sleep(rescanMs, this.#stop.signal);
    }
  }

  /** Only what lies in their own directories comes from people and programs. */
  async #watch(): Promise<void> {
    const { directory } = this.#options;
    const places = WATCHED.map((place) => join(directory, place));
    await this.#watchers.watch(places).match(
      () => undefined,
      (error) => this.#log('error', 'the folder cannot be watched', error.reason),
    );
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
    if (file === undefined || this.#waiting.has(path)) return;
    if (file.isPlain) void this.#settle(file);
    else this.#enqueue(file, this.#stableMs);
  }

  async #settle(file: DroppedFile): Promise<void> {
    if (this.#settling.has(file.path)) return;
    this.#settling.add(file.path);
    const { clock } = this.#options;
    const { signal } = this.#stop;
    const settled = await settles(file, { clock, stableMs: this.#stableMs, signal });
    if (settled) this.#enqueue(file, 0);
    this.#settling.delete(file.path);
  }

  get #stableMs(): number {
    return this.#options.stableMs ?? DEFAULT_STABLE_MS;
  }

  #enqueue(file: DroppedFile, graceMs: number): void {
    this.#waiting.set(file.path, { file, fromMs: this.#options.clock.monotonic() + graceMs });
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    for (const [path, { file, fromMs }] of this.#waiting) {
      const restMs = fromMs - clock.monotonic();
      if (restMs > 0) await clock.sleep(restMs, signal);
      if (signal.aborted) break;
      // What is put there meanwhile is another file.
      this.#waiting.delete(path);
      await this.#submit(file);
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
          this.#log('error', 'a sent file cannot be moved', submitted.error.reason);
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

/** Somebody took the file away again. */
const isGone = (error: { readonly kind: string; readonly reason?: unknown }): boolean =>
  error.kind === 'folder' && error.reason === 'missing';
