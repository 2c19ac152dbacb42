/**
 * The replay log: which packets a mix key has opened already, exactly and across restarts.
 *
 * Tags of one key are kept in pages, and a page is one record, so that a batch of packets costs one
 * small write. A packet must be handed on only after {@link ReplayLog.flush} has made its tag
 * durable; the log of a key goes with the key.
 * @module
 */
import { err, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import { Writer } from '../../src/bytes/writer.js';
import type { Epoch } from '../../src/pki/epoch.js';
import type { Change, Store, StoredRecord, StoreError } from '../../src/store/store.js';
import type { BadRecord } from './mix-keys.js';
import { PAGE_TAGS, TAG_LENGTH, TagSet } from './tag-set.js';

const INDEX_LENGTH = 4;

interface EpochLog {
  readonly tags: TagSet;
  /** Tags that are on disk. */
  durable: number;
}

/** Where the tags of a key are kept, in pages. */
export const replayTagsOf = (epoch: Epoch): string => `replay-tags-${epoch}`;

const pageKey = (index: number): Uint8Array => new Writer(INDEX_LENGTH).u32(index).done();

export interface ReplayLog {
  /** Tags remembered, of all keys. */
  readonly size: number;
  /** Test and set: whether `epoch`'s key opens a packet with this tag for the first time here. */
  add(epoch: Epoch, tag: Uint8Array): boolean;
  /**
   * Makes every tag so far survive a crash, in one batch; after an error they are part of the next
   * one. Loss of power may cost the last ones, as it costs the reference those of ten seconds.
   *
   * @returns those of them, in hex, that another process with the same key had opened before
   */
  flush(): ResultAsync<ReadonlySet<string>, StoreError>;
  /** Forgets an epoch whose key is being destroyed. @returns what to delete beside the key */
  forget(epoch: Epoch): readonly Change[];
}

/** Where the keys are this process's alone. */
const NOBODY_ELSE: ReadonlySet<string> = new Set();

class StoredReplayLog implements ReplayLog {
  readonly #store: Store;
  readonly #logs: Map<Epoch, EpochLog>;

  constructor(store: Store, logs: ReadonlyMap<Epoch, EpochLog>) {
    this.#store = store;
    this.#logs = new Map(logs);
  }

  get size(): number {
    let size = 0;
    for (const { tags } of this.#logs.values()) size += tags.size;
    return size;
  }

  add(epoch: Epoch, tag: Uint8Array): boolean {
    const log = this.#logs.get(epoch) ?? { tags: new TagSet(), durable: 0 };
    this.#logs.set(epoch, log);
    return log.tags.add(tag);
  }

  flush(): ResultAsync<ReadonlySet<string>, StoreError> {
    const written = [...this.#logs].map(([epoch, log]) => ({ epoch, log, size: log.tags.size }));
    const changes = written.flatMap(({ epoch, log }) => unsavedPages(epoch, log));
    if (changes.length === 0) return okAsync(NOBODY_ELSE);
    return this.#store.commit(changes, 'crash').map(() => {
      for (const { log, size } of written) log.durable = Math.max(log.durable, size);
      return NOBODY_ELSE;
    });
  }

  forget(epoch: Epoch): readonly Change[] {
    const size = this.#logs.get(epoch)?.tags.size ?? 0;
    this.#logs.delete(epoch);
    return Array.from({ length: Math.ceil(size / PAGE_TAGS) }, (_, index) => ({
      kind: 'delete',
      collection: replayTagsOf(epoch),
      key: pageKey(index),
    }));
  }
}

const unsavedPages = (epoch: Epoch, { tags, durable }: EpochLog): readonly Change[] => {
  const changes: Change[] = [];
  if (tags.size === durable) return changes;
  for (let index = Math.floor(durable / PAGE_TAGS); index * PAGE_TAGS < tags.size; index++) {
    // The store may read it later, while the page goes on filling.
    const value = tags.page(index).slice();
    changes.push({ kind: 'put', collection: replayTagsOf(epoch), key: pageKey(index), value });
  }
  return changes;
};

/**
 * Loads the tags of the living keys.
 *
 * @errors `bad-record`: a page is missing or malformed; running on would open replays
 */
export const openReplayLog = (
  store: Store,
  epochs: readonly Epoch[],
): ResultAsync<ReplayLog, StoreError | BadRecord> =>
  ResultAsync.combine(epochs.map((epoch) => loadEpoch(store, epoch))).map(
    (logs) => new StoredReplayLog(store, new Map(logs)),
  );

const loadEpoch = (
  store: Store,
  epoch: Epoch,
): ResultAsync<[Epoch, EpochLog], StoreError | BadRecord> =>
  store.list(replayTagsOf(epoch)).andThen((records): Result<[Epoch, EpochLog], BadRecord> => {
    const tags = new TagSet();
    const pages = inOrder(records);
    const whole = pages.every((page, index) => loadPage(tags, page, index === pages.length - 1));
    return whole
      ? ok([epoch, { tags, durable: tags.size }])
      : err({ kind: 'bad-record', collection: replayTagsOf(epoch) });
  });

/** The pages by their index; `undefined` where one is missing. */
const inOrder = (records: readonly StoredRecord[]): readonly (Uint8Array | undefined)[] => {
  const byIndex = new Map(records.map(({ key, value }) => [indexOf(key), value]));
  return Array.from({ length: records.length }, (_, index) => byIndex.get(index));
};

const indexOf = (key: Uint8Array): number =>
  key.length === INDEX_LENGTH ? new DataView(key.buffer, key.byteOffset).getUint32(0) : -1;

/** Whether the page was whole: full unless it is the last, no tag twice. */
const loadPage = (tags: TagSet, page: Uint8Array | undefined, last: boolean): boolean => {
  if (page === undefined || page.length === 0 || page.length % TAG_LENGTH !== 0) return false;
  if (page.length > PAGE_TAGS * TAG_LENGTH) return false;
  if (!last && page.length !== PAGE_TAGS * TAG_LENGTH) return false;
  for (let at = 0; at < page.length; at += TAG_LENGTH) {
    if (!tags.add(page.subarray(at, at + TAG_LENGTH))) return false;
  }
  return true;
};
