/**
 * Threads on Node.js, started from built entry points.
 * @module
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { err, ok } from 'neverthrow';
import type { Workers, WorkerThread } from '../contracts.js';

export interface NodeWorkersOptions {
  /** Threads worth starting; default one per core, none on a single one. */
  readonly count?: number;
  /** Absolute directory of the built entry points; default that of this package's build. */
  readonly base?: string;
}

/** Packets pass through a thread one by one: more young memory would only be full of dead ones. */
const LIMITS = { maxYoungGenerationSizeMb: 8 };

const ENTRY_NAME = /^[a-z0-9-]+$/;

const defaultCount = (): number => {
  const cores = availableParallelism();
  return cores > 1 ? cores : 0;
};

/** From this module upwards to the package's root: it runs from source, bundled and in chunks. */
const buildDirectories = (): readonly string[] => {
  const found: string[] = [];
  let at = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    found.push(join(at, 'workers'), join(at, 'dist', 'workers'));
    if (existsSync(join(at, 'package.json')) || dirname(at) === at) return found;
    at = dirname(at);
  }
};

const entryPath = (entry: string, base: string | undefined): string | undefined => {
  if (!ENTRY_NAME.test(entry)) return undefined;
  const directories = base === undefined ? buildDirectories() : [base];
  return directories.map((directory) => join(directory, `${entry}.js`)).find(existsSync);
};

const startThread = (path: string): WorkerThread => {
  const worker = new Worker(path, { resourceLimits: LIMITS });
  const early: unknown[] = [];
  let exited = false;
  let deliver = (message: unknown): void => void early.push(message);
  worker.on('message', (message: unknown) => deliver(message));
  // The exit follows.
  worker.on('error', () => undefined);
  worker.on('exit', () => {
    exited = true;
    deliver(undefined);
  });
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (receive) => {
      for (const message of early.splice(0)) receive(message);
      deliver = receive;
    },
    close: async () => {
      if (!exited) await worker.terminate();
    },
  };
};

/** Threads of this process; a missing entry point is `no-worker`, and work is done in place. */
export const nodeWorkers = ({ count, base }: NodeWorkersOptions = {}): Workers => ({
  count: count ?? defaultCount(),
  start: (entry) => {
    const path = entryPath(entry, base);
    return path === undefined ? err({ kind: 'no-worker', entry }) : ok(startThread(path));
  },
});
