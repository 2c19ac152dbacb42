/**
 * Discovery: what becomes of mail that waits for a key.
 *
 * Somebody unknown is looked up, as far as the account may. A key that a provider has told once is
 * asked for again before each mail; where it says another one, the mail is held until a person
 * decides. The mail itself lies in the outbox, and what was found in the recipients' store, so all
 * that is here can be lost and begun anew.
 *
 * Source: mailproxy, its InsecureKeyDiscovery, which keeps the mail in memory and trusts for ever.
 * @module
 */
import { okAsync, type Result, type ResultAsync } from 'neverthrow';
import { equal } from '../../bytes/compare.js';
import type { Clock, Log } from '../../io/contracts.js';
import type { StoreError } from '../../store/store.js';
import { type KeyLookupDeps, KeyLookups } from '../recipients/key-lookups.js';
import type { KeyNews, KeyNotices } from '../recipients/key-notices.js';
import { KeyPatience } from '../outbox/key-patience.js';
import type { NoKeyCause } from '../outbox/contracts.js';
import type { OutboxQueue } from '../outbox/outbox.js';
import { Pulse } from '../pulse.js';
import type { LookupError, Recipient, RecipientError } from '../recipient-types.js';
import type { RecipientBook } from '../recipients/recipients.js';
import { isSettled } from '../recipients/trust.js';
import type { Address } from '../types.js';

export interface DiscoveryDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Whether providers may be asked. */
  readonly mayAsk: boolean;
  /** How long a mail waits for the key of somebody unknown, ms. */
  readonly lifetimeMs: number;
  readonly book: Pick<RecipientBook, 'get' | 'discover' | 'noteChange' | 'onChange'>;
  readonly outbox: Pick<OutboxQueue, 'waiting' | 'release' | 'giveUp'>;
  readonly notices: KeyNotices;
  readonly lookup: KeyLookupDeps['lookup'];
}

type Failure = RecipientError | StoreError;

/** There is no document yet, or none with that provider. */
const SHORT_REST_MS = 5_000;
const LONG_REST_MS = 60_000;
/** After a store or a directory did not take what was to be written. */
const FAILURE_PAUSE_MS = 5_000;
/** What is due and cannot be done at once, since somebody else is about to. */
const SHORTEST_PAUSE_MS = 100;

/** Answers after which asking again is of no use. */
const FINAL: Partial<Record<LookupError['kind'], NoKeyCause>> = {
  'no-such-user': 'no-such-user',
  'no-such-service': 'no-key-server',
  'malformed-reply': 'malformed-answer',
  'request-too-large': 'no-key-server',
  'bad-address': 'no-such-user',
};

export class Discovery {
  readonly #deps: DiscoveryDeps;
  readonly #lookups: KeyLookups;
  readonly #patience: KeyPatience;
  readonly #changed = new Pulse();
  #changes = 0;
  #hasFailed = false;

  constructor(deps: DiscoveryDeps) {
    const { clock, lookup, lifetimeMs } = deps;
    this.#deps = deps;
    this.#lookups = new KeyLookups({ clock, lookup, wake: () => this.wake() });
    this.#patience = new KeyPatience(clock, lifetimeMs);
  }

  /** Something has changed: more mail waits, or more is known. */
  wake(): void {
    this.#changes += 1;
    this.#changed.fire();
  }

  /** A document has come: what was asked in vain is asked again. */
  documentChanged(): void {
    this.#lookups.endRests();
    this.wake();
  }

  /** Looks after waiting mail until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const forget = this.#deps.book.onChange(() => this.wake());
    while (!signal.aborted) {
      const seen = this.#changes;
      await this.#lookAfterAll();
      if (this.#changes === seen) await this.#wait(signal);
    }
    forget();
    this.#lookups.keepOnly([]);
  }

  async #lookAfterAll(): Promise<void> {
    const { outbox, notices } = this.#deps;
    this.#hasFailed = false;
    this.#forgetOthers();
    for (const news of notices.pending) this.#note(await this.#settle(news));
    for (const address of outbox.waiting.addresses) this.#note(await this.#lookAfter(address));
    this.#forgetOthers();
  }

  /** Mail has left or was cancelled: nobody waits for its recipients' keys any more. */
  #forgetOthers(): void {
    const { waiting } = this.#deps.outbox;
    this.#lookups.keepOnly(waiting.addresses);
    this.#patience.keepOnly(waiting.addresses.flatMap((address) => waiting.of(address)));
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const nextMs = Math.min(this.#lookups.nextMs, this.#patience.nextMs);
    const restMs = this.#hasFailed ? FAILURE_PAUSE_MS : Math.max(SHORTEST_PAUSE_MS, nextMs);
    if (restMs === Infinity) await this.#changed.wait(signal);
    else await this.#changed.waitFor(this.#deps.clock, restMs, signal);
  }

  #lookAfter(address: Address): ResultAsync<void, Failure> {
    const { book, outbox, mayAsk } = this.#deps;
    const known = book.get(address).unwrapOr(undefined);
    if (known === undefined) return this.#lookAfterUnknown(address);
    for (const entry of outbox.waiting.of(address)) this.#patience.suspend(entry);
    if (isSettled(known, mayAsk)) return outbox.release(address, known.key);
    if (known.trust.kind === 'discovered') return this.#confirm(known);
    this.#lookups.drop(address);
    return okAsync(undefined);
  }

  #lookAfterUnknown(address: Address): ResultAsync<void, Failure> {
    const answer = this.#deps.mayAsk ? this.#lookups.answer(address) : undefined;
    if (answer === undefined) return this.#giveUp(address, undefined);
    return answer.isOk()
      ? this.#begin({ kind: 'discovered', address, key: answer.value })
      : this.#giveUp(address, this.#causeOf(address, answer.error));
  }

  /** Asks once more for a key that only a provider vouches for. */
  #confirm({ address, key }: Recipient): ResultAsync<void, Failure> {
    const answer = this.#lookups.answer(address);
    if (answer === undefined) return okAsync(undefined);
    if (answer.isOk() && !equal(answer.value, key)) {
      return this.#begin({ kind: 'changed', address, key: answer.value });
    }
    // No key is no other key: whoever has the one known can read the mail.
    const isEnd = answer.isOk() || this.#causeOf(address, answer.error) !== undefined;
    return isEnd ? this.#release(address, key) : okAsync(undefined);
  }

  /** What an answer without a key says for good; otherwise it is asked for again later. */
  #causeOf(address: Address, error: LookupError): NoKeyCause | undefined {
    const cause = FINAL[error.kind];
    if (cause === undefined) {
      const isSoon = error.kind === 'no-document';
      this.#lookups.rest(address, isSoon ? SHORT_REST_MS : LONG_REST_MS);
    }
    return cause;
  }

  /** Gives up mail to somebody unknown: all of it for a cause, else what has waited long enough. */
  #giveUp(address: Address, cause: NoKeyCause | undefined): ResultAsync<void, Failure> {
    const { outbox } = this.#deps;
    const over = outbox.waiting
      .of(address)
      .filter((entry) => cause !== undefined || this.#patience.restMs(entry) <= 0);
    return over.reduce<ResultAsync<void, Failure>>(
      (before, entry) => before.andThen(() => outbox.giveUp(entry, cause ?? 'no-answer')),
      okAsync(undefined),
    );
  }

  #begin(news: KeyNews): ResultAsync<void, Failure> {
    const { book, notices } = this.#deps;
    return notices
      .begin(news)
      .mapErr((error): Failure => error)
      .andThen(() => (news.kind === 'discovered' ? book.discover(news) : book.noteChange(news)))
      .andThen(() => this.#settle(news));
  }

  /** Tells what was noted, and lets mail go with it where there is a key now. */
  #settle(news: KeyNews): ResultAsync<void, Failure> {
    const { book, notices, outbox } = this.#deps;
    const { address, key } = news;
    const known = book.get(address).unwrapOr(undefined);
    if (!agrees(known, news)) return notices.drop(news);
    this.#lookups.drop(address);
    return news.kind === 'discovered'
      ? outbox.release(address, key, (changes) => notices.tell(news, changes))
      : notices.tell(news);
  }

  #release(address: Address, key: Uint8Array): ResultAsync<void, Failure> {
    return this.#deps.outbox.release(address, key).map(() => this.#lookups.drop(address));
  }

  #note(done: Result<void, Failure>): void {
    if (done.isOk() || done.error.kind === 'store-closed') return;
    this.#hasFailed = true;
    const facts = { problem: done.error.kind };
    this.#deps.log.write('error', 'recipients', 'waiting mail cannot be looked after', facts);
  }
}

/** Whether the recipients' store says what the news do. */
const agrees = (known: Recipient | undefined, { kind, key }: KeyNews): boolean => {
  if (known === undefined) return false;
  return kind === 'discovered'
    ? known.trust.kind === 'discovered' && equal(known.key, key)
    : known.trust.kind === 'changed' && equal(known.trust.seen, key);
};
