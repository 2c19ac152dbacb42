/**
 * What a provider keeps, in PostgreSQL: for providers that outgrow one machine.
 * @module
 */
import { ok, ResultAsync, safeTry } from 'neverthrow';
import type { Primitives } from '../../../src/crypto/primitives.js';
import type { Io } from '../../../src/io/contracts.js';
import { makeSealer } from '../../../src/store/sealed.js';
import type { StoreError } from '../../../src/store/store.js';
import type { SharedMemory } from '../../node/shared.js';
import type { ProviderData } from '../contracts.js';
import { SharedAccounts } from './accounts.js';
import type { DataSource } from './data-source.js';
import { openDatabase } from './database.js';
import { migrate } from './migrate.js';
import { SharedRecords } from './records.js';
import { SharedSpool } from './spool.js';
import { SharedReplayLog } from './tags.js';
import { SharedUsers } from './users.js';

export interface SharedDataDeps {
  readonly io: Pick<Io, 'clock' | 'random' | 'log'>;
  readonly primitives: Primitives;
  /** Seals everything; the same for all processes, 32 bytes. */
  readonly storageKey: Uint8Array;
  readonly source: DataSource;
  /** Items that may wait for one user. */
  readonly limit: number;
}

/** Everything of a provider that its processes share. */
export interface SharedData extends ProviderData, SharedMemory {}

const LOOK_MS = 60_000;

/**
 * Connects, and makes or updates the tables.
 *
 * @errors `store-io`: the database cannot be reached or refuses; `store-format`, `store-key`: it is
 *   newer than this program, or was made with another storage key, and is left as it is
 */
export const openSharedData = (deps: SharedDataDeps): ResultAsync<SharedData, StoreError> =>
  safeTry(async function* () {
    const { io, primitives, storageKey, source, limit } = deps;
    const sealer = makeSealer({ primitives, random: io.random }, storageKey);
    const database = await openDatabase(io.clock, source);
    const ready = await database.durable((sql) => migrate(sql, sealer.mark));
    const usable = ready.andThen((outcome) => outcome);
    if (usable.isErr()) await database.close();
    yield* usable;
    const records = new SharedRecords(database, sealer);
    const spool = new SharedSpool({ database, sealer, random: io.random, records, limit });
    const looking = lookAt(spool, io);
    const users = new SharedUsers(database, sealer);
    return ok({
      users,
      accounts: new SharedAccounts({ database, sealer, records, users }),
      spool,
      store: records,
      replay: new SharedReplayLog(database),
      close: () => looking.close().then(() => database.close()),
    });
  });

/** Counts what waits once a minute. */
const lookAt = (
  spool: SharedSpool,
  { clock, log }: SharedDataDeps['io'],
): { close(): Promise<void> } => {
  const stop = new AbortController();
  const look = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const looked = await spool.look();
      if (looked.isErr())
        log.write('warning', 'spool', 'not counted', { reason: looked.error.kind });
      await clock.sleep(LOOK_MS, stop.signal);
    }
  };
  const looking = look();
  return {
    close: async () => {
      stop.abort();
      await looking;
    },
  };
};
