/**
 * A node's descriptor: what it says of itself, made anew for each epoch.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { parseAddress } from '../../src/io/address.js';
import {
  checkDescriptor,
  LAYER_PROVIDER,
  signDescriptor,
  type Descriptor,
} from '../../src/pki/descriptor.js';
import { certificateExpiration, type Epoch } from '../../src/pki/epoch.js';
import type { FieldError } from '../../src/pki/json.js';
import type { Ground } from './ground.js';
import type { NodeError } from './options.js';
import type { SignError } from './publish.js';
import type { Advertisement, NodeRole } from './role.js';

/** `host:port` lists by transport. */
export type AddressBook = ReadonlyMap<string, readonly string[]>;

/** What changes from one descriptor to the next. */
interface About {
  readonly addresses: AddressBook;
  readonly advertised: Advertisement;
  readonly epoch: Epoch;
}

const LAYER_MIX = 0;
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * The addresses that a descriptor lists: those of the options, else the bound ones.
 *
 * @errors `bad-option`: a wildcard was bound, which leads nobody anywhere
 */
export const addressBook = (
  advertised: AddressBook | undefined,
  bound: readonly string[],
): Result<AddressBook, NodeError> => {
  if (advertised) return ok(advertised);
  const book = new Map<string, string[]>();
  for (const address of bound) {
    const parsed = parseAddress(address);
    if (parsed?.kind !== 'tcp') continue;
    if (WILDCARDS.has(parsed.host)) {
      return err({
        kind: 'bad-option',
        option: 'advertise',
        rule: 'needed for wildcard addresses',
      });
    }
    const transport = parsed.host.includes(':') ? 'tcp6' : 'tcp4';
    book.set(transport, [...(book.get(transport) ?? []), address]);
  }
  return ok(book);
};

/** What a node says of itself for an epoch whose mix keys exist. */
export const describe = (
  { options, roleKind, identity, mixKeys }: Ground,
  { addresses, advertised, epoch }: About,
): Result<Descriptor, FieldError> =>
  checkDescriptor(
    {
      name: options.identifier,
      identityKey: identity.identityKey,
      linkKey: identity.linkKey,
      addresses,
      mixKeys: mixKeys.published(epoch),
      layer: roleKind === 'provider' ? LAYER_PROVIDER : LAYER_MIX,
      services: advertised.services,
      registrationAddresses: advertised.registrationAddresses,
    },
    epoch,
  );

/** Makes, checks and signs the descriptor of an epoch; its mix keys are durable first. */
export const makeSigner =
  (ground: Ground, role: NodeRole, addresses: AddressBook) =>
  (epoch: Epoch): ResultAsync<Uint8Array, SignError> =>
    ground.mixKeys
      .ensure(epoch)
      .andThen(() => ResultAsync.fromSafePromise(role.advertise()))
      .andThen((advertised) => sign(ground, { addresses, advertised, epoch }));

const sign = (ground: Ground, about: About): Result<Uint8Array, SignError> => {
  const { suite, identity, io, options } = ground;
  const expiration = certificateExpiration(options.network.epochTime, io.clock.now());
  const { seed } = identity;
  return describe(ground, about)
    .map((descriptor) => signDescriptor(suite.primitives, descriptor, { seed, expiration }))
    .mapErr(({ field, rule }) => ({ kind: 'bad-descriptor', rule: `${field}: ${rule}` }));
};
