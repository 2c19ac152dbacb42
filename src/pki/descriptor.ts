/**
 * Descriptors: what one node says of itself for one epoch, signed by its identity key.
 *
 * Source: authority v0.0.14 and core pki v0.0.12, whose rules are {@link checkDescriptor}.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { utf8 } from '../bytes/text.js';
import { equal } from '../bytes/compare.js';
import type { Primitives } from '../crypto/primitives.js';
import {
  checkExpiry,
  decodeCertificate,
  signCertificate,
  verifyCertificate,
  type CertificateError,
} from './certificate.js';
import { isAddressFor, isIpTransport } from './endpoint.js';
import type { Epoch } from './epoch.js';
import {
  readJson,
  refuse,
  toInteger,
  toKey,
  toList,
  toMap,
  toText,
  writeJson,
  type FieldError,
  type JsonFields,
  type JsonMap,
  type Json,
  type Writable,
} from './json.js';

/** Layer of every provider; mixes sign 0 and learn their layer from the document. */
export const LAYER_PROVIDER = 255;
const LAYER_MIX = 0;

/** Mix keys that a descriptor may hold: for its epoch and the next two. */
export const MIX_KEYS_PUBLISHED = 3;

const VERSION = 'v0';
const MAX_NAME_LENGTH = 32;
const MAX_ENDPOINT_LENGTH = 64;
const MAX_LOAD_WEIGHT = 255;

/** How a provider's service is reached. */
export interface ServiceParameters {
  /** Recipient of requests, 1 to 64 bytes of UTF-8. */
  readonly endpoint: string;
  /** What else the provider publishes of the service; integers in it read back as text. */
  readonly others?: JsonMap;
}

export interface Descriptor {
  /** 1 to 32 bytes of UTF-8. */
  readonly name: string;
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  /** X25519, 32 bytes, for links to nodes and clients. */
  readonly linkKey: Uint8Array;
  /** `host:port` lists by transport. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** X25519 keys, 32 bytes, by the epoch in which they unwrap packets. */
  readonly mixKeys: ReadonlyMap<Epoch, Uint8Array>;
  /** As signed: 0 or {@link LAYER_PROVIDER}. In a document: the index of its layer. */
  readonly layer: number;
  /** By capability, such as `loop`. */
  readonly services: ReadonlyMap<string, ServiceParameters>;
  readonly registrationAddresses: readonly string[] | undefined;
}

export type DescriptorError =
  CertificateError | FieldError | { readonly kind: 'signature-count'; readonly count: number };

/**
 * Signs a descriptor; whether it is a good one, {@link checkDescriptor} tells.
 *
 * @param options - `seed`: of the identity key; `expiration`: Unix seconds
 */
export const signDescriptor = (
  primitives: Primitives,
  descriptor: Descriptor,
  options: { readonly seed: Uint8Array; readonly expiration: number },
): Uint8Array => signCertificate(primitives, encodeDescriptor(descriptor), options);

/**
 * Verifies and reads a signed descriptor for an epoch.
 *
 * @param options - `identityKey`: who must have signed; where not given, the key that the
 *   descriptor itself names
 * @errors any {@link DescriptorError}
 */
export const verifyDescriptor = (
  primitives: Primitives,
  raw: Uint8Array,
  options: {
    readonly epoch: Epoch;
    readonly nowMs: number;
    readonly identityKey?: Uint8Array;
  },
): Result<Descriptor, DescriptorError> => {
  const { epoch, nowMs } = options;
  return claimedIdentity(raw, nowMs).andThen((claimed) => {
    const publicKey = options.identityKey ?? claimed;
    return verifyCertificate(primitives, raw, { publicKey, nowMs })
      .andThen(decodeDescriptor)
      .andThen((descriptor) => checkDescriptor(descriptor, epoch))
      .andThen((descriptor) => signedBySelf(descriptor, publicKey));
  });
};

/**
 * Verifies and reads a signed descriptor whose epoch nobody has told: it is the first that it has a
 * mix key for.
 *
 * @errors any {@link DescriptorError}
 */
export const readDescriptor = (
  primitives: Primitives,
  raw: Uint8Array,
  nowMs: number,
): Result<{ readonly epoch: Epoch; readonly descriptor: Descriptor }, DescriptorError> =>
  decodeCertificate(raw)
    .andThen(({ certified }) => decodeDescriptor(certified))
    .andThen(({ mixKeys }) => {
      const epoch = Math.min(...mixKeys.keys());
      return verifyDescriptor(primitives, raw, { epoch, nowMs }).map((descriptor) => ({
        epoch,
        descriptor,
      }));
    });

/**
 * The rules of a descriptor for an epoch.
 *
 * @returns the same descriptor
 * @errors `bad-field`
 */
export const checkDescriptor = (
  descriptor: Descriptor,
  epoch: Epoch,
): Result<Descriptor, FieldError> => {
  const broken = RULES.find(([, , holds]) => !holds(descriptor, epoch));
  if (broken === undefined) return ok(descriptor);
  const [field, rule] = broken;
  return err({ kind: 'bad-field', field, rule });
};

type Rule = readonly [
  field: string,
  rule: string,
  holds: (descriptor: Descriptor, epoch: Epoch) => boolean,
];

const isProvider = ({ layer }: Descriptor): boolean => layer === LAYER_PROVIDER;
const hasLength = (text: string, most: number): boolean => text !== '' && utf8(text).length <= most;

const RULES: readonly Rule[] = [
  ['Name', '1 to 32 bytes', ({ name }) => hasLength(name, MAX_NAME_LENGTH)],
  ['Layer', '0 or 255', (node) => node.layer === LAYER_MIX || isProvider(node)],
  ['MixKeys', 'has the epoch', ({ mixKeys }, epoch) => mixKeys.has(epoch)],
  [
    'MixKeys',
    'three epochs',
    ({ mixKeys }, epoch) =>
      [...mixKeys.keys()].every((key) => key >= epoch && key < epoch + MIX_KEYS_PUBLISHED),
  ],
  ['Addresses', 'has tcp4', ({ addresses }) => addresses.has('tcp4')],
  ['Addresses', 'named transports', ({ addresses }) => !addresses.has('')],
  [
    'Addresses',
    'none empty',
    ({ addresses }) => [...addresses.values()].every((list) => list.length > 0),
  ],
  [
    'Addresses',
    'IP only for mixes',
    (node) => isProvider(node) || [...node.addresses.keys()].every(isIpTransport),
  ],
  [
    'Addresses',
    'fits its transport',
    ({ addresses }) =>
      [...addresses].every(([transport, list]) =>
        list.every((address) => isAddressFor(transport, address)),
      ),
  ],
  ['Kaetzchen', 'providers only', (node) => isProvider(node) || node.services.size === 0],
  ['Kaetzchen', 'named capabilities', ({ services }) => !services.has('')],
  [
    'Kaetzchen',
    'endpoint of 1 to 64 bytes',
    ({ services }) =>
      [...services.values()].every(({ endpoint }) => hasLength(endpoint, MAX_ENDPOINT_LENGTH)),
  ],
];

const signedBySelf = (
  descriptor: Descriptor,
  publicKey: Uint8Array,
): Result<Descriptor, DescriptorError> =>
  equal(descriptor.identityKey, publicKey)
    ? ok(descriptor)
    : err({ kind: 'bad-field', field: 'IdentityKey', rule: 'the signer' });

/** The key that a descriptor names, read before anything is verified. */
const claimedIdentity = (raw: Uint8Array, nowMs: number): Result<Uint8Array, DescriptorError> =>
  decodeCertificate(raw)
    .andThen((certificate) => checkExpiry(certificate, nowMs))
    .andThen(({ certified, signatures }): Result<Uint8Array, DescriptorError> =>
      signatures.length === 1
        ? readJson(certified, (from) => from.key('IdentityKey'))
        : err({ kind: 'signature-count', count: signatures.length }),
    );

const encodeDescriptor = (descriptor: Descriptor): Uint8Array => {
  const members = new Map<string, Writable>([
    ['Addresses', descriptor.addresses],
    ['IdentityKey', descriptor.identityKey],
    ['Layer', BigInt(descriptor.layer)],
    ['LinkKey', descriptor.linkKey],
    ['LoadWeight', 0n],
    ['MixKeys', descriptor.mixKeys],
    ['Name', descriptor.name],
    ['RegistrationHTTPAddresses', descriptor.registrationAddresses ?? null],
    ['Version', VERSION],
  ]);
  if (descriptor.services.size > 0) members.set('Kaetzchen', writeServices(descriptor.services));
  return writeJson(members);
};

const writeServices = (services: ReadonlyMap<string, ServiceParameters>): Writable =>
  new Map(
    [...services].map(([name, { endpoint, others }]) => [
      name,
      new Map<string, Writable>([...(others ?? []), ['endpoint', endpoint]]),
    ]),
  );

const decodeDescriptor = (payload: Uint8Array): Result<Descriptor, FieldError> =>
  readJson(payload, (from) => {
    if (from.text('Version') !== VERSION) refuse('Version', VERSION);
    if (from.integer('LoadWeight') > MAX_LOAD_WEIGHT) refuse('LoadWeight', '8 bits');
    const layer = from.integer('Layer');
    return {
      name: from.text('Name'),
      identityKey: from.key('IdentityKey'),
      linkKey: from.key('LinkKey'),
      addresses: readAddresses(from.map('Addresses')),
      mixKeys: readMixKeys(from.map('MixKeys')),
      layer,
      services: readServices(from, layer),
      registrationAddresses: from
        .list('RegistrationHTTPAddresses')
        ?.map((item) => toText(item, 'RegistrationHTTPAddresses')),
    };
  });

const readAddresses = (map: JsonMap | undefined): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...(map ?? [])].map(([transport, list]) => [
      transport,
      toList(list ?? [], 'Addresses').map((item) => toText(item, 'Addresses')),
    ]),
  );

const readMixKeys = (map: JsonMap | undefined): ReadonlyMap<Epoch, Uint8Array> =>
  new Map(
    [...(map ?? [])].map(([epoch, key]) => [
      epoch === '' ? refuse('MixKeys', 'epoch') : toInteger(epoch, 'MixKeys'),
      toKey(key, 'MixKeys'),
    ]),
  );

/** A mix may not have the member at all, not even empty. */
const readServices = (from: JsonFields, layer: number): ReadonlyMap<string, ServiceParameters> => {
  const map = from.map('Kaetzchen');
  if (map !== undefined && layer === LAYER_MIX) refuse('Kaetzchen', 'providers only');
  return new Map([...(map ?? [])].map(([name, value]) => [name, readService(value)]));
};

const readService = (value: Json): ServiceParameters => {
  const parameters = new Map(toMap(value, 'Kaetzchen'));
  const endpoint = toText(parameters.get('endpoint') ?? '', 'Kaetzchen');
  parameters.delete('endpoint');
  return parameters.size === 0 ? { endpoint } : { endpoint, others: parameters };
};
