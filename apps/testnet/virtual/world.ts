/**
 * A world between two: the machine's disk, on a clock turned by hand.
 *
 * The clock stands still while the disk works, so that what is on disk and what the time is always
 * belong together. A part of the world can be cut off from its disk, as a crash does.
 * @module
 */
import { errAsync, ResultAsync } from 'neverthrow';
import { selectPrimitives } from '../../../src/crypto/select.js';
import type { Files, Io, Log } from '../../../src/io/contracts.js';
import {
  inlineWorkers,
  manualClock,
  memoryNetwork,
  type ManualClock,
} from '../../../src/io/memory.js';
import { nodeClock, nodeFiles, nodeRandom } from '../../../src/io/node.js';
import { memoryStores } from '../../../src/store/memory.js';
import { makeSqliteStore } from '../../../src/store/sqlite.js';
import type { Change, OpenStore, Store, StoreError } from '../../../src/store/store.js';

export interface VirtualWorld {
  readonly io: Io & { readonly clock: ManualClock };
  /** The users' stores, on disk. */
  readonly openStore: OpenStore;
  /** The nodes' stores, in memory: each packet costs every node a commit, and days are to pass. */
  readonly openNodeStore: OpenStore;
  /** What lies under this directory is written no more by those who have it open now. */
  cutOff(directory: string): void;
}

/** Sees every batch before it is committed. */
export type CommitWatch = (path: string, changes: readonly Change[]) => void;

export const makeWorld = (log: Log, watch: CommitWatch): VirtualWorld => {
  const clock = manualClock({ startMs: nodeClock().now() });
  const living = new Set<Lease>();
  const lease = (path: string): Lease => {
    const made = { path, isCut: false };
    living.add(made);
    return made;
  };
  return {
    io: {
      clock,
      log,
      random: nodeRandom,
      network: memoryNetwork({ clock }),
      workers: inlineWorkers,
      files: heldFiles(clock),
    },
    openStore: heldStores(clock, sqliteStores(), { lease, watch }),
    openNodeStore: heldStores(clock, memoryStores().open, { lease, watch }),
    cutOff: (directory) => {
      for (const each of living) {
        if (!each.path.startsWith(`${directory}/`)) continue;
        each.isCut = true;
        living.delete(each);
      }
    },
  };
};

/** One open store; what is asked of it after the cut fails. */
interface Lease {
  readonly path: string;
  isCut: boolean;
}

const held = <T, E>(clock: ManualClock, work: ResultAsync<T, E>): ResultAsync<T, E> =>
  new ResultAsync(clock.hold((async () => work)()));

const heldFiles = (clock: ManualClock): Files => {
  const files = nodeFiles();
  return {
    read: (path) => held(clock, files.read(path)),
    write: (path, bytes) => held(clock, files.write(path, bytes)),
    remove: (path) => held(clock, files.remove(path)),
    list: (directory) => held(clock, files.list(directory)),
    makeDirectory: (path) => held(clock, files.makeDirectory(path)),
  };
};

const sqliteStores = (): OpenStore =>
  makeSqliteStore({
    // Truncation is the disk's business, and goes by the time of the machine.
    clock: nodeClock({ background: true }),
    random: nodeRandom,
    primitives: selectPrimitives(),
  });

interface Care {
  readonly lease: (path: string) => Lease;
  readonly watch: CommitWatch;
}

const heldStores =
  (clock: ManualClock, open: OpenStore, { lease, watch }: Care): OpenStore =>
  (path, key) =>
    held(clock, open(path, key)).map((store) =>
      heldStore(clock, store, { lease: lease(path), watch }),
    );

const CUT: StoreError = { kind: 'store-closed' };

const heldStore = (
  clock: ManualClock,
  store: Store,
  { lease, watch }: { readonly lease: Lease; readonly watch: CommitWatch },
): Store => {
  const unlessCut = <T>(work: () => ResultAsync<T, StoreError>): ResultAsync<T, StoreError> =>
    lease.isCut ? errAsync(CUT) : held(clock, work());
  return {
    get: (collection, key) => unlessCut(() => store.get(collection, key)),
    list: (collection) => unlessCut(() => store.list(collection)),
    commit: (changes) =>
      unlessCut(() => {
        watch(lease.path, changes);
        return store.commit(changes);
      }),
    close: () => store.close(),
  };
};
