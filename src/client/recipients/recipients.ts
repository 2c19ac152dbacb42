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
import type { Files } from '../../io/contracts.js';
import { normaliseAddress } from '../../mail/address.js';
import type { Store } from '../../store/store.js';
import { isFingerprintOf } from './fingerprint.js';
import { RecipientFiles, unusable } from './files.js';
import type { FoundKey, Recipient, RecipientError, Recipients } from '../recipient-types.js';
import { TrustTable } from './trust.js';
import { Turns } from '../turns.js';
import type { Address } from '../types.js';

export interface RecipientsOptions {
  readonly files: Files;
  readonly primitives: Primitives;
  /** Absolute; for the PEM files. */
  readonly directory: string;
  /** For the trust; it is closed with the recipients. */
  readonly store: Store;
  /** Entries of the configuration; they are written, so taking one out there keeps its key. */
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
    const book = new RecipientBook(options, yield* TrustTable.open(store));
    const problems = [...(yield* book.rescan())];
    for (const [address, key] of Object.entries(initial)) {
      const added = await book.ensure(address, key);
      if (added.isErr()) problems.push(added.error);
    }
    book.problems = problems;
    return ok(book);
  });

/** All recipients of a client; only {@link openRecipients} makes one. */
export class RecipientBook implements Omit<Recipients, 'admit' | 'lookup' | 'query'> {
  readonly #options: RecipientsOptions;
  readonly #files: RecipientFiles;
  readonly #trust: TrustTable;
  readonly #turns = new Turns();
  readonly #listeners = new Set<() => void>();
  /** Which files and entries could not be used at the start. */
  problems: readonly RecipientError[] = [];

  constructor(options: RecipientsOptions, trust: TrustTable) {
    const { files, directory, caseSensitive = false } = options;
    this.#options = options;
    this.#trust = trust;
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
    const normal = this.#normalise(address);
    if (normal.isErr()) return errAsync(normal.error);
    if (!this.isKey(key)) return errAsync({ kind: 'bad-key' });
    const found = { address: normal.value, key: key.slice() };
    return this.#change(() =>
      this.#files.write(found).andThen(() => this.#trust.forget(found.address)),
    );
  }

  /** Sets a key unless it is there already, with no less than our word for it. */
  ensure(address: string, key: Uint8Array): ResultAsync<void, RecipientError> {
    const held = this.get(address);
    const isThere =
      held.isOk() &&
      equal(held.value.key, key) &&
      (held.value.trust.kind === 'given' || held.value.trust.kind === 'verified');
    return isThere ? okAsync(undefined) : this.set(address, key);
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

  #normalise(text: string): Result<Address, RecipientError> {
    const { caseSensitive = false } = this.#options;
    return normaliseAddress(text, { caseSensitive })
      .map(({ address }) => address)
      .mapErr(({ address }) => ({ kind: 'bad-address', address }));
  }
}

const seenKeyOf = ({ trust }: Recipient): readonly Uint8Array[] =>
  trust.kind === 'changed' ? [trust.seen] : [];
