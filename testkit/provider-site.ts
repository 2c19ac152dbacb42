/**
 * What the tests of a provider's data share: a place to open it in, users and items.
 * @module
 */
import type { Result } from 'neverthrow';
import type { ProviderData, SpoolItem, User } from '../servers/provider/contracts.js';
import type { SuiteTools } from './suite.js';

/** A place for a provider's data to be tested in. */
export interface ProviderDataSite {
  /** Opens it, as a process does at its start; opening again is another process, where one may be. */
  readonly open: (limit: number) => Promise<ProviderData>;
  /** As when the processes die. */
  readonly crash: () => Promise<void>;
  readonly dispose: () => Promise<void>;
}

/** One test of the contract. */
export type DataTest = (site: ProviderDataSite, tools: Pick<SuiteTools, 'expect'>) => Promise<void>;

/** Items that one user may have waiting, in most tests. */
export const LIMIT = 50;

export const must = <T, E extends { readonly kind: string }>(result: Result<T, E>): T => {
  if (result.isErr()) throw new Error(`unexpected ${JSON.stringify(result.error)}`);
  return result.value;
};

export const bytes = (value: number, length = 32): Uint8Array => new Uint8Array(length).fill(value);

export const userOf = (linkKey: number, identityKey?: number): User => ({
  linkKey: bytes(linkKey),
  identityKey: identityKey === undefined ? undefined : bytes(identityKey),
});

export const message = (n: number): SpoolItem => ({ kind: 'message', payload: bytes(n, 100) });

export const openWith = async (
  site: ProviderDataSite,
  names: readonly string[],
  limit = LIMIT,
): Promise<ProviderData> => {
  const data = await site.open(limit);
  for (const name of names) must(await data.users.add(name, userOf(1)));
  return data;
};

export const append = async (
  { spool }: ProviderData,
  user: string,
  ...items: readonly SpoolItem[]
): Promise<void> => {
  for (const item of items) must(await spool.append(user, item));
};
