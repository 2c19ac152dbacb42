/**
 * The spool: what waits for users, oldest first, on disk before anybody is told that it arrived.
 *
 * Bodies are records of their own; the order is in small index records, read when the spool opens.
 * @module
 */
import { err, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { parse } from '../../src/bytes/reader.js';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { concat, Writer } from '../../src/bytes/writer.js';
import type { Random } from '../../src/io/contracts.js';
import type { Change, Store, StoredRecord, StoreError } from '../../src/store/store.js';
import type { UserName } from './names.js';

/** What a user fetches: a sealed block, or a reply with the id of its SURB. */
export type SpoolItem =
  | { readonly kind: 'message'; readonly payload: Uint8Array }
  | { readonly kind: 'reply'; readonly surbId: Uint8Array; readonly payload: Uint8Array };

interface Entry {
  readonly id: Uint8Array;
  /** Position in the order of arrival, over all users. */
  readonly sequence: number;
  readonly surbId: Uint8Array | undefined;
}

/** Items that may wait for one user, where nothing else is said. */
export const SPOOL_QUOTA = 100_000;

const INDEX = 'provider/spool-index';
const BODIES = 'provider/spool-bodies';
const ID_LENGTH = 16;
const SURB_ID_LENGTH = 16;

const encodeEntry = (user: UserName, { sequence, surbId }: Entry): Uint8Array =>
  concat(
    new Writer(9)
      .u64(sequence)
      .u8(surbId ? 1 : 0)
      .done(),
    surbId ?? new Uint8Array(0),
    utf8(user),
  );

const decodeEntry = ({
  key,
  value,
}: StoredRecord): Result<{ user: UserName; entry: Entry }, StoreError> =>
  parse(value, (from) => {
    const sequence = from.u64('sequence');
    const hasSurb = from.u8('kind') === 1;
    const surbId = hasSurb ? from.take(SURB_ID_LENGTH, 'surb_id').slice() : undefined;
    return { user: fromUtf8(from.rest()), entry: { id: key, sequence, surbId } };
  }).mapErr(() => ({ kind: 'store-corrupt', collection: INDEX }));

const removal = ({ id }: Entry): readonly Change[] => [
  { kind: 'delete', collection: INDEX, key: id },
  { kind: 'delete', collection: BODIES, key: id },
];

export interface SpoolDeps {
  readonly store: Store;
  readonly random: Random;
  /** Items that one user may have waiting, at first. */
  readonly quota: number;
}

export class Spool {
  readonly #deps: SpoolDeps;
  readonly #queues = new Map<UserName, Entry[]>();
  /** Items that one user may have waiting. */
  quota: number;
  #sequence = 0;

  constructor(deps: SpoolDeps) {
    this.#deps = deps;
    this.quota = deps.quota;
  }

  /** Reads the order; to be called once, first. */
  load(): ResultAsync<void, StoreError> {
    return this.#deps.store.list(INDEX).andThen((records): Result<void, StoreError> => {
      for (const record of records) {
        const decoded = decodeEntry(record);
        if (decoded.isErr()) return err(decoded.error);
        this.#queue(decoded.value.user).push(decoded.value.entry);
      }
      for (const queue of this.#queues.values()) {
        queue.sort((a, b) => a.sequence - b.sequence);
        this.#sequence = Math.max(this.#sequence, (queue.at(-1)?.sequence ?? 0) + 1);
      }
      return ok(undefined);
    });
  }

  /** Items waiting for all users. */
  get size(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  /** Mail blocks waiting for all users; the other items are replies. */
  get messages(): number {
    const queues = [...this.#queues.values()];
    return queues.flat().filter(({ surbId }) => surbId === undefined).length;
  }

  /** Items waiting for one user. */
  waiting(user: UserName): number {
    return this.#queues.get(user)?.length ?? 0;
  }

  isFull(user: UserName): boolean {
    return this.waiting(user) >= this.quota;
  }

  /** Appends an item; it is on disk when ok. */
  append(user: UserName, item: SpoolItem): ResultAsync<void, StoreError> {
    const { store, random } = this.#deps;
    const entry: Entry = {
      id: random(ID_LENGTH),
      sequence: this.#sequence++,
      surbId: item.kind === 'reply' ? item.surbId : undefined,
    };
    return store
      .commit([
        { kind: 'put', collection: INDEX, key: entry.id, value: encodeEntry(user, entry) },
        { kind: 'put', collection: BODIES, key: entry.id, value: item.payload },
      ])
      .map(() => void this.#queue(user).push(entry));
  }

  /** The oldest item, which stays. */
  head(user: UserName): ResultAsync<SpoolItem | undefined, StoreError> {
    const entry = this.#queues.get(user)?.[0];
    if (!entry) return okAsync(undefined);
    const { id, surbId } = entry;
    return this.#deps.store.get(BODIES, id).andThen((payload): Result<SpoolItem, StoreError> => {
      if (!payload) return err({ kind: 'store-corrupt', collection: BODIES });
      return ok(surbId ? { kind: 'reply', surbId, payload } : { kind: 'message', payload });
    });
  }

  /**
   * Removes the oldest item, if there is one. Should a loss of power bring it back, the user gets it
   * twice and knows it.
   */
  dropHead(user: UserName): ResultAsync<void, StoreError> {
    const queue = this.#queues.get(user);
    const entry = queue?.[0];
    if (!queue || !entry) return okAsync(undefined);
    return this.#deps.store.commit(removal(entry), 'crash').map(() => {
      if (queue[0] === entry) queue.shift();
      if (queue.length === 0) this.#queues.delete(user);
    });
  }

  /** Removes everything that waits for a user. */
  remove(user: UserName): ResultAsync<void, StoreError> {
    const queue = this.#queues.get(user) ?? [];
    this.#queues.delete(user);
    return this.#deps.store.commit(queue.flatMap(removal));
  }

  #queue(user: UserName): Entry[] {
    const queue = this.#queues.get(user) ?? [];
    this.#queues.set(user, queue);
    return queue;
  }
}
