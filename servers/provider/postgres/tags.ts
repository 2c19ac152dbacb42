/**
 * The replay log of a key that several processes have: the database says who was first.
 *
 * Our own tags are known here, so a packet that comes back to the same process costs nothing; all
 * tags of a batch are handed in at once, and what another process had before comes back.
 * @module
 */
import { okAsync, type ResultAsync } from 'neverthrow';
import { toHex } from '../../../src/bytes/text.js';
import { concat } from '../../../src/bytes/writer.js';
import type { Epoch } from '../../../src/pki/epoch.js';
import type { StoreError } from '../../../src/store/store.js';
import { epochKey } from '../../node/mix-keys.js';
import type { ReplayLog } from '../../node/replay.js';
import { TAG_LENGTH, TagSet } from '../../node/tag-set.js';
import type { Database } from './database.js';

const EPOCH_LENGTH = 8;
const ROW_LENGTH = EPOCH_LENGTH + TAG_LENGTH;

interface Row {
  readonly tag: Uint8Array;
}

export class SharedReplayLog implements ReplayLog {
  readonly #database: Database;
  readonly #tags = new Map<Epoch, TagSet>();
  /** Not yet in the database, epoch and tag each. */
  #waiting: Uint8Array[] = [];

  constructor(database: Database) {
    this.#database = database;
  }

  get size(): number {
    return [...this.#tags.values()].reduce((sum, { size }) => sum + size, 0);
  }

  add(epoch: Epoch, tag: Uint8Array): boolean {
    const tags = this.#tags.get(epoch) ?? new TagSet();
    this.#tags.set(epoch, tags);
    const isNew = tags.add(tag);
    if (isNew) this.#waiting.push(concat(epochKey(epoch), tag));
    return isNew;
  }

  /**
   * One round trip for all tags so far. Those of a batch that failed are handed in again with the
   * next one: their packets were dropped, and no other process shall open them.
   */
  flush(): ResultAsync<ReadonlySet<string>, StoreError> {
    const rows = this.#waiting;
    if (rows.length === 0) return okAsync(new Set());
    this.#waiting = [];
    return this.#database
      .swift(
        (sql) => sql<Row[]>`
          insert into postern.replay_tags
          select substring(${concat(...rows)}::bytea from ${ROW_LENGTH} * at + 1 for ${ROW_LENGTH})
          from generate_series(0, ${rows.length - 1}) at
          order by 1 on conflict do nothing returning tag`,
      )
      .map((first) => seenElsewhere(rows, first))
      .mapErr((error) => {
        this.#waiting = [...rows, ...this.#waiting];
        return error;
      });
  }

  /** The key is gone in all processes, so its tags may go in all of them. */
  forget(epoch: Epoch): readonly [] {
    this.#tags.delete(epoch);
    void this.#database
      .swift((sql) => sql`delete from postern.replay_tags where tag < ${epochKey(epoch + 1)}`)
      .match(
        () => undefined,
        // They go with those of the next epoch.
        () => undefined,
      );
    return [];
  }
}

const seenElsewhere = (rows: readonly Uint8Array[], first: readonly Row[]): ReadonlySet<string> => {
  const ours = new Set(first.map(({ tag }) => toHex(tag)));
  const others = rows.filter((row) => !ours.has(toHex(row)));
  return new Set(others.map((row) => toHex(row.subarray(EPOCH_LENGTH))));
};
