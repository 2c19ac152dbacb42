/**
 * What a provider keeps, in the node's own store: one process, no other server.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import type { Random } from '../../src/io/contracts.js';
import type { Store, StoreError } from '../../src/store/store.js';
import { StoredAccounts } from './accounts.js';
import type { ProviderData } from './contracts.js';
import { StoredSpool } from './spool.js';
import { StoredUsers } from './users.js';

export interface StoredDataDeps {
  readonly store: Store;
  readonly random: Random;
  /** Items that may wait for one user. */
  readonly limit: number;
}

/** Reads users and the order of the spool; whatever is in the store was there before. */
export const openStoredData = ({
  store,
  random,
  limit,
}: StoredDataDeps): ResultAsync<ProviderData, StoreError> => {
  const users = new StoredUsers(store);
  const accounts = new StoredAccounts(store, users);
  const spool = new StoredSpool({ store, random, limit, isUser: (name) => users.has(name) });
  users.onRemoved((name) => spool.remove(name));
  return users
    .load()
    .andThen(() => accounts.load())
    .andThen(() => spool.load())
    .map(() => ({ users, accounts, spool }));
};
