/**
 * Looking up keys on behalf of a person or a program: the asking part of a client's recipients.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { toHex } from '../../bytes/text.js';
import type { Random } from '../../io/contracts.js';
import { normaliseAddress, type NormalAddress } from '../../mail/address.js';
import type { UnknownAccount } from '../account-types.js';
import type {
  AdmitError,
  FoundKey,
  LookupAnswer,
  LookupError,
  LookupOptions,
  Recipients,
} from '../recipient-types.js';
import type { RecipientBook } from './recipients.js';
import type { Address, ClientEvent } from '../types.js';

/** An account that can ask. */
export interface Asker {
  readonly address: Address;
  /** Whether its mail may wait for the key of somebody unknown. */
  readonly keyDiscovery: boolean;
  lookup(of: NormalAddress, signal?: AbortSignal): ResultAsync<Uint8Array, LookupError>;
}

export interface LookupDeps {
  readonly book: RecipientBook;
  readonly random: Random;
  readonly caseSensitive: boolean;
  readonly find: (account: string) => Result<Asker, UnknownAccount>;
  readonly emit: (event: ClientEvent) => void;
}

type BadAddress = Extract<LookupError, { readonly kind: 'bad-address' }>;

const TAG_LENGTH = 16;

/** The recipients of a client, who can also be looked up. */
export const withLookup = (deps: LookupDeps): Recipients => {
  const { book } = deps;
  return {
    get: (address) => book.get(address),
    set: (address, key) => book.set(address, key),
    configure: (address, key) => book.configure(address, key),
    remove: (address) => book.remove(address),
    verify: (address, code) => book.verify(address, code),
    list: () => book.list(),
    findByKey: (key) => book.findByKey(key),
    admit: (options) => admit(deps, options),
    rescan: () => book.rescan(),
    lookup: (options) => lookup(deps, options),
    query: (options) => query(deps, options),
  };
};

const admit = (
  { book, find }: LookupDeps,
  { account, address }: LookupOptions,
): Result<Address, AdmitError> =>
  find(account)
    .mapErr((error): AdmitError => error)
    .andThen(({ keyDiscovery }) =>
      book
        .get(address)
        .map((known) => known.address)
        .orElse((error): Result<Address, AdmitError> => {
          if (error.kind !== 'unknown-recipient') return err({ kind: 'bad-address', address });
          return keyDiscovery ? ok(error.recipient) : err(error);
        }),
    );

const lookup = (deps: LookupDeps, options: LookupOptions): ResultAsync<FoundKey, LookupError> =>
  prepare(deps, options)
    .mapErr((error): LookupError => error)
    .asyncAndThen(({ asker, wanted }) => ask(asker, wanted, options.signal));

const query = (
  deps: LookupDeps,
  options: Omit<LookupOptions, 'signal'>,
): Result<string, UnknownAccount | BadAddress> =>
  prepare(deps, options).map(({ asker, wanted }) => {
    const tag = toHex(deps.random(TAG_LENGTH));
    const about = { account: asker.address, tag, recipient: wanted.address };
    const tell = (answer: LookupAnswer): void =>
      deps.emit({ kind: 'key-answer', ...about, answer });
    void ask(asker, wanted).match(
      ({ key }) => tell({ kind: 'found', key }),
      ({ kind }) => tell({ kind: 'not-found', reason: kind }),
    );
    return tag;
  });

const prepare = (
  { find, caseSensitive }: LookupDeps,
  { account, address }: LookupOptions,
): Result<{ readonly asker: Asker; readonly wanted: NormalAddress }, UnknownAccount | BadAddress> =>
  normaliseAddress(address, { caseSensitive })
    .mapErr((): UnknownAccount | BadAddress => ({ kind: 'bad-address', address }))
    .andThen((wanted) => find(account).map((asker) => ({ asker, wanted })));

const ask = (
  asker: Asker,
  wanted: NormalAddress,
  signal?: AbortSignal,
): ResultAsync<FoundKey, LookupError> =>
  asker.lookup(wanted, signal).map((key) => ({ address: wanted.address, key }));
