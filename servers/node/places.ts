/**
 * Where a part of a network keeps what it has on disk.
 *
 * Source: mixminiond(8), FILES.
 * @module
 */

/** Absolute paths of private directories, which are made when they are missing. */
export interface Places {
  readonly dataDir: string;
  /** Of the lasting keys; `dataDir` where absent. */
  readonly keyDir?: string | undefined;
  /** Of the store, and of documents that can be fetched again; `dataDir` where absent. */
  readonly workDir?: string | undefined;
  /** Of packets that wait, in a store of their own; they are in the node's where absent. */
  readonly queueDir?: string | undefined;
}

export const keyDirOf = ({ dataDir, keyDir = dataDir }: Places): string => keyDir;

export const workDirOf = ({ dataDir, workDir = dataDir }: Places): string => workDir;

/** Path of the store of an authority, or of a node. */
export const storeOf = (part: 'authority' | 'node', places: Places): string =>
  `${workDirOf(places)}/${part}.db`;

/** Path of the store of waiting packets, where they have one. */
export const queueStoreOf = ({ queueDir }: Places): string | undefined =>
  queueDir === undefined ? undefined : `${queueDir}/queue.db`;
