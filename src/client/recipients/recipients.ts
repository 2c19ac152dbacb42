/**
 * Recipients: whom we write to, under which key, and what vouches for it.
 *
 * Keys are PEM files, which people may put there themselves; trust lies in a sealed store beside
 * them. The two writes of a change come in such an order that a crash between them leaves no key
 * trusted more than anybody has said.
 * @module
 */
import { err, errAsync, ok, okAsync, type Result, type ResultAsync, safeTry } from 'neverthrow';
import { equal } from '../../bytes/compare.js';
import { isLowOrder } from '../../crypto/low-order.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Files, Log } from '../../io/contracts.js';
import { normaliseAddress } from '../../mail/address.js';
import type { Store } from '../../store/store.js';
import { ConfiguredTable } from './configured.js';
import { isFingerprintOf } from './fingerprint.js';
import { RecipientFiles, unusable } from './files.js';
import type { FoundKey, Recipient, RecipientError, Recipients } from '../recipient-types.js';
import { isSettled, TrustTable } from './trust.js';
import { Turns } from '../../io/turns.js';
import type { Address } from '../types.js';

export interface RecipientsOptions {
  readonly files: Files;
  readonly primitives: Primitives;
  /** Absolute; for the PEM files. */
  readonly directory: string;
  /** For the trust and what was configured; it is closed with the recipients. */
  readonly store: Store;
  readonly log: Log;
  /** Entries of the configuration, each as {@link RecipientBook.configure} takes it over. */
  readonly initial?: Readonly<Record<string, Uint8Array>>;
  readonly caseSensitive?: boolean;
}

const KEY_LENGTH = 32;

/**
 * Opens the directory, making it where there is none.
 *
 * @errors `recipient-file`: the directory itself cannot be made or listed; those of the store
 */
export const openRecipients = (
  options: RecipientsOptions,
): ResultAsync<RecipientBook, RecipientError> =>
  safeTry(async function* () {
    const { files, directory, store, initial = {} } = options;
    yield* files.makeDirectory(directory).mapErr(unusable);
    const trust = yield* TrustTable.open(store);
    const configured = yield* ConfiguredTable.open(store);
    const book = new RecipientBook(options, { trust, configured });
    const unreadable = yield* book.rescan();
    book.problems = [...unreadable, ...(await book.configureAll(initial))];
    return ok(book);
  });

interface Tables {
  readonly trust: TrustTable;
  readonly configured: ConfiguredTable;
}

/** All recipients of a client; only {@link openRecipients} makes one. */
export class RecipientBook implements Omit<Recipients, 'admit' | 'lookup' | 'query'> {
  readonly #options: RecipientsOptions;
  readonly #files: RecipientFiles;
  readonly #trust: TrustTable;
  readonly #configured: ConfiguredTable;
  readonly #turns = new Turns();
  readonly #listeners = new Set<() => void>();
  /** Which files and entries could not be used at the start. */
  problems: readonly RecipientError[] = [];

  constructor(options: RecipientsOptions, { trust, configured }: Tables) {
    const { files, directory, caseSensitive = false } = options;
    this.#options = options;
    this.#trust = trust;
    this.#configured = configured;
    const isKey = (key: Uint8Array): boolean => this.isKey(key);
    this.#files = new RecipientFiles({ files, directory, caseSensitive, isKey });
  }

  get(address: string): Result<Recipient, RecipientError> {
    return this.#normalise(address).andThen((normal): Result<Recipient, RecipientError> => {
      const key = this.#files.get(normal);
      return key === undefined
        ? err({ kind: 'unknown-recipient', recipient: normal })
        : ok(this.#withTrust({ address: normal, key }));
    });
  }

  set(address: string, key: Uint8Array): ResultAsync<void, RecipientError> {
    return this.#entry(address, key).asyncAndThen((entry) => this.#change(() => this.#give(entry)));
  }

  configure(address: string, key: Uint8Array): ResultAsync<void, RecipientError> {
    return this.#entry(address, key).asyncAndThen((entry) =>
      this.#change(() =>
        this.#configured.hasSaid(entry)
          ? okAsync(undefined)
          : this.#takeOver(entry).andThen(() => this.#configured.keep(entry)),
      ),
    );
  }

  /**
   * Takes over all entries of the configuration; one that has gone from it keeps its key.
   *
   * @returns which of them cannot be used
   */
  async configureAll(
    entries: Readonly<Record<string, Uint8Array>>,
  ): Promise<readonly RecipientError[]> {
    const problems: RecipientError[] = [];
    for (const [address, key] of Object.entries(entries)) {
      const taken = await this.configure(address, key);
      if (taken.isErr()) problems.push(taken.error);
    }
    const named = Object.keys(entries).map((address) => this.#normalise(address).unwrapOr(address));
    const kept = await this.#configured.keepOnly(new Set(named));
    return kept.isErr() ? [...problems, kept.error] : problems;
  }

  remove(address: string): ResultAsync<void, RecipientError> {
    return this.#change(() =>
      this.get(address).asyncAndThen((recipient) =>
        this.#files.erase(recipient.address).andThen(() => this.#trust.forget(recipient.address)),
      ),
    );
  }

  verify(address: string, code: string): ResultAsync<void, RecipientError> {
    return this.#change(() =>
      this.get(address).asyncAndThen((recipient): ResultAsync<void, RecipientError> => {
        const candidates = [recipient.key, ...seenKeyOf(recipient)];
        const key = candidates.find((candidate) => isFingerprintOf(candidate, code));
        return key === undefined
          ? errAsync({ kind: 'code-differs', recipient: recipient.address })
          : this.#settle(recipient, key);
      }),
    );
  }

  /** Takes over what a provider says of somebody unknown; changes nobody who is known. */
  discover(found: FoundKey): ResultAsync<void, RecipientError> {
    if (!this.isKey(found.key)) return errAsync({ kind: 'bad-key' });
    return this.#change(() =>
      this.#files.get(found.address) === undefined
        ? // In the other order a crash would leave a key that counts as given.
          this.#trust
            .keep(found.address, { key: found.key, trust: { kind: 'discovered' } })
            .andThen(() => this.#files.write(found))
        : okAsync(undefined),
    );
  }

  /** Notes that a provider says another key than it did; changes nobody whom others vouch for. */
  noteChange({ address, key: seen }: FoundKey): ResultAsync<void, RecipientError> {
    return this.#change(() =>
      this.get(address).match(
        ({ key, trust }): ResultAsync<void, RecipientError> =>
          trust.kind === 'discovered' && !equal(key, seen)
            ? this.#trust.keep(address, { key, trust: { kind: 'changed', seen } })
            : okAsync(undefined),
        () => okAsync(undefined),
      ),
    );
  }

  list(): readonly Recipient[] {
    return this.#files.list().map((found) => this.#withTrust(found));
  }

  findByKey(key: Uint8Array): Address | undefined {
    return this.#files.findByKey(key);
  }

  rescan(): ResultAsync<readonly RecipientError[], RecipientError> {
    return this.#change(() => this.#files.readAll());
  }

  /** Whether this can be anybody's identity key. */
  isKey(key: Uint8Array): boolean {
    return key.length === KEY_LENGTH && !isLowOrder(this.#options.primitives.x25519, key);
  }

  /** Calls back after each change. @returns takes the call back */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Finishes what was begun, then closes the store. */
  async close(): Promise<void> {
    await this.#turns.idle();
    await this.#trust.close();
  }

  /** From now on the key counts as given. */
  #give(entry: FoundKey): ResultAsync<void, RecipientError> {
    return this.#files.write(entry).andThen(() => this.#trust.forget(entry.address));
  }

  /**
   * What the configuration newly says counts, since a person wrote it there; but where it is unknown
   * whether it is new, a key that people vouch for may be the later word, and stays.
   */
  #takeOver(entry: FoundKey): ResultAsync<void, RecipientError> {
    const { log } = this.#options;
    const facts = { recipient: { identifier: entry.address } };
    const held = this.get(entry.address).unwrapOr(undefined);
    if (held === undefined) return this.#give(entry);
    const isSame = equal(held.key, entry.key);
    const isVouchedFor = isSettled(held, true);
    if (isSame && isVouchedFor) return okAsync(undefined);
    if (!isSame && isVouchedFor && !this.#configured.isKept) {
      log.write('warning', 'recipients', 'another key is known than the configured one', facts);
      return okAsync(undefined);
    }
    return this.#give(entry).andTee(() => {
      if (!isSame) log.write('notice', 'recipients', 'the configured key replaces another', facts);
    });
  }

  #settle(recipient: Recipient, key: Uint8Array): ResultAsync<void, RecipientError> {
    const { address } = recipient;
    const isThere = equal(recipient.key, key);
    const written = isThere ? okAsync(undefined) : this.#files.write({ address, key });
    return written.andThen(() => this.#trust.keep(address, { key, trust: { kind: 'verified' } }));
  }

  #withTrust({ address, key }: FoundKey): Recipient {
    return { address, key, trust: this.#trust.of(address, key) };
  }

  #change<T>(work: () => ResultAsync<T, RecipientError>): ResultAsync<T, RecipientError> {
    return this.#turns.take(work).map((done) => {
      for (const listener of [...this.#listeners]) listener();
      return done;
    });
  }

  #entry(address: string, key: Uint8Array): Result<FoundKey, RecipientError> {
    return this.#normalise(address).andThen((normal): Result<FoundKey, RecipientError> =>
      this.isKey(key) ? ok({ address: normal, key: key.slice() }) : err({ kind: 'bad-key' }),
    );
  }

  #normalise(text: string): Result<Address, RecipientError> {
    const { caseSensitive = false } = this.#options;
    return normaliseAddress(text, { caseSensitive })
      .map(({ address }) => address)
      .mapErr(({ address }) => ({ kind: 'bad-address', address }));
  }
}

const seenKeyOf = ({ trust }: Recipient): readonly Uint8Array[] =>
  trust.kind === 'changed' ? [trust.seen] : [];
