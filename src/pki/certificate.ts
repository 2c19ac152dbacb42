/**
 * Certificates: the signed container of every descriptor and document.
 *
 * A CBOR map of five members in declared order. Source: core cert v0.0.12; the specification calls
 * the signature's second member `Signature`, the code `Payload`, and the code counts. The codec
 * knows nothing of time: {@link checkExpiry} is the one rule that does.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { equal } from '../bytes/compare.js';
import { utf8 } from '../bytes/text.js';
import { concat } from '../bytes/writer.js';
import type { Primitives } from '../crypto/primitives.js';
import { decodeCbor, encodeCbor, type CborItem } from './cbor.js';
import { ED25519, SIGNATURE_SCHEMES, type SignatureScheme } from './signature.js';

export interface CertificateSignature {
  /** The signer's public key. */
  readonly identity: Uint8Array;
  /** The signature itself. */
  readonly payload: Uint8Array;
}

export interface Certificate {
  /** Unix seconds; signed, so the same payload signed a second later is other bytes. */
  readonly expiration: number;
  readonly keyType: string;
  /** The signed bytes. */
  readonly certified: Uint8Array;
  /** Ascending by identity where there are several. */
  readonly signatures: readonly CertificateSignature[];
}

export type CertificateError =
  | { readonly kind: 'bad-certificate'; readonly field: string; readonly rule: string }
  | { readonly kind: 'expired'; readonly expiration: number }
  | { readonly kind: 'unknown-key-type'; readonly keyType: string }
  | { readonly kind: 'not-signed' }
  | { readonly kind: 'bad-signature' }
  | { readonly kind: 'duplicate-signature' }
  | { readonly kind: 'too-few-signatures'; readonly valid: number; readonly threshold: number };

const VERSION = 0;
const MEMBERS = ['Version', 'Expiration', 'KeyType', 'Certified', 'Signatures'];

/** The certificate's bytes, members in declared order. */
export const encodeCertificate = (certificate: Certificate): Uint8Array =>
  encodeCbor(
    new Map<string, CborItem>([
      ['Version', VERSION],
      ['Expiration', certificate.expiration],
      ['KeyType', certificate.keyType],
      ['Certified', certificate.certified],
      ['Signatures', certificate.signatures.map(signatureItem)],
    ]),
  );

/**
 * Reads a certificate without verifying anything.
 *
 * Stricter than the reference, which also takes unknown members, indefinite lengths and trailing
 * bytes; members may come in any order.
 *
 * @param raw - at most 1 MiB
 * @returns the certificate; its byte strings may be views into `raw`
 * @errors `bad-certificate`
 */
export const decodeCertificate = (raw: Uint8Array): Result<Certificate, CertificateError> => {
  const item = decodeCbor(raw);
  if (!isMap(item) || !hasExactly(item, MEMBERS)) return malformed('certificate', 'five members');
  if (item.get('Version') !== VERSION) return malformed('Version', '0');
  const expiration = item.get('Expiration');
  if (typeof expiration !== 'number') return malformed('Expiration', 'integer');
  const keyType = item.get('KeyType');
  if (typeof keyType !== 'string' || keyType === '') return malformed('KeyType', 'text');
  const certified = item.get('Certified');
  if (!(certified instanceof Uint8Array) || certified.length === 0) {
    return malformed('Certified', 'bytes');
  }
  const signatures = decodeSignatures(item.get('Signatures'));
  if (signatures === undefined) return malformed('Signatures', 'list of signatures');
  return ok({ expiration, keyType, certified, signatures });
};

/** When a certificate expires, Unix seconds; 0 for what is none. */
export const expirationOf = (raw: Uint8Array): number =>
  decodeCertificate(raw).match(
    ({ expiration }) => expiration,
    () => 0,
  );

/** Refuses a certificate whose second of expiry has begun before `nowMs` (ms since 1970). */
export const checkExpiry = (
  certificate: Certificate,
  nowMs: number,
): Result<Certificate, CertificateError> =>
  certificate.expiration * 1000 < nowMs
    ? err({ kind: 'expired', expiration: certificate.expiration })
    : ok(certificate);

/**
 * Signs `certified` with an Ed25519 key.
 *
 * @param options - `seed`: 32 bytes; `expiration`: Unix seconds
 */
export const signCertificate = (
  primitives: Primitives,
  certified: Uint8Array,
  options: { readonly seed: Uint8Array; readonly expiration: number },
): Uint8Array => {
  const body = { expiration: options.expiration, keyType: ED25519, certified, signatures: [] };
  const signature = {
    identity: primitives.ed25519.publicKey(options.seed),
    payload: primitives.ed25519.sign(options.seed, signedMessage(body)),
  };
  return encodeCertificate({ ...body, signatures: [signature] });
};

/**
 * Checks the signature of `publicKey` over a certificate.
 *
 * @returns the certified bytes
 * @errors any {@link CertificateError} but `duplicate-signature` and `too-few-signatures`
 */
export const verifyCertificate = (
  primitives: Primitives,
  raw: Uint8Array,
  options: { readonly publicKey: Uint8Array; readonly nowMs: number },
): Result<Uint8Array, CertificateError> =>
  decodeCertificate(raw)
    .andThen((certificate) => checkExpiry(certificate, options.nowMs))
    .andThen((certificate) => verifySignature(primitives, certificate, options.publicKey))
    .map((certificate) => certificate.certified);

/**
 * Checks that enough of several signers have signed.
 *
 * @param options - `publicKeys`: distinct keys, of which `threshold` must have signed
 * @returns the certified bytes
 * @errors `bad-certificate`, `expired`, `unknown-key-type`, `too-few-signatures`
 */
export const verifyThreshold = (
  primitives: Primitives,
  raw: Uint8Array,
  options: {
    readonly publicKeys: readonly Uint8Array[];
    readonly threshold: number;
    readonly nowMs: number;
  },
): Result<Uint8Array, CertificateError> =>
  decodeCertificate(raw)
    .andThen((certificate) => checkExpiry(certificate, options.nowMs))
    .andThen((certificate): Result<Uint8Array, CertificateError> => {
      const { publicKeys, threshold } = options;
      const good = publicKeys.filter((key) => verifySignature(primitives, certificate, key).isOk());
      return good.length >= threshold
        ? ok(certificate.certified)
        : err({ kind: 'too-few-signatures', valid: good.length, threshold });
    });

/**
 * Adds somebody's signature over the same bytes, once it has been verified.
 *
 * @returns the certificate with its signatures ascending by identity
 * @errors any {@link CertificateError} but `not-signed` and `too-few-signatures`
 */
export const addSignature = (
  primitives: Primitives,
  raw: Uint8Array,
  options: { readonly signature: CertificateSignature; readonly nowMs: number },
): Result<Uint8Array, CertificateError> =>
  decodeCertificate(raw)
    .andThen((certificate) => checkExpiry(certificate, options.nowMs))
    .andThen((certificate) => joined(certificate, options.signature))
    .andThen((certificate) => verifySignature(primitives, certificate, options.signature.identity))
    .map(encodeCertificate);

/** What a signer signs: LE32 version, LE64 expiration, key type, payload; nothing between. */
export const signedMessage = (certificate: Certificate): Uint8Array => {
  const numbers = new DataView(new ArrayBuffer(12));
  numbers.setUint32(0, VERSION, true);
  numbers.setBigInt64(4, BigInt(certificate.expiration), true);
  return concat(new Uint8Array(numbers.buffer), utf8(certificate.keyType), certificate.certified);
};

/** Checks one signer's signature; the first entry of that signer is the one that counts. */
const verifySignature = (
  primitives: Primitives,
  certificate: Certificate,
  publicKey: Uint8Array,
): Result<Certificate, CertificateError> => {
  const { keyType, signatures } = certificate;
  const scheme: SignatureScheme | undefined = SIGNATURE_SCHEMES.get(keyType);
  if (scheme === undefined) return err({ kind: 'unknown-key-type', keyType });
  const found = signatures.find(({ identity }) => equal(identity, publicKey));
  if (found === undefined) return err({ kind: 'not-signed' });
  const signed = { publicKey, message: signedMessage(certificate), signature: found.payload };
  return scheme.verify(primitives, signed) ? ok(certificate) : err({ kind: 'bad-signature' });
};

const joined = (
  certificate: Certificate,
  added: CertificateSignature,
): Result<Certificate, CertificateError> => {
  const twice = certificate.signatures.some(
    ({ identity, payload }) => equal(identity, added.identity) || equal(payload, added.payload),
  );
  if (twice) return err({ kind: 'duplicate-signature' });
  const signatures = [...certificate.signatures, added].sort((a, b) =>
    compareBytes(a.identity, b.identity),
  );
  return ok({ ...certificate, signatures });
};

/** Order of byte strings; identities are public, so an early exit tells nobody anything. */
const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
};

const signatureItem = (signature: CertificateSignature): CborItem =>
  new Map([
    ['Identity', signature.identity],
    ['Payload', signature.payload],
  ]);

const decodeSignatures = (
  item: CborItem | undefined,
): readonly CertificateSignature[] | undefined => {
  if (!Array.isArray(item)) return undefined;
  const signatures = item.map(decodeSignature);
  return signatures.every((signature) => signature !== undefined) ? signatures : undefined;
};

const decodeSignature = (item: CborItem): CertificateSignature | undefined => {
  if (!isMap(item) || !hasExactly(item, ['Identity', 'Payload'])) return undefined;
  const identity = item.get('Identity');
  const payload = item.get('Payload');
  return identity instanceof Uint8Array && payload instanceof Uint8Array
    ? { identity, payload }
    : undefined;
};

const isMap = (item: CborItem | undefined): item is ReadonlyMap<string, CborItem> =>
  item instanceof Map;

const hasExactly = (item: ReadonlyMap<string, CborItem>, names: readonly string[]): boolean =>
  item.size === names.length && names.every((name) => item.has(name));

const malformed = (field: string, rule: string): Result<never, CertificateError> =>
  err({ kind: 'bad-certificate', field, rule });
