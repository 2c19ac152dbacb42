/**
 * Public keys as configuration files may write them: hex, base64, a PEM block, or `file:` and the
 * absolute path of a PEM file.
 * @module
 */
import { isAbsolute } from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import { err, ok, type Result } from 'neverthrow';
import * as z from 'zod';
import { decodePem, PEM_KEYS, pemProblem, type PemKind } from '../../src/bytes/pem.js';
import { parseKeyText, utf8 } from '../../src/bytes/text.js';
import { readPlainFile } from './plain-file.js';

const FILE = 'file:';
const PEM = /^\s*-----BEGIN /;

/** @errors a sentence's end for people */
const readKey = (kind: PemKind, text: string): Result<Uint8Array, string> => {
  if (text.startsWith(FILE)) return readKeyFile(kind, text.slice(FILE.length));
  if (PEM.test(text)) return decodePem(kind, utf8(text)).mapErr(pemProblem);
  const key = parseKeyText(text);
  return key ? ok(key) : err('must be 32 bytes in hex or base64, a PEM block, or file: and a path');
};

const readKeyFile = (kind: PemKind, path: string): Result<Uint8Array, string> => {
  if (!isAbsolute(path)) return err(`${FILE} needs an absolute path`);
  return readPlainFile(path)
    .mapErr(() => 'cannot be read')
    .andThen((file) => decodePem(kind, file).mapErr(pemProblem))
    .mapErr((problem) => `${path}: ${problem}`);
};

const keyOf = (kind: PemKind) =>
  z.string().transform((text, context) =>
    readKey(kind, text).match(
      (key): Uint8Array => key,
      (message) => {
        context.addIssue({ code: 'custom', message });
        return z.NEVER;
      },
    ),
  );

/** The identity key of an authority or node; one of low order would let anybody sign. */
export const ed25519Key = keyOf(PEM_KEYS.ed25519Public).refine((key) => !isSmallOrder(key), {
  error: 'is no key: signatures of anybody would pass under it',
});

const isSmallOrder = (key: Uint8Array): boolean => {
  try {
    return ed25519.Point.fromBytes(key, true).isSmallOrder();
  } catch {
    // No point at all, under which nothing ever passes.
    return false;
  }
};

/** The identity key of a person. */
export const x25519Key = keyOf(PEM_KEYS.x25519Public);
