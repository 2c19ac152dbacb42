/**
 * The recipients of a client without a network: everybody is known by a given key, or not at all.
 * @module
 */
import { err, errAsync, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { toHex } from '../src/bytes/text.js';
import { isFingerprintOf } from '../src/client/recipients/fingerprint.js';
import type {
  Address,
  AdmitError,
  Recipient,
  RecipientError,
  Recipients,
} from '../src/client/types.js';
import { normaliseAddress } from '../src/mail/address.js';

export interface FakeRecipientsOptions {
  readonly keys: Readonly<Record<string, Uint8Array>>;
  readonly accounts: () => readonly Address[];
  /** Accounts that may write to addresses whose key has still to be found. */
  readonly discovering: ReadonlySet<Address>;
  /** Why the next `set` fails. */
  readonly failure: () => RecipientError | undefined;
}

type Known = Omit<Recipients, 'admit' | 'lookup' | 'query'>;

export const fakeRecipients = (options: FakeRecipientsOptions): Recipients => {
  const known = fakeKnown(options);
  const { accounts, discovering } = options;
  return {
    ...known,
    admit: ({ account, address }) =>
      known
        .get(address)
        .map((found) => found.address)
        .orElse((error): Result<Address, AdmitError> => {
          if (error.kind !== 'unknown-recipient') return err({ kind: 'bad-address', address });
          return discovering.has(account) ? ok(error.recipient) : err(error);
        }),
    lookup: ({ address }) => errAsync({ kind: 'no-such-user', user: address }),
    query: ({ account, address }) =>
      accounts().includes(account)
        ? normal(address)
            .map(() => '0'.repeat(32))
            .mapErr(() => ({ kind: 'bad-address', address }))
        : err({ kind: 'unknown-account', account }),
  };
};

const fakeKnown = ({ keys: initial, failure }: FakeRecipientsOptions): Known => {
  const keys = new Map(Object.entries(initial));
  const find = (address: string): Result<Recipient, RecipientError> =>
    normal(address).andThen((recipient) => {
      const key = keys.get(recipient);
      return key === undefined
        ? err<Recipient, RecipientError>({ kind: 'unknown-recipient', recipient })
        : ok(given(recipient, key));
    });
  const list = (): readonly Recipient[] =>
    [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([address, key]) => given(address, key));
  const set: Known['set'] = (address, key) => {
    const failed = failure();
    const named = failed === undefined ? normal(address) : err(failed);
    return done(named.map((recipient) => keys.set(recipient, key)));
  };
  return {
    get: find,
    set,
    configure: set,
    remove: (address) => done(find(address).map(({ address: found }) => keys.delete(found))),
    verify: (address, code) =>
      done(
        find(address).andThen(({ address: recipient, key }) =>
          isFingerprintOf(key, code)
            ? ok<boolean, RecipientError>(true)
            : err<boolean, RecipientError>({ kind: 'code-differs', recipient }),
        ),
      ),
    list,
    findByKey: (key) => list().find((each) => toHex(each.key) === toHex(key))?.address,
    rescan: () => okAsync([]),
  };
};

/** What was done, as a client answers it. */
const done = (work: Result<unknown, RecipientError>): ResultAsync<void, RecipientError> =>
  work.asyncAndThen(() => okAsync(undefined));

const given = (address: Address, key: Uint8Array): Recipient => ({
  address,
  key,
  trust: { kind: 'given' },
});

const normal = (address: string): Result<Address, RecipientError> =>
  normaliseAddress(address)
    .map((found) => found.address)
    .mapErr(() => ({ kind: 'bad-address', address }));
