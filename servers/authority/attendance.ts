/**
 * Attendance: since when each listed node posts descriptors, and in which of the last epochs.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { parse } from '../../src/bytes/reader.js';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/text.js';
import { concat, Writer } from '../../src/bytes/writer.js';
import type { Epoch } from '../../src/pki/epoch.js';
import type { Change, Store, StoreError } from '../../src/store/store.js';

/** Epochs that are looked back at: a bit each. */
export const EPOCHS_SEEN = 32;

interface Presence {
  readonly name: string;
  /** When its first descriptor came, ms since the Unix epoch. */
  readonly sinceMs: number;
  /** The epoch of that descriptor. */
  readonly firstEpoch: Epoch;
  readonly lastEpoch: Epoch;
  /** Bit n: it has posted for the epoch n before the last one. */
  readonly bits: number;
}

/** How present a node has been. */
export interface Attendance {
  /** As its newest descriptor says. */
  readonly name: string;
  /** When its first descriptor came, ms since the Unix epoch. */
  readonly sinceMs: number;
  readonly lastEpoch: Epoch;
  /** Of the `outOf` last epochs it has posted for so many; `outOf` is at most 32. */
  readonly attended: number;
  readonly outOf: number;
  /** Epochs since the last one it has posted for. */
  readonly missedInRow: number;
}

const COLLECTION = 'authority/attendance';
const FIXED_LENGTH = 28;

export class AttendanceBook {
  readonly #store: Store;
  /** By identity key in hex. */
  readonly #presences = new Map<string, Presence>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads what is known; to be called once, first. */
  load(): ResultAsync<void, StoreError> {
    return this.#store.list(COLLECTION).andThen((records): Result<void, StoreError> => {
      for (const { key, value } of records) {
        const presence = decode(value);
        if (presence.isErr()) return err(presence.error);
        this.#presences.set(toHex(key), presence.value);
      }
      return ok(undefined);
    });
  }

  /** How a node has attended, seen from the epoch `now`; `undefined` when it never has. */
  of(identityKey: Uint8Array, now: Epoch): Attendance | undefined {
    const presence = this.#presences.get(toHex(identityKey));
    if (presence === undefined) return undefined;
    const { name, sinceMs, firstEpoch, lastEpoch, bits } = presence;
    // Who has posted for the next epoch already is seen from there.
    const seenFrom = Math.max(now, lastEpoch);
    const missedInRow = seenFrom - lastEpoch;
    const outOf = Math.min(EPOCHS_SEEN, seenFrom - firstEpoch + 1);
    return {
      ...{ name, sinceMs, lastEpoch, outOf, missedInRow },
      attended: onesIn(shifted(bits, missedInRow)),
    };
  }

  /** Writes down that a node has posted, by `commit`, which has more to write. */
  note(
    posted: {
      readonly identityKey: Uint8Array;
      readonly name: string;
      readonly epoch: Epoch;
      readonly nowMs: number;
    },
    commit: (change: Change) => ResultAsync<void, StoreError>,
  ): ResultAsync<void, StoreError> {
    const { identityKey: key } = posted;
    const presence = afterPost(this.#presences.get(toHex(key)), posted);
    this.#presences.set(toHex(key), presence);
    return commit({ kind: 'put', collection: COLLECTION, key, value: encode(presence) });
  }

  /** Forgets those that are listed no more. */
  forget(isMember: (identityKey: Uint8Array) => boolean): ResultAsync<void, StoreError> {
    return this.#store.list(COLLECTION).andThen((records) => {
      const gone = records.map(({ key }) => key).filter((key) => !isMember(key));
      for (const key of gone) this.#presences.delete(toHex(key));
      return this.#store.commit(
        gone.map((key): Change => ({ kind: 'delete', collection: COLLECTION, key })),
      );
    });
  }
}

const afterPost = (
  earlier: Presence | undefined,
  posted: { readonly name: string; readonly epoch: Epoch; readonly nowMs: number },
): Presence => {
  const { name, epoch, nowMs } = posted;
  if (earlier === undefined) {
    return { name, sinceMs: nowMs, firstEpoch: epoch, lastEpoch: epoch, bits: 1 };
  }
  const lastEpoch = Math.max(earlier.lastEpoch, epoch);
  const bits = shifted(earlier.bits, lastEpoch - earlier.lastEpoch);
  const bit = shifted(1, lastEpoch - epoch);
  const firstEpoch = Math.min(earlier.firstEpoch, epoch);
  return { ...earlier, name, firstEpoch, lastEpoch, bits: (bits | bit) >>> 0 };
};

/** JavaScript shifts by 32 as by 0. */
const shifted = (bits: number, by: number): number => (by < EPOCHS_SEEN ? (bits << by) >>> 0 : 0);

const onesIn = (bits: number): number => {
  let count = 0;
  for (let rest = bits; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
};

const encode = ({ name, sinceMs, firstEpoch, lastEpoch, bits }: Presence): Uint8Array =>
  concat(
    new Writer(FIXED_LENGTH).u64(sinceMs).u64(firstEpoch).u64(lastEpoch).u32(bits).done(),
    utf8(name),
  );

const decode = (value: Uint8Array): Result<Presence, StoreError> =>
  parse(value, (from): Presence => {
    const sinceMs = from.u64('since');
    const firstEpoch = from.u64('first_epoch');
    const lastEpoch = from.u64('last_epoch');
    const bits = from.u32('bits');
    return { sinceMs, firstEpoch, lastEpoch, bits, name: fromUtf8(from.rest()) };
  }).mapErr(() => ({ kind: 'store-corrupt', collection: COLLECTION }));
