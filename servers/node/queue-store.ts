/**
 * The queue on disk: packets that wait where memory has no more room, or while the node is down.
 *
 * Each packet is one sealed record under a number, and a small record tells which numbers may be
 * in use: so one that cannot be read is found alone, set aside and counted, and the others live on.
 * @module
 */
import { err, errAsync, ok, okAsync, ResultAsync, safeTry, type Result } from 'neverthrow';
import { parse } from '../../src/bytes/reader.js';
import { Writer } from '../../src/bytes/writer.js';
import type { Log } from '../../src/io/contracts.js';
import type { Change, Durability, Store, StoreError } from '../../src/store/store.js';
import { decodeQueued, encodeQueued, type QueuedPacket } from './queue-record.js';

/** A packet that is on disk. */
export interface QueueEntry extends Pick<QueuedPacket, 'stage' | 'nextNodeId' | 'expiresMs'> {
  readonly number: number;
}

export interface QueueStoreDeps {
  readonly store: Store;
  readonly packetLength: number;
  /** Bytes of packets on disk. */
  readonly maxBytes: number;
  readonly count: (event: string) => void;
  readonly log: Log;
}

/** `queue-full`: there is no room for all of them, and none was written. */
export type QueueError = StoreError | { readonly kind: 'queue-full' };

/** Numbers in use are below `next` and not below `lowest`. */
interface NumberRange {
  readonly lowest: number;
  readonly next: number;
}

const QUEUE = 'queue';
const SET_ASIDE = 'queue-set-aside';
const RANGE = 'queue-range';
/** Of the only record of its collection. */
const RANGE_KEY = new Uint8Array(0);
const NUMBER_LENGTH = 8;

export class QueueStore {
  readonly #deps: QueueStoreDeps;
  /** In the order of their numbers. */
  readonly #entries: Map<number, QueueEntry>;
  #next: number;

  /** Only {@link openQueueStore} makes one. */
  constructor(deps: QueueStoreDeps, entries: readonly QueueEntry[], next: number) {
    this.#deps = deps;
    this.#entries = new Map(entries.map((entry) => [entry.number, entry]));
    this.#next = next;
  }

  get entries(): readonly QueueEntry[] {
    return [...this.#entries.values()];
  }

  /** For how many more packets there is room. */
  get room(): number {
    const { maxBytes, packetLength } = this.#deps;
    return Math.max(0, Math.floor(maxBytes / packetLength) - this.#entries.size);
  }

  /**
   * Writes packets, all or none; they have survived what `durability` says when ok.
   *
   * @errors `queue-full`, and those of the store
   */
  put(
    packets: readonly QueuedPacket[],
    durability: Durability = 'crash',
  ): ResultAsync<readonly QueueEntry[], QueueError> {
    if (packets.length > this.room) return errAsync({ kind: 'queue-full' });
    const entries = packets.map((packet) => entryOf(packet, this.#next++));
    for (const entry of entries) this.#entries.set(entry.number, entry);
    const puts = packets.map((packet, index): Change => {
      const key = numberKey(entries[index]?.number ?? 0);
      return { kind: 'put', collection: QUEUE, key, value: encodeQueued(packet) };
    });
    return this.#deps.store
      .commit([...puts, putRange(this.#range())], durability)
      .map(() => entries)
      .mapErr((error) => {
        for (const { number } of entries) this.#entries.delete(number);
        return error;
      });
  }

  /**
   * Reads a packet, which stays.
   *
   * @returns `undefined` when it cannot be read and was set aside
   */
  read({ number }: QueueEntry): ResultAsync<QueuedPacket | undefined, StoreError> {
    return readNumber(this.#deps, number).map((packet) => {
      if (!packet) this.#entries.delete(number);
      return packet;
    });
  }

  /** Forgets packets that have left, or never will. */
  remove(entries: readonly QueueEntry[]): ResultAsync<void, StoreError> {
    if (entries.length === 0) return okAsync(undefined);
    for (const { number } of entries) this.#entries.delete(number);
    const deletions = entries.map(({ number }) => deletion(number));
    return this.#deps.store.commit(deletions, 'crash');
  }

  #range(): NumberRange {
    const [lowest = this.#next] = this.#entries.keys();
    return { lowest, next: this.#next };
  }
}

/**
 * Finds the packets that are on disk. What cannot be read is set aside; `queue.set-aside` counts it.
 *
 * @errors those of the store, but for single records that are broken
 */
export const openQueueStore = (deps: QueueStoreDeps): ResultAsync<QueueStore, StoreError> =>
  safeTry(async function* () {
    const { lowest, next } = yield* readRange(deps);
    const known = yield* setAside(deps.store);
    const entries: QueueEntry[] = [];
    for (let number = lowest; number < next; number++) {
      if (known.has(number)) continue;
      const packet = yield* readNumber(deps, number);
      // A view would keep the whole packet in memory.
      if (packet)
        entries.push(entryOf({ ...packet, nextNodeId: packet.nextNodeId.slice() }, number));
    }
    return ok(new QueueStore(deps, entries, next));
  });

const entryOf = (packet: QueuedPacket, number: number): QueueEntry => ({
  number,
  stage: packet.stage,
  nextNodeId: packet.nextNodeId,
  expiresMs: packet.expiresMs,
});

/** One packet; `undefined` where there is none (any more). */
const readNumber = (
  deps: QueueStoreDeps,
  number: number,
): ResultAsync<QueuedPacket | undefined, StoreError> =>
  deps.store
    .get(QUEUE, numberKey(number))
    .andThen((bytes): ResultAsync<QueuedPacket | undefined, StoreError> => {
      if (bytes === undefined) return okAsync(undefined);
      const decoded = decodeQueued(bytes, deps.packetLength);
      return decoded.isOk() ? okAsync(decoded.value) : putAside(deps, number, bytes);
    })
    .orElse((error) =>
      // Where not even its seal is whole there is nothing to move: it stays where it is, noted down.
      error.kind === 'store-corrupt' ? putAside(deps, number, undefined) : errAsync(error),
    );

const putAside = (
  { store, count, log }: QueueStoreDeps,
  number: number,
  bytes: Uint8Array | undefined,
): ResultAsync<undefined, StoreError> => {
  count('queue.set-aside');
  log.write('error', 'queue', 'a packet on disk is broken and was set aside', { number });
  const key = numberKey(number);
  const note: Change = {
    kind: 'put',
    collection: SET_ASIDE,
    key,
    value: bytes ?? new Uint8Array(0),
  };
  return store.commit(bytes ? [note, deletion(number)] : [note]).map(() => undefined);
};

/** Numbers that were set aside before, as far as the notes can be read. */
const setAside = (store: Store): ResultAsync<ReadonlySet<number>, StoreError> =>
  store
    .list(SET_ASIDE)
    .map((notes) => new Set(notes.map(({ key }) => numberOf(key) ?? -1)))
    .orElse((error): Result<Set<number>, StoreError> =>
      error.kind === 'store-corrupt' ? ok(new Set()) : err(error),
    );

/** Without the record of the range, the records themselves tell it, if all of them are whole. */
const readRange = (deps: QueueStoreDeps): ResultAsync<NumberRange, StoreError> =>
  deps.store
    .get(RANGE, RANGE_KEY)
    .map((bytes) => (bytes ? decodeRange(bytes) : { lowest: 0, next: 0 }))
    .orElse((error): Result<undefined, StoreError> =>
      error.kind === 'store-corrupt' ? ok(undefined) : err(error),
    )
    .andThen((range) => (range ? okAsync(range) : lostRange(deps)));

const lostRange = ({ store, count, log }: QueueStoreDeps): ResultAsync<NumberRange, StoreError> => {
  count('queue.range-lost');
  log.write('error', 'queue', 'which packets are on disk is not known; looking for them');
  return store
    .list(QUEUE)
    .map((records) => records.flatMap(({ key }) => numberOf(key) ?? []))
    .orElse((error): Result<number[], StoreError> =>
      error.kind === 'store-corrupt' ? ok([]) : err(error),
    )
    .map((numbers) => ({
      lowest: Math.min(...numbers, Number.MAX_SAFE_INTEGER),
      next: Math.max(-1, ...numbers) + 1,
    }));
};

const putRange = ({ lowest, next }: NumberRange): Change => ({
  kind: 'put',
  collection: RANGE,
  key: RANGE_KEY,
  value: new Writer(2 * NUMBER_LENGTH).u64(lowest).u64(next).done(),
});

const decodeRange = (bytes: Uint8Array): NumberRange | undefined =>
  parse(bytes, (from): NumberRange => ({ lowest: from.u64('lowest'), next: from.u64('next') }))
    .map((range): NumberRange | undefined => range)
    .unwrapOr(undefined);

const numberKey = (number: number): Uint8Array => new Writer(NUMBER_LENGTH).u64(number).done();

const numberOf = (key: Uint8Array): number | undefined =>
  parse(key, (from): number => from.u64('number'))
    .map((number): number | undefined => number)
    .unwrapOr(undefined);

const deletion = (number: number): Change => ({
  kind: 'delete',
  collection: QUEUE,
  key: numberKey(number),
});
