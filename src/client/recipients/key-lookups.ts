/**
 * Look-ups under way: at most one per address, however many mails wait for it.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import type { Clock } from '../../io/contracts.js';
import { normaliseAddress, type NormalAddress } from '../../mail/address.js';
import type { LookupError } from '../recipient-types.js';
import type { Address } from '../types.js';

export type KeyAnswer = Result<Uint8Array, LookupError>;

export interface KeyLookupDeps {
  readonly clock: Clock;
  readonly lookup: (of: NormalAddress, signal: AbortSignal) => ResultAsync<Uint8Array, LookupError>;
  /** Told of each answer. */
  readonly wake: () => void;
}

type State =
  | { readonly kind: 'asking'; readonly stop: AbortController }
  | { readonly kind: 'answered'; readonly answer: KeyAnswer }
  /** Asked in vain; `untilMs` is monotonic. */
  | { readonly kind: 'resting'; readonly untilMs: number };

/** Questions go before mail, so there must not be too many of them at once. */
const MAX_ASKING = 8;

export class KeyLookups {
  readonly #deps: KeyLookupDeps;
  readonly #states = new Map<Address, State>();

  constructor(deps: KeyLookupDeps) {
    this.#deps = deps;
  }

  /** What the provider of a normalised address says, once it is there; asks where nobody does. */
  answer(address: Address): KeyAnswer | undefined {
    const state = this.#states.get(address);
    if (state?.kind === 'answered') return state.answer;
    const isFree = state === undefined || (state.kind === 'resting' && this.#restMs(state) <= 0);
    if (isFree && this.#asking < MAX_ASKING) this.#ask(address);
    return undefined;
  }

  /** An answer was of no use: asks again after `ms`. */
  rest(address: Address, ms: number): void {
    this.#states.set(address, { kind: 'resting', untilMs: this.#deps.clock.monotonic() + ms });
  }

  /** Something has changed: nobody rests any longer. */
  endRests(): void {
    for (const [address, { kind }] of this.#states) {
      if (kind === 'resting') this.#states.delete(address);
    }
  }

  /** Forgets all but these, and what they have been answered. */
  keepOnly(addresses: readonly Address[]): void {
    const kept = new Set(addresses);
    for (const address of [...this.#states.keys()]) if (!kept.has(address)) this.drop(address);
  }

  drop(address: Address): void {
    const state = this.#states.get(address);
    this.#states.delete(address);
    if (state?.kind === 'asking') state.stop.abort();
  }

  /** Ms until somebody can be asked again, where anybody rests and nobody else has to end before. */
  get nextMs(): number {
    if (this.#asking >= MAX_ASKING) return Infinity;
    const resting = [...this.#states.values()].filter((state) => state.kind === 'resting');
    return Math.min(Infinity, ...resting.map((state) => this.#restMs(state)));
  }

  get #asking(): number {
    return [...this.#states.values()].filter(({ kind }) => kind === 'asking').length;
  }

  #restMs({ untilMs }: Extract<State, { readonly kind: 'resting' }>): number {
    return untilMs - this.#deps.clock.monotonic();
  }

  #ask(address: Address): void {
    const state: State = { kind: 'asking', stop: new AbortController() };
    this.#states.set(address, state);
    const { signal } = state.stop;
    const settle = (answer: KeyAnswer): void => {
      if (this.#states.get(address) !== state) return;
      this.#states.set(address, { kind: 'answered', answer });
      this.#deps.wake();
    };
    void normaliseAddress(address, { caseSensitive: true })
      .mapErr((): LookupError => ({ kind: 'bad-address', address }))
      .asyncAndThen((wanted) => this.#deps.lookup(wanted, signal))
      .match(
        (key) => settle(ok(key)),
        (error) => settle(err(error)),
      );
  }
}
