/**
 * PEM files as Katzenpost writes its keys: the raw bytes of one key between two lines.
 *
 * Not PKCS#8: the body of `X25519 PRIVATE KEY` is the 32-byte scalar itself. Reading is strict
 * (one block, no PEM headers, nothing before or behind it), writing gives 64-column lines.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { fromBase64, fromUtf8, toBase64 } from './text.js';

/** PEM types of key files, and the bytes that each holds. */
export const PEM_KEYS = {
  x25519Secret: { type: 'X25519 PRIVATE KEY', length: 32 },
  x25519Public: { type: 'X25519 PUBLIC KEY', length: 32 },
  /** Seed, then public key. */
  ed25519Secret: { type: 'ED25519 PRIVATE KEY', length: 64 },
  ed25519Public: { type: 'ED25519 PUBLIC KEY', length: 32 },
} as const;

/** What a PEM file should hold. */
export interface PemKind {
  /** The words after BEGIN. */
  readonly type: string;
  /** Bytes of the body. */
  readonly length: number;
}

export type PemError =
  | { readonly kind: 'not-pem' }
  | { readonly kind: 'wrong-type'; readonly wanted: string; readonly found: string }
  | { readonly kind: 'trailing-data' }
  | { readonly kind: 'bad-base64' }
  | { readonly kind: 'wrong-length'; readonly wanted: number; readonly found: number };

const LINE_LENGTH = 64;
const BEGIN = /^\s*-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n/;

/** The text of a PEM file; a body of another length than `kind` says throws. */
export const encodePem = (kind: PemKind, body: Uint8Array): string => {
  if (body.length !== kind.length) throw new RangeError(`${kind.type} has ${kind.length} bytes`);
  const lines = toBase64(body).match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  return [`-----BEGIN ${kind.type}-----`, ...lines, `-----END ${kind.type}-----`, ''].join('\n');
};

/**
 * Reads the one block of a PEM file.
 *
 * @errors `not-pem`: no block, or an unfinished one; `wrong-type`, `wrong-length`, `bad-base64`,
 * `trailing-data` as they say
 */
export const decodePem = (kind: PemKind, file: Uint8Array): Result<Uint8Array, PemError> => {
  const text = fromUtf8(file);
  const begin = BEGIN.exec(text);
  const found = begin?.[1];
  if (begin === null || found === undefined) return err({ kind: 'not-pem' });
  const end = `-----END ${found}-----`;
  const endAt = text.indexOf(end, begin[0].length);
  if (endAt < 0) return err({ kind: 'not-pem' });
  if (found !== kind.type) return err({ kind: 'wrong-type', wanted: kind.type, found });
  if (text.slice(endAt + end.length).trim() !== '') return err({ kind: 'trailing-data' });
  return decodeBody(kind, text.slice(begin[0].length, endAt));
};

const decodeBody = (kind: PemKind, text: string): Result<Uint8Array, PemError> => {
  const body = fromBase64(text.replace(/\s+/g, ''));
  if (body === undefined) return err({ kind: 'bad-base64' });
  if (body.length !== kind.length) {
    return err({ kind: 'wrong-length', wanted: kind.length, found: body.length });
  }
  return ok(body);
};

/** One line for people on what is wrong with a PEM file. */
export const pemProblem = (error: PemError): string => {
  switch (error.kind) {
    case 'not-pem':
      return 'not a PEM file';
    case 'wrong-type':
      return `holds ${error.found} instead of ${error.wanted}`;
    case 'trailing-data':
      return 'data after the end of the PEM block';
    case 'bad-base64':
      return 'damaged base64';
    case 'wrong-length':
      return `holds ${error.found} bytes instead of ${error.wanted}`;
  }
};
