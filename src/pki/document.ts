/**
 * Documents: the authority's signed view of the network for one epoch.
 *
 * Source: authority v0.0.14 and core pki v0.0.12. Stricter in one point: a descriptor that claims
 * to be a provider is refused in a mix layer, which the reference lets through.
 * @module
 */
import { err, ok, Result } from 'neverthrow';
import { toHex } from '../bytes/text.js';
import type { Primitives } from '../crypto/primitives.js';
import {
  expirationOf,
  signCertificate,
  verifyCertificate,
  type CertificateError,
} from './certificate.js';
import {
  LAYER_PROVIDER,
  verifyDescriptor,
  type Descriptor,
  type DescriptorError,
} from './descriptor.js';
import { decodeDocument, encodeDocument, type DocumentContents } from './document-codec.js';
import type { Epoch } from './epoch.js';
import type { FieldError } from './json.js';

/** A descriptor as a document lists it. */
export interface ListedNode extends Descriptor {
  /** The signed descriptor, byte for byte. */
  readonly raw: Uint8Array;
}

/** A verified document; the layer of each node is its index in `topology`, or 255. */
export interface Document extends Omit<DocumentContents, 'topology' | 'providers'> {
  readonly topology: readonly (readonly ListedNode[])[];
  readonly providers: readonly ListedNode[];
  /** When the first of its certificates expires, Unix seconds. */
  readonly expiration: number;
}

export type DocumentError =
  | CertificateError
  | FieldError
  | { readonly kind: 'wrong-epoch'; readonly epoch: Epoch }
  | {
      readonly kind: 'bad-descriptor';
      /** Layer index, or 255 for providers. */
      readonly layer: number;
      readonly index: number;
      readonly reason: DescriptorError;
    };

interface VerifyOptions {
  /** The authority's Ed25519 key, 32 bytes. */
  readonly authorityKey: Uint8Array;
  /** The epoch that was asked for. */
  readonly epoch: Epoch;
  readonly nowMs: number;
}

/**
 * Signs a document; whether it is a good one, {@link verifyDocument} tells.
 *
 * @param options - `seed`: of the authority's identity key; `expiration`: Unix seconds
 */
export const signDocument = (
  primitives: Primitives,
  contents: DocumentContents,
  options: { readonly seed: Uint8Array; readonly expiration: number },
): Uint8Array => signCertificate(primitives, encodeDocument(contents), options);

/**
 * Verifies and reads a document with everything in it.
 *
 * One bad descriptor, an expired one too, makes the whole document bad.
 *
 * @errors any {@link DocumentError}
 */
export const verifyDocument = (
  primitives: Primitives,
  raw: Uint8Array,
  options: VerifyOptions,
): Result<Document, DocumentError> => {
  const { authorityKey, epoch, nowMs } = options;
  return verifyCertificate(primitives, raw, { publicKey: authorityKey, nowMs })
    .andThen((payload): Result<DocumentContents, DocumentError> => decodeDocument(payload))
    .andThen((contents) =>
      contents.epoch === epoch
        ? ok(contents)
        : err({ kind: 'wrong-epoch' as const, epoch: contents.epoch }),
    )
    .andThen((contents) => withDescriptors(primitives, contents, options))
    .andThen(checkMembers)
    .map((members) => ({ ...members, expiration: earliestExpiration(raw, members) }));
};

/** A document with everything but its own certificate. */
type Members = Omit<Document, 'expiration'>;

const earliestExpiration = (raw: Uint8Array, { topology, providers }: Members): number =>
  [raw, ...[...topology.flat(), ...providers].map((node) => node.raw)].reduce(
    (earliest, certificate) => Math.min(earliest, expirationOf(certificate)),
    Infinity,
  );

const withDescriptors = (
  primitives: Primitives,
  contents: DocumentContents,
  options: VerifyOptions,
): Result<Members, DocumentError> => {
  const readAll = (raws: readonly Uint8Array[], layer: number) =>
    Result.combine(
      raws.map((raw, index) => readNode(primitives, raw, { ...options, layer, index })),
    );
  return Result.combine(contents.topology.map(readAll)).andThen((topology) =>
    readAll(contents.providers, LAYER_PROVIDER).map((providers) => ({
      ...contents,
      topology,
      providers,
    })),
  );
};

/** Only after its own rules held does a mix get the index of its layer. */
const readNode = (
  primitives: Primitives,
  raw: Uint8Array,
  options: VerifyOptions & { readonly layer: number; readonly index: number },
): Result<ListedNode, DocumentError> => {
  const { epoch, nowMs, layer, index } = options;
  const refused = (reason: DescriptorError): DocumentError => ({
    kind: 'bad-descriptor',
    layer,
    index,
    reason,
  });
  return verifyDescriptor(primitives, raw, { epoch, nowMs })
    .mapErr(refused)
    .andThen((descriptor) =>
      (descriptor.layer === LAYER_PROVIDER) === (layer === LAYER_PROVIDER)
        ? ok({ ...descriptor, layer, raw })
        : err(refused({ kind: 'bad-field', field: 'Layer', rule: 'fits its place' })),
    );
};

const checkMembers = (document: Members): Result<Members, FieldError> => {
  const { topology, providers } = document;
  const bad = (field: string, rule: string): Result<Members, FieldError> =>
    err({ kind: 'bad-field', field, rule });
  if (topology.length === 0) return bad('Topology', 'a layer');
  if (topology.length >= LAYER_PROVIDER) return bad('Topology', 'fewer than 255 layers');
  if (topology.some((layer) => layer.length === 0)) return bad('Topology', 'no empty layer');
  if (providers.length === 0) return bad('Providers', 'a provider');
  const keys = [...topology.flat(), ...providers].map(({ identityKey }) => toHex(identityKey));
  return new Set(keys).size === keys.length ? ok(document) : bad('IdentityKey', 'once only');
};

/** Whether a document is bad only because its time, or that of a descriptor in it, is over. */
export const isExpired = (error: DocumentError): boolean =>
  error.kind === 'bad-descriptor' ? error.reason.kind === 'expired' : error.kind === 'expired';
