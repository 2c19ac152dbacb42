/**
 * Notices about keys: a mail into our own inbox for each key that was discovered or has changed.
 *
 * What is about to be noted of a key is written down before; so a crash between the two stores,
 * that of the recipients and that of the account, costs no notice and makes no second one.
 * @module
 */
import { Result, type ResultAsync } from 'neverthrow';
import { parse, type ParseError } from '../../bytes/reader.js';
import { fromUtf8, utf8 } from '../../bytes/text.js';
import { concat } from '../../bytes/writer.js';
import type { Report } from '../../mail/report.js';
import type { Change, Store, StoreError } from '../../store/store.js';
import { fingerprintOf } from './fingerprint.js';
import type { Address, ClientEvent } from '../types.js';

/** What a provider has said that changes something. */
export interface KeyNews {
  readonly kind: 'discovered' | 'changed';
  readonly address: Address;
  /** The key that was seen. */
  readonly key: Uint8Array;
}

export interface KeyNoticeDeps {
  readonly store: Store;
  readonly account: Address;
  /** Puts a report into our own inbox, and `changes` with it, all or nothing. */
  readonly deposit: (
    report: Report,
    changes: readonly Change[],
  ) => ResultAsync<unknown, StoreError>;
  readonly emit: (event: ClientEvent) => void;
}

/** address → {@link KeyNews} of which nobody has been told */
const COLLECTION = 'key-news';
const KEY_LENGTH = 32;
const KINDS = ['discovered', 'changed'] as const;

export class KeyNotices {
  readonly #deps: KeyNoticeDeps;
  readonly #pending: Map<Address, KeyNews>;

  private constructor(deps: KeyNoticeDeps, pending: readonly KeyNews[]) {
    this.#deps = deps;
    this.#pending = new Map(pending.map((news) => [news.address, news]));
  }

  /** @errors `store-corrupt`: a record cannot be read */
  static open(deps: KeyNoticeDeps): ResultAsync<KeyNotices, StoreError> {
    return deps.store.list(COLLECTION).andThen((records) =>
      Result.combine(records.map(({ key, value }) => decodeNews(fromUtf8(key), value)))
        .map((pending) => new KeyNotices(deps, pending))
        .mapErr((): StoreError => ({ kind: 'store-corrupt', collection: COLLECTION })),
    );
  }

  /** What was begun and not told yet. */
  get pending(): readonly KeyNews[] {
    return [...this.#pending.values()];
  }

  /** Writes down what is about to be noted; durable when ok. */
  begin(news: KeyNews): ResultAsync<void, StoreError> {
    const value = encodeNews(news);
    return this.#deps.store
      .commit([{ kind: 'put', collection: COLLECTION, key: utf8(news.address), value }])
      .map(() => void this.#pending.set(news.address, news));
  }

  /** Tells by a mail, which is durable with `changes` when ok, and by an event. */
  tell(news: KeyNews, changes: readonly Change[] = []): ResultAsync<void, StoreError> {
    const { deposit, emit, account } = this.#deps;
    return deposit(reportOf(news), [...changes, removalOf(news)]).map(() => {
      this.#pending.delete(news.address);
      emit({ kind: `key-${news.kind}`, account, recipient: news.address });
    });
  }

  /** It was never noted, or has been undone: there is nothing to tell. */
  drop(news: KeyNews): ResultAsync<void, StoreError> {
    return this.#deps.store
      .commit([removalOf(news)])
      .map(() => void this.#pending.delete(news.address));
  }
}

const removalOf = ({ address }: KeyNews): Change => ({
  kind: 'delete',
  collection: COLLECTION,
  key: utf8(address),
});

const reportOf = ({ kind, address, key }: KeyNews): Report => ({
  kind: `key-${kind}`,
  recipient: address,
  key,
  code: fingerprintOf(key).words.join(' '),
});

/** What is kept of news, without their address. */
export const encodeNews = ({ kind, key }: KeyNews): Uint8Array =>
  concat(Uint8Array.of(KINDS.indexOf(kind)), key);

/** @errors any, where the record was not written by {@link encodeNews} */
export const decodeNews = (address: Address, bytes: Uint8Array): Result<KeyNews, ParseError> =>
  parse(bytes, (from) => {
    const at = from.u8('kind');
    from.require(at < KINDS.length, 'kind', 'a known kind');
    const kind = at === 0 ? 'discovered' : 'changed';
    return { kind, address, key: from.take(KEY_LENGTH, 'key').slice() };
  });
