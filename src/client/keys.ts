/**
 * Key files: the two X25519 key pairs of an account, each as two PEM files.
 *
 * The same files as mailproxy's (`link.private.pem`, `link.public.pem`, `identity.*`), so that its
 * directories can be taken over.
 * @module
 */
import { err, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { equal } from '../bytes/compare.js';
import { decodePem, encodePem, PEM_KEYS, type PemKind, pemProblem } from '../bytes/pem.js';
import { utf8 } from '../bytes/text.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Files, FilesError, Random } from '../io/contracts.js';

const SECRET_LENGTH = 32;

/** An X25519 key pair, 32 bytes each. */
export interface KeyPair {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** A key file that cannot be used; `problem` is for people. */
export interface KeyFileError {
  readonly kind: 'key-file';
  readonly path: string;
  readonly problem: string;
}

export interface KeyDeps {
  readonly files: Files;
  readonly primitives: Primitives;
  readonly random: Random;
}

/** The pair that belongs to an X25519 secret. */
export const keyPairOf = (primitives: Primitives, secretKey: Uint8Array): KeyPair => ({
  secretKey,
  publicKey: primitives.x25519.publicKey(primitives.x25519.scalar(secretKey)),
});

/**
 * Reads `<name>.private.pem` in `directory`, or makes a new pair where there is none.
 *
 * The public file is written when it is missing or shows another key. One without its private file
 * is an error: a new identity must not replace the one that others know unasked.
 *
 * @errors `key-file`: unreadable, unwritable or damaged; `path` says which file
 */
export const loadKeyPair = (
  deps: KeyDeps,
  directory: string,
  name: 'link' | 'identity',
): ResultAsync<KeyPair, KeyFileError> => {
  const secretPath = secretPathOf(directory, name);
  const publicPath = publicPathOf(directory, name);
  return readKeyPair(deps, secretPath).andThen((pair) =>
    pair === undefined
      ? makeKeyPair(deps, secretPath, publicPath)
      : showPublicKey(deps.files, publicPath, pair),
  );
};

/** Where the secret half of a pair is. */
export const secretPathOf = (directory: string, name: string): string =>
  `${directory}/${name}.private.pem`;

/** Where the public half of a pair is shown. */
export const publicPathOf = (directory: string, name: string): string =>
  `${directory}/${name}.public.pem`;

/** A pair that nobody has had before. */
export const newKeyPair = ({ primitives, random }: Omit<KeyDeps, 'files'>): KeyPair =>
  keyPairOf(primitives, random(SECRET_LENGTH));

/** The pair of a secret's PEM file; `undefined` where there is none. */
export const readKeyPair = (
  { files, primitives }: Omit<KeyDeps, 'random'>,
  path: string,
): ResultAsync<KeyPair | undefined, KeyFileError> =>
  readOptional(files, path).andThen((file) =>
    file === undefined
      ? okAsync(undefined)
      : decodeKey(PEM_KEYS.x25519Secret, path, file).map((key) => keyPairOf(primitives, key)),
  );

/** Reads one PEM file of the wanted kind. */
export const readKeyFile = (
  files: Files,
  kind: PemKind,
  path: string,
): ResultAsync<Uint8Array, KeyFileError> =>
  files
    .read(path)
    .mapErr(unusable)
    .andThen((file) => decodeKey(kind, path, file));

/** Writes one PEM file, private to its owner. */
export const writeKeyFile = (
  files: Files,
  kind: PemKind,
  { path, key }: { path: string; key: Uint8Array },
): ResultAsync<void, KeyFileError> =>
  files.write(path, utf8(encodePem(kind, key))).mapErr(unusable);

const makeKeyPair = (
  deps: KeyDeps,
  secretPath: string,
  publicPath: string,
): ResultAsync<KeyPair, KeyFileError> =>
  readOptional(deps.files, publicPath)
    .andThen((file): Result<KeyPair, KeyFileError> =>
      file === undefined
        ? ok(newKeyPair(deps))
        : err({ kind: 'key-file', path: secretPath, problem: 'missing beside its public half' }),
    )
    .andThrough((pair) =>
      writeKeyFile(deps.files, PEM_KEYS.x25519Secret, { path: secretPath, key: pair.secretKey }),
    )
    .andThen((pair) => showPublicKey(deps.files, publicPath, pair));

/** Makes the public file say what the private one says. */
export const showPublicKey = (
  files: Files,
  path: string,
  pair: KeyPair,
): ResultAsync<KeyPair, KeyFileError> =>
  readOptional(files, path).andThen((file) => {
    const shown = file && decodePem(PEM_KEYS.x25519Public, file).unwrapOr(undefined);
    if (shown && equal(shown, pair.publicKey)) return okAsync(pair);
    return writeKeyFile(files, PEM_KEYS.x25519Public, { path, key: pair.publicKey }).map(
      () => pair,
    );
  });

const readOptional = (
  files: Files,
  path: string,
): ResultAsync<Uint8Array | undefined, KeyFileError> =>
  files
    .read(path)
    .orElse((error) => (error.reason === 'missing' ? okAsync(undefined) : err(error)))
    .mapErr(unusable);

const decodeKey = (
  kind: PemKind,
  path: string,
  file: Uint8Array,
): Result<Uint8Array, KeyFileError> =>
  decodePem(kind, file).mapErr((error) => ({
    kind: 'key-file',
    path,
    problem: pemProblem(error),
  }));

const unusable = (error: FilesError): KeyFileError => ({
  kind: 'key-file',
  path: error.path,
  problem: error.reason,
});
