/**
 * What has come before: messages that were delivered or given up, and blocks that were refused.
 *
 * Providers and senders repeat themselves for days, so entries outlive their last sight by longer
 * than any sender tries (5 days and some slack in the reference).
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { parse } from '../bytes/reader.js';
import { toHex } from '../bytes/text.js';
import { concat, Writer } from '../bytes/writer.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Change, Store, StoredRecord, StoreError } from '../store/store.js';
import type { Block } from './block.js';
import type { Step } from './inbox-step.js';

const DAY_MS = 86_400_000;
export const LIFETIME_MS = 14 * DAY_MS;

/** A repeated sight is written down this often at most. */
const REFRESH_MS = DAY_MS;

/** Which table, and how many entries it may have before the oldest go. */
export interface SeenTable {
  readonly collection: string;
  readonly limit: number;
}

export const SEEN_MESSAGES: SeenTable = { collection: 'inbox-seen', limit: 500_000 };

/** A refused block costs its sender nothing but the packet, so fewer are remembered. */
export const SEEN_REFUSED: SeenTable = { collection: 'inbox-refused', limit: 10_000 };

/** Another total makes another message; so does another sender. */
export const messageKey = (
  { hash }: Primitives,
  senderKey: Uint8Array,
  { messageId, total }: Pick<Block, 'messageId' | 'total'>,
): Uint8Array => hash.sha512_256(concat(senderKey, messageId, new Writer(2).u16(total).done()));

/** The name of a block that cannot be opened. */
export const refusedKey = ({ hash }: Primitives, sealed: Uint8Array): Uint8Array =>
  hash.sha512_256(sealed);

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
    const old = [...this.#times.values()].filter(({ at }) => at < nowMs - LIFETIME_MS);
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
