/**
 * The spool in the node's store: what waits for users, oldest first, on disk before anybody is told
 * that it arrived.
 *
 * Bodies are records of their own; the order is in small index records, read when the spool opens.
 * @module
 */
import { err, errAsync, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import { parse } from '../../src/bytes/reader.js';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { concat, Writer } from '../../src/bytes/writer.js';
import type { Random } from '../../src/io/contracts.js';
import type { Change, Store, StoredRecord, StoreError } from '../../src/store/store.js';
import { lastNoted, noteAge } from './age.js';
import type {
  Mailbox,
  MailboxError,
  Spool,
  SpoolCounts,
  SpoolError,
  SpoolHead,
  SpoolItem,
} from './contracts.js';
import type { UserName } from './names.js';

interface Entry {
  readonly id: Uint8Array;
  /** Position in the order of arrival, over all users. */
  readonly sequence: number;
  readonly surbId: Uint8Array | undefined;
}

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
  readonly limit: number;
  readonly isUser: (name: UserName) => boolean;
}

export class StoredSpool implements Spool {
  readonly #deps: SpoolDeps;
  readonly #queues = new Map<UserName, Entry[]>();
  readonly #open = new Set<UserName>();
  limit: number;
  #sequence = 0;

  constructor(deps: SpoolDeps) {
    this.#deps = deps;
    this.limit = deps.limit;
  }

  /** Reads the order; to be called once, first. */
  load(): ResultAsync<void, StoreError> {
    const { store } = this.#deps;
    return ResultAsync.combine([store.list(INDEX), lastNoted(store)]).andThen(([records, noted]) =>
      this.#order(records, noted + 1),
    );
  }

  get counts(): SpoolCounts {
    const entries = [...this.#queues.values()].flat();
    const messages = entries.filter(({ surbId }) => surbId === undefined).length;
    return { items: entries.length, messages };
  }

  waiting(user: UserName): ResultAsync<number, StoreError> {
    return okAsync(this.#waiting(user));
  }

  append(user: UserName, item: SpoolItem): ResultAsync<number, SpoolError> {
    const { store, random, isUser } = this.#deps;
    if (!isUser(user)) return errAsync({ kind: 'no-such-user' });
    if (this.#waiting(user) >= this.limit) return errAsync({ kind: 'spool-full' });
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
      .map(() => this.#queue(user).push(entry));
  }

  open(user: UserName): ResultAsync<Mailbox, MailboxError> {
    if (this.#open.has(user)) return errAsync({ kind: 'mailbox-in-use' });
    this.#open.add(user);
    let given: Entry | undefined;
    return okAsync({
      head: () => {
        given = this.#queues.get(user)?.[0];
        return given ? this.#read(user, given) : okAsync(undefined);
      },
      dropHead: () => this.#drop(user, given),
      close: () => void this.#open.delete(user),
    });
  }

  expire(nowMs: number, maxAgeMs: number): ResultAsync<number, StoreError> {
    const { store } = this.#deps;
    const newest = this.#sequence - 1;
    return noteAge(store, { nowMs, maxAgeMs, newest }).andThen((upTo) => {
      const isOld = ({ sequence }: Entry): boolean => upTo !== undefined && sequence <= upTo;
      const old = [...this.#queues.values()].flat().filter(isOld);
      return store.commit(old.flatMap(removal)).map(() => {
        for (const user of [...this.#queues.keys()]) this.#keep(user, (entry) => !isOld(entry));
        return old.length;
      });
    });
  }

  /** Removes everything that waits for a user. */
  remove(user: UserName): ResultAsync<void, StoreError> {
    const queue = this.#queues.get(user) ?? [];
    this.#queues.delete(user);
    return this.#deps.store.commit(queue.flatMap(removal));
  }

  #order(records: readonly StoredRecord[], first: number): Result<void, StoreError> {
    this.#sequence = first;
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
  }

  #read(user: UserName, { id, surbId }: Entry): ResultAsync<SpoolHead, StoreError> {
    return this.#deps.store.get(BODIES, id).andThen((payload): Result<SpoolHead, StoreError> => {
      if (!payload) return err({ kind: 'store-corrupt', collection: BODIES });
      const behind = this.#waiting(user) - 1;
      return ok({
        item: surbId ? { kind: 'reply', surbId, payload } : { kind: 'message', payload },
        behind,
      });
    });
  }

  #drop(user: UserName, entry: Entry | undefined): ResultAsync<void, StoreError> {
    if (!entry) return okAsync(undefined);
    return this.#deps.store
      .commit(removal(entry), 'crash')
      .map(() => this.#keep(user, (other) => other !== entry));
  }

  #keep(user: UserName, isKept: (entry: Entry) => boolean): void {
    const kept = this.#queues.get(user)?.filter(isKept) ?? [];
    if (kept.length > 0) this.#queues.set(user, kept);
    else this.#queues.delete(user);
  }

  #waiting(user: UserName): number {
    return this.#queues.get(user)?.length ?? 0;
  }

  #queue(user: UserName): Entry[] {
    const queue = this.#queues.get(user) ?? [];
    this.#queues.set(user, queue);
    return queue;
  }
}
