/**
 * How old the spool's items are, without a time on any of them: from time to time a note says how
 * far the numbers of the spool had come, and what a note of long ago covers is old.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { Writer } from '../../src/bytes/writer.js';
import type { Change, Store, StoredRecord, StoreError } from '../../src/store/store.js';

const NOTES = 'provider/spool-notes';
const NUMBER_LENGTH = 8;

interface Note {
  readonly timeMs: number;
  /** Items up to this number had come by then. */
  readonly upTo: number;
}

export interface Look {
  readonly nowMs: number;
  readonly maxAgeMs: number;
  /** Number of the newest item; -1: there has been none. */
  readonly newest: number;
}

/**
 * Notes how far the spool has come, and forgets the notes that are used up.
 *
 * @returns the number up to which items are older than `maxAgeMs`; `undefined` when none is
 */
export const noteAge = (
  store: Store,
  { nowMs, maxAgeMs, newest }: Look,
): ResultAsync<number | undefined, StoreError> =>
  store.list(NOTES).andThen((records) => {
    const old = records
      .filter(isNote)
      .map(decode)
      .filter(({ timeMs }) => timeMs <= nowMs - maxAgeMs);
    const changes = [
      ...old.map(forget),
      ...(newest < 0 ? [] : [put({ timeMs: nowMs, upTo: newest })]),
    ];
    const upTo = old.length === 0 ? undefined : Math.max(...old.map((note) => note.upTo));
    return store.commit(changes).map(() => upTo);
  });

/** The newest number that a note covers, above which a spool must go on counting; -1: none. */
export const lastNoted = (store: Store): ResultAsync<number, StoreError> =>
  store
    .list(NOTES)
    .map((records) =>
      records.filter(isNote).reduce((last, note) => Math.max(last, decode(note).upTo), -1),
    );

const number = (value: number): Uint8Array => new Writer(NUMBER_LENGTH).u64(value).done();

const put = ({ timeMs, upTo }: Note): Change => ({
  kind: 'put',
  collection: NOTES,
  key: number(timeMs),
  value: number(upTo),
});

const forget = ({ timeMs }: Note): Change => ({
  kind: 'delete',
  collection: NOTES,
  key: number(timeMs),
});

const isNote = ({ key, value }: StoredRecord): boolean =>
  key.length === NUMBER_LENGTH && value.length === NUMBER_LENGTH;

const decode = ({ key, value }: StoredRecord): Note => ({
  timeMs: numberOf(key),
  upTo: numberOf(value),
});

const numberOf = (bytes: Uint8Array): number =>
  Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0));
