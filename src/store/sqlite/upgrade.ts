/**
 * Upgrading a store: its file is led from the format that it has to this program's, step by step,
 * after a whole copy was laid beside.
 *
 * Whenever it is interrupted, the file has one of the formats on the way with all of its records,
 * and the next run goes on from there. The copy is also where the key is tried, since opening a file
 * whose process died changes it.
 * @module
 */
import { closeSync, copyFileSync, fsyncSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { err, ok, type Result } from 'neverthrow';
import type { Sealer } from '../sealed.js';
import type { StoreError } from '../store.js';
import {
  attempt,
  closeFile,
  filesOf,
  inTransaction,
  openFile,
  readHeader,
  removeFiles,
  writeAhead,
} from './database.js';
import { checkKey, formatOf, STEPS, targetOf, type FormatStep } from './format.js';

/** What an upgrade has done so far; each is durable when it is told. */
export type UpgradeNews =
  | { readonly kind: 'backed-up'; readonly backup: string }
  | { readonly kind: 'step'; readonly from: number };

export type Upgrade =
  | { readonly kind: 'no-store' }
  /** Nothing was to be done, and nothing was changed. */
  | { readonly kind: 'current'; readonly format: number }
  | {
      readonly kind: 'upgraded';
      readonly from: number;
      readonly to: number;
      /** The file as it was, whole in itself. */
      readonly backup: string;
    };

export interface UpgradeOptions {
  /** Default: those of this program. */
  readonly steps?: readonly FormatStep[];
  readonly tell?: (news: UpgradeNews) => void;
}

interface Task extends Required<UpgradeOptions> {
  readonly path: string;
  readonly sealer: Sealer;
}

/** Where the file as it was is kept. */
export const backupOf = (path: string, format: number): string => `${path}.format-${format}`;

/**
 * Upgrades the file at `path`, which no store of this process may have open.
 *
 * @errors `store-format`: newer than the steps, or older; `store-key`: and no byte was changed;
 * `store-io` with the reason `locked`: somebody uses it; others: it is as it was, or at a format on
 * the way, and can be upgraded again
 */
export const upgradeFile = (
  path: string,
  sealer: Sealer,
  { steps = STEPS, tell = () => undefined }: UpgradeOptions = {},
): Result<Upgrade, StoreError> =>
  attempt(() => readHeader(path)).andThen((header): Result<Upgrade, StoreError> => {
    if (header === undefined || header.isEmpty) return ok({ kind: 'no-store' });
    const { format } = header;
    const wanted = targetOf(steps);
    if (format === wanted) {
      return header.mark === sealer.mark ? ok({ kind: 'current', format }) : WRONG_KEY;
    }
    const isKnown = steps.some(({ from }) => from === format);
    if (!isKnown) return err({ kind: 'store-format', format, wanted });
    return advance({ path, sealer, steps, tell }, format);
  });

const WRONG_KEY = err<never, StoreError>({ kind: 'store-key' });
const IN_USE = err<never, StoreError>({ kind: 'store-io', reason: 'locked' });

const advance = (task: Task, found: number): Result<Upgrade, StoreError> => {
  const { path, steps } = task;
  const before = stampOf(path);
  return backUp(task, found)
    .andThen((from) => (stampOf(path) === before ? ok(from) : IN_USE))
    .andThen((from) =>
      attempt(() => openFile(path)).andThen((database) => {
        // Whoever has it by now is not shut out; we are.
        const led = lead(task, database);
        closeFile(database);
        const to = targetOf(steps);
        const backup = backupOf(path, from);
        return led.map((): Upgrade => ({ kind: 'upgraded', from, to, backup }));
      }),
    );
};

/** Changes whenever the file or what lies beside it is written, such as while it is copied. */
const stampOf = (path: string): string =>
  filesOf(path)
    .map((name) => statSync(name, { bigint: true }))
    .map(({ ino, size, mtimeNs }) => `${ino} ${size} ${mtimeNs}`)
    .join();

/**
 * Copies the file under another name until the copy is whole, the key is right, and it is on the
 * disk.
 *
 * @param found - the format in the header; an earlier run may have been further, and then has left
 *   the copy behind
 * @returns the format of the copy
 */
const backUp = (task: Task, found: number): Result<number, StoreError> => {
  const { path, steps } = task;
  const partial = `${path}.upgrading`;
  return attempt(() => copyFiles(path, partial))
    .andThen(() => foldCopy(task, partial))
    .andThen((format) => {
      const isDone = format === targetOf(steps);
      return isDone ? ok(found) : attempt(() => settle(task, { partial, format }));
    })
    .andTee(() => removeFiles(partial))
    .orTee(() => removeFiles(partial));
};

/** Makes the copy one file. @returns its format, when the key is right */
const foldCopy = ({ sealer }: Task, partial: string): Result<number, StoreError> =>
  attempt(() => openFile(partial)).andThen((database) => {
    const format = attempt(() => checkKey(database, sealer).map(() => formatOf(database)));
    closeFile(database);
    return format.andThen((checked) => checked);
  });

const copyFiles = (path: string, to: string): void => {
  removeFiles(to);
  for (const name of filesOf(path)) copyFileSync(name, `${to}${name.slice(path.length)}`);
};

/** Gives the copy its name, durably. */
const settle = (
  { path, tell }: Task,
  { partial, format }: { readonly partial: string; readonly format: number },
): number => {
  const backup = backupOf(path, format);
  sync(partial);
  renameSync(partial, backup);
  sync(dirname(backup));
  tell({ kind: 'backed-up', backup });
  return format;
};

const sync = (path: string): void => {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** Runs the steps that are left, each in its own transaction. */
const lead = (
  { sealer, steps, tell }: Task,
  database: DatabaseSyncInstance,
): Result<void, StoreError> =>
  attempt(() => {
    // Commits go to the log first, so the header never tells a format before all of it is there.
    writeAhead(database);
    for (const { from, run } of steps) {
      if (from < formatOf(database)) continue;
      inTransaction(database, () => {
        run(database, sealer);
        database.exec(`PRAGMA user_version = ${from + 1}`);
      });
      tell({ kind: 'step', from });
    }
  });
