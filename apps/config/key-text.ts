/**
 * Public keys as configuration files may write them: hex, base64, a PEM block, or `file:` and the
 * absolute path of a PEM file.
 * @module
 */
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import * as z from 'zod';
import { decodePem, PEM_KEYS, pemProblem, type PemKind } from '../../src/bytes/pem.js';
import { parseKeyText, utf8 } from '../../src/bytes/text.js';

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
  try {
    return decodePem(kind, readFileSync(path)).mapErr(
      (problem) => `${path}: ${pemProblem(problem)}`,
    );
  } catch {
    return err(`${path}: cannot be read`);
  }
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

/** The identity key of an authority or node. */
export const ed25519Key = keyOf(PEM_KEYS.ed25519Public);

/** The identity key of a person. */
export const x25519Key = keyOf(PEM_KEYS.x25519Public);
