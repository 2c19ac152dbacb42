/**
 * Addressees: who of those that a mail names can have it.
 * @module
 */
import { err, ok, Result } from 'neverthrow';
import { isAutomatic } from '../../mail/automatic.js';
import { normaliseAddress } from '../../mail/address.js';
import { isSettled } from '../recipients/trust.js';
import type { Address, Recipients, SendError, SendOptions } from '../types.js';
import type { Destination } from './contracts.js';

export interface ResolveDeps {
  readonly recipients: Pick<Recipients, 'get'>;
  /** Whether mail may wait for the key of somebody unknown, or for its confirmation. */
  readonly keyDiscovery: boolean;
}

export interface ChooseDeps extends ResolveDeps {
  /** Whether the network has, or had, a provider of this name, or nobody can tell. */
  readonly isProvider: (name: string) => boolean;
}

export interface Chosen {
  readonly recipients: readonly Destination[];
  readonly bad: readonly Address[];
}

/** All recipients or none, each once. */
export const resolveAll = (
  deps: ResolveDeps,
  to: SendOptions['to'],
): Result<readonly Destination[], SendError> =>
  Result.combine([to].flat().map((address) => resolve(deps, address))).andThen(
    (found): Result<readonly Destination[], SendError> => {
      const unique = uniqueOf(found);
      return unique.length > 0 ? ok(unique) : err({ kind: 'bad-address', address: '' });
    },
  );

/** Sorts the recipients of a mail as its sender wants it. @errors the first bad one's */
export const chooseRecipients = (
  deps: ChooseDeps,
  { to, mail, badRecipients = 'refuse' }: Pick<SendOptions, 'to' | 'mail' | 'badRecipients'>,
): Result<Chosen, SendError> => {
  if (badRecipients === 'refuse') {
    return resolveAll(deps, to).map((recipients) => ({ recipients, bad: [] }));
  }
  const [good, errors] = sorted([to].flat().map((address) => findOne(deps, address)));
  const [first = NOBODY] = errors.map(({ error }) => error);
  const isSilent = mail instanceof Uint8Array && isAutomatic(mail) && badRecipients !== 'skip';
  const wantsSome = badRecipients !== 'report-all' || errors.length === 0;
  if (good.length === 0 && wantsSome) return err(first);
  if (errors.length > 0 && isSilent) return err(first);
  return ok({
    recipients: uniqueOf(good),
    bad: [...new Set(errors.map(({ address }) => address))],
  });
};

interface Bad {
  readonly address: Address;
  readonly error: SendError;
}

const NOBODY: SendError = { kind: 'bad-address', address: '' };

const uniqueOf = (found: readonly Destination[]): readonly Destination[] => [
  ...new Map(found.map((each) => [each.address, each])).values(),
];

const sorted = (
  all: readonly Result<Destination, Bad>[],
): readonly [readonly Destination[], readonly Bad[]] => [
  all.flatMap((each) => (each.isOk() ? [each.value] : [])),
  all.flatMap((each) => (each.isErr() ? [each.error] : [])),
];

const findOne = (deps: ChooseDeps, text: string): Result<Destination, Bad> =>
  resolve(deps, text)
    .mapErr((error): Bad => ({ address: text, error }))
    .andThen((found): Result<Destination, Bad> => {
      const { address } = found;
      return deps.isProvider(domainOf(address))
        ? ok(found)
        : err({ address, error: { kind: 'unknown-provider', recipient: address } });
    });

const domainOf = (address: Address): string =>
  normaliseAddress(address)
    .map(({ domain }) => domain)
    .unwrapOr('');

const resolve = (
  { recipients, keyDiscovery }: ResolveDeps,
  text: string,
): Result<Destination, SendError> =>
  recipients
    .get(text)
    .map((known): Destination => ({
      address: known.address,
      key: isSettled(known, keyDiscovery) ? known.key : undefined,
    }))
    .orElse((error): Result<Destination, SendError> => {
      if (error.kind !== 'unknown-recipient') return err({ kind: 'bad-address', address: text });
      return keyDiscovery
        ? ok({ address: error.recipient, key: undefined })
        : err({ kind: 'unknown-recipient', recipient: text });
    });
