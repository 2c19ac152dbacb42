/**
 * Tables of what was seen, each entry with the time of its last sight, and what was noted with it.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { parse } from '../bytes/reader.js';
import { toHex } from '../bytes/text.js';
import { Writer } from '../bytes/writer.js';
import type { Clock } from '../io/contracts.js';
import type { Change, Store, StoredRecord, StoreError } from '../store/store.js';
import type { Step } from './step.js';

/** A repeated sight is written down this often at most. */
const REFRESH_MS = 86_400_000;

const SWEEP_MS = 3_600_000;

/** Which table it is. */
export interface SeenTable {
  readonly collection: string;
  /** How many entries it may have before the oldest go. */
  readonly limit: number;
  /** What was last seen longer ago is forgotten. */
  readonly lifetimeMs: number;
}

interface Sight {
  readonly key: Uint8Array;
  /** Ms since the Unix epoch. */
  readonly at: number;
  readonly note: Uint8Array;
}

const NO_NOTE = new Uint8Array();

/** Keys with the time of their last sight, oldest first. */
export class Seen {
  readonly #table: SeenTable;
  readonly #sights: Map<string, Sight>;

  constructor(table: SeenTable, sights: readonly Sight[]) {
    this.#table = table;
    this.#sights = new Map(sights.map((sight) => [toHex(sight.key), sight]));
  }

  has(key: Uint8Array): boolean {
    return this.#sights.has(toHex(key));
  }

  /** What was noted at the first sight; empty where nothing was, `undefined` for what is not here. */
  noteOf(key: Uint8Array): Uint8Array | undefined {
    return this.#sights.get(toHex(key))?.note;
  }

  /** Notes a first sight, and drops the oldest one when there are too many. */
  add(key: Uint8Array, nowMs: number, note: Uint8Array = NO_NOTE): Step {
    const oldest =
      this.#sights.size >= this.#table.limit ? this.#sights.values().next().value : undefined;
    const drop = oldest === undefined ? undefined : this.#drop(oldest.key);
    const put = this.#put({ key, at: nowMs, note });
    return {
      changes: [...put.changes, ...(drop?.changes ?? [])],
      apply: () => {
        drop?.apply();
        put.apply();
      },
    };
  }

  /** Notes another sight; nothing when the last one is fresh enough. */
  refresh(key: Uint8Array, nowMs: number): readonly Step[] {
    const sight = this.#sights.get(toHex(key));
    return sight === undefined || nowMs - sight.at < REFRESH_MS
      ? []
      : [this.#put({ ...sight, at: nowMs })];
  }

  /** Forgets what has not been seen for too long. */
  sweep(nowMs: number): readonly Step[] {
    const old = [...this.#sights.values()].filter(({ at }) => at < nowMs - this.#table.lifetimeMs);
    return old.map(({ key }) => this.#drop(key));
  }

  #put(sight: Sight): Step {
    const { key, at, note } = sight;
    const value = new Writer(8 + note.length).u64(at).bytes(note).done();
    return {
      changes: [{ kind: 'put', collection: this.#table.collection, key, value }],
      apply: () => {
        this.#sights.delete(toHex(key));
        this.#sights.set(toHex(key), sight);
      },
    };
  }

  #drop(key: Uint8Array): Step {
    const change: Change = { kind: 'delete', collection: this.#table.collection, key };
    return { changes: [change], apply: () => this.#sights.delete(toHex(key)) };
  }
}

/** Reads a table; times after `nowMs`, left by a clock that was wrong, count as now. */
export const loadSeen = (
  store: Store,
  table: SeenTable,
  nowMs: number,
): ResultAsync<Seen, StoreError> =>
  store.list(table.collection).andThen((records): Result<Seen, StoreError> => {
    const sights = records.map((record) => decodeSight(record, nowMs));
    const sound = sights.filter((sight) => sight !== undefined);
    if (sound.length < sights.length) {
      return err({ kind: 'store-corrupt', collection: table.collection });
    }
    return ok(
      new Seen(
        table,
        sound.sort((a, b) => a.at - b.at),
      ),
    );
  });

/** Runs `sweep` every hour, for the first time an hour from now, until `signal` is aborted. */
export const sweepHourly = async (
  sweep: () => ResultAsync<void, StoreError>,
  { clock, signal, onError }: SweepDeps,
): Promise<void> => {
  for (;;) {
    await clock.sleep(SWEEP_MS, signal);
    if (signal.aborted) return;
    const swept = await sweep();
    if (swept.isErr()) onError(swept.error);
  }
};

interface SweepDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onError: (error: StoreError) => void;
}

const decodeSight = ({ key, value }: StoredRecord, nowMs: number): Sight | undefined =>
  parse(value, (from): Sight => {
    const at = Math.min(from.u64('last_seen'), nowMs);
    return { key, at, note: from.rest().slice() };
  }).unwrapOr(undefined);
