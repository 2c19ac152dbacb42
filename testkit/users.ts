/**
 * The users of a test world: their names, their keys, and their places at the providers.
 * @module
 */
import type { Result } from 'neverthrow';
import type { Address } from '../src/client/types.js';
import { selectPrimitives } from '../src/crypto/select.js';
import type { Random } from '../src/io/contracts.js';
import { normaliseAddress } from '../src/mail/address.js';
import type { TestNetwork } from './network.js';

export interface User {
  readonly address: Address;
  readonly user: string;
  readonly provider: string;
}

/** A user with both X25519 secrets, 32 bytes each. */
export interface UserSecrets extends User {
  readonly linkKey: Uint8Array;
  readonly identityKey: Uint8Array;
}

const DEFAULT_PROVIDERS = ['p1.test', 'p2.test'];
const FEWEST_PROVIDERS = 2;
const SECRET_LENGTH = 32;

/** The value of what cannot fail in a world without a machine. */
export const must = <T, E extends { readonly kind: string }>(result: Result<T, E>): T => {
  if (result.isErr()) throw new Error(`the test world gave ${JSON.stringify(result.error)}`);
  return result.value;
};

/** @throws RangeError when the text is no address */
export const parseUser = (text: string): User =>
  normaliseAddress(text).match(
    ({ address, user, domain }) => ({ address, user, provider: domain }),
    () => {
      throw new RangeError(`no address: ${text}`);
    },
  );

export const makeSecrets = (random: Random): Pick<UserSecrets, 'linkKey' | 'identityKey'> => ({
  linkKey: random(SECRET_LENGTH),
  identityKey: random(SECRET_LENGTH),
});

const publicOf = (secret: Uint8Array): Uint8Array => {
  const { x25519 } = selectPrimitives();
  return x25519.publicKey(x25519.scalar(secret));
};

/** What others must know to write to a user. */
export const identityKeyOf = ({ identityKey }: UserSecrets): Uint8Array => publicOf(identityKey);

/** Those of the users; cover traffic needs a second one. */
export const providersOf = (users: readonly User[]): readonly string[] => {
  const theirs = new Set(users.map(({ provider }) => provider));
  const all = new Set([...theirs, ...DEFAULT_PROVIDERS]);
  return [...all].slice(0, Math.max(FEWEST_PROVIDERS, theirs.size));
};

/** Adds a user to the running provider of the address. */
export const register = async (network: TestNetwork, user: UserSecrets): Promise<void> => {
  const keys = { linkKey: publicOf(user.linkKey), identityKey: identityKeyOf(user) };
  must(await network.provider(user.provider).users.add(user.user, keys));
};
