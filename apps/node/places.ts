/**
 * Where the file of a part says that its data is.
 * @module
 */
import { join } from 'node:path';
import {
  keyDirOf,
  queueStoreOf,
  storeOf,
  workDirOf,
  type Places,
} from '../../servers/node/places.js';
import type { Role } from './role.js';

/** What `[Server]` and `[Authority]` say. */
interface PlaceTable {
  readonly DataDir: string;
  readonly KeyDir?: string | undefined;
  readonly WorkDir?: string | undefined;
  readonly QueueDir?: string | undefined;
  readonly PidFile?: string | undefined;
}

export const placesOf = (table: PlaceTable): Places => ({
  dataDir: table.DataDir,
  keyDir: table.KeyDir,
  workDir: table.WorkDir,
  queueDir: table.QueueDir,
});

export const pidFileOf = ({ DataDir, PidFile = join(DataDir, 'pid') }: PlaceTable): string =>
  PidFile;

/** All directories, each once, the data directory first. */
export const directoriesOf = (places: Places): readonly string[] => [
  ...new Set([
    places.dataDir,
    keyDirOf(places),
    workDirOf(places),
    ...(places.queueDir === undefined ? [] : [places.queueDir]),
  ]),
];

/** The main store of a part. */
export const mainStoreOf = (role: Role, places: Places): string =>
  storeOf(role === 'authority' ? 'authority' : 'node', places);

/** Paths of all stores that a part has when it has run. */
export const storesOf = (role: Role, places: Places): readonly string[] => {
  const queue = queueStoreOf(places);
  return [mainStoreOf(role, places), ...(queue === undefined ? [] : [queue])];
};
