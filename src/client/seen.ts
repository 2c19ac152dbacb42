/**
 * Tables of what was seen, each entry with the time of its last sight.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { parse } from '../bytes/reader.js';
import { toHex } from '../bytes/text.js';
import { Writer } from '../bytes/writer.js';
import type { Change, Store, StoredRecord, StoreError } from '../store/store.js';
import type { Step } from './step.js';

/** A repeated sight is written down this often at most. */
const REFRESH_MS = 86_400_000;

/** Which table it is. */
export interface SeenTable {
  readonly collection: string;
  /** How many entries it may have before the oldest go. */
  readonly limit: number;
  /** What was last seen longer ago is forgotten. */
  readonly lifetimeMs: number;
}

/** Keys with the time of their last sight, oldest first. */
export class Seen {
  readonly #table: SeenTable;
  readonly #times: Map<string, { readonly key: Uint8Array; readonly at: number }>;

  constructor(table: SeenTable, entries: readonly { key: Uint8Array; at: number }[]) {
    this.#table = table;
    this.#times = new Map(entries.map((entry) => [toHex(entry.key), entry]));
  }

  has(key: Uint8Array): boolean {
    return this.#times.has(toHex(key));
  }

  /** Notes a first sight, and drops the oldest one when there are too many. */
  add(key: Uint8Array, nowMs: number): Step {
    const oldest =
      this.#times.size >= this.#table.limit ? this.#times.values().next().value : undefined;
    const drop = oldest === undefined ? undefined : this.#drop(oldest.key);
    const note = this.#note(key, nowMs);
    return {
      changes: [...note.changes, ...(drop?.changes ?? [])],
      apply: () => {
        drop?.apply();
        note.apply();
      },
    };
  }

  /** Notes another sight; nothing when the last one is fresh enough. */
  refresh(key: Uint8Array, nowMs: number): readonly Step[] {
    const at = this.#times.get(toHex(key))?.at ?? nowMs;
    return nowMs - at < REFRESH_MS ? [] : [this.#note(key, nowMs)];
  }

  /** Forgets what has not been seen for too long. */
  sweep(nowMs: number): readonly Step[] {
    const old = [...this.#times.values()].filter(({ at }) => at < nowMs - this.#table.lifetimeMs);
    return old.map(({ key }) => this.#drop(key));
  }

  #note(key: Uint8Array, at: number): Step {
    const value = new Writer(8).u64(at).done();
    return {
      changes: [{ kind: 'put', collection: this.#table.collection, key, value }],
      apply: () => {
        this.#times.delete(toHex(key));
        this.#times.set(toHex(key), { key, at });
      },
    };
  }

  #drop(key: Uint8Array): Step {
    const change: Change = { kind: 'delete', collection: this.#table.collection, key };
    return { changes: [change], apply: () => this.#times.delete(toHex(key)) };
  }
}

/** Reads a table; times after `nowMs`, left by a clock that was wrong, count as now. */
export const loadSeen = (
  store: Store,
  table: SeenTable,
  nowMs: number,
): ResultAsync<Seen, StoreError> =>
  store.list(table.collection).andThen((records): Result<Seen, StoreError> => {
    const entries = records.map((record) => decodeSeen(record, nowMs));
    const sound = entries.filter((entry) => entry !== undefined);
    if (sound.length < entries.length) {
      return err({ kind: 'store-corrupt', collection: table.collection });
    }
    return ok(
      new Seen(
        table,
        sound.sort((a, b) => a.at - b.at),
      ),
    );
  });

const decodeSeen = (
  { key, value }: StoredRecord,
  nowMs: number,
): { key: Uint8Array; at: number } | undefined =>
  parse(value, (from) => from.u64('last_seen'))
    .map((at) => ({ key, at: Math.min(at, nowMs) }))
    .unwrapOr(undefined);
