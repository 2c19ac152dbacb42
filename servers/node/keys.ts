/**
 * A node's lasting keys: the identity that signs, and the link key that connects.
 *
 * Files and PEM types are those of the reference server (`identity.private.pem`,
 * `identity.public.pem`, `link.private.pem`), so that a data directory can be taken over.
 * @module
 */
import { err, errAsync, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import {
  decodePem,
  encodePem,
  PEM_KEYS,
  type PemError,
  type PemKind,
} from '../../src/bytes/pem.js';
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Files, FilesError, Random } from '../../src/io/contracts.js';

export interface NodeIdentity {
  /** Ed25519 seed, 32 bytes. */
  readonly seed: Uint8Array;
  /** Ed25519 public key, 32 bytes: the node's name on links. */
  readonly identityKey: Uint8Array;
  /** X25519 secret of connections with nodes and clients, 32 bytes. */
  readonly linkSecret: Uint8Array;
  readonly linkKey: Uint8Array;
}

export type KeyError =
  | FilesError
  | {
      readonly kind: 'bad-key-file';
      readonly path: string;
      /** `key-halves`: the public half is not the seed's. */
      readonly problem: PemError | { readonly kind: 'key-halves' };
    };

export interface KeyDeps {
  readonly files: Files;
  readonly random: Random;
  readonly primitives: Primitives;
}

const SEED_LENGTH = 32;
const LINK_SECRET_LENGTH = 32;

/**
 * Reads a node's keys from its data directory, making those that are missing.
 *
 * @errors `files`: the directory cannot be used; `bad-key-file`: a file holds no such key, and is
 *   left as it is
 */
export const loadIdentity = (deps: KeyDeps, dataDir: string): ResultAsync<NodeIdentity, KeyError> =>
  deps.files
    .makeDirectory(dataDir)
    .andThen(() => loadSeed(deps, dataDir))
    .andThen((seed) =>
      loadLinkSecret(deps, dataDir).map((linkSecret) => ({
        seed,
        identityKey: deps.primitives.ed25519.publicKey(seed),
        linkSecret,
        linkKey: deps.primitives.x25519.publicKey(deps.primitives.x25519.scalar(linkSecret)),
      })),
    );

/** The identity's seed; a new one also gets its public file, an old one's is never rewritten. */
const loadSeed = (deps: KeyDeps, dataDir: string): ResultAsync<Uint8Array, KeyError> => {
  const path = `${dataDir}/identity.private.pem`;
  const publicPath = `${dataDir}/identity.public.pem`;
  return readKey(deps.files, path, PEM_KEYS.ed25519Secret).andThen((pair) => {
    if (pair) return splitPair(deps.primitives, path, pair);
    const seed = deps.random(SEED_LENGTH);
    const publicKey = deps.primitives.ed25519.publicKey(seed);
    return deps.files
      .write(path, pemFile(PEM_KEYS.ed25519Secret, concat(seed, publicKey)))
      .andThen(() => deps.files.write(publicPath, pemFile(PEM_KEYS.ed25519Public, publicKey)))
      .map(() => seed);
  });
};

/** The seed of seed ‖ public key, whose halves must belong together. */
const splitPair = (
  primitives: Primitives,
  path: string,
  pair: Uint8Array,
): Result<Uint8Array, KeyError> => {
  const seed = pair.slice(0, SEED_LENGTH);
  return equal(primitives.ed25519.publicKey(seed), pair.subarray(SEED_LENGTH))
    ? ok(seed)
    : err({ kind: 'bad-key-file', path, problem: { kind: 'key-halves' } });
};

const loadLinkSecret = (deps: KeyDeps, dataDir: string): ResultAsync<Uint8Array, KeyError> => {
  const path = `${dataDir}/link.private.pem`;
  return readKey(deps.files, path, PEM_KEYS.x25519Secret).andThen((secret) => {
    if (secret) return okAsync(secret);
    const made = deps.random(LINK_SECRET_LENGTH);
    return deps.files.write(path, pemFile(PEM_KEYS.x25519Secret, made)).map(() => made);
  });
};

const pemFile = (kind: PemKind, key: Uint8Array): Uint8Array => utf8(encodePem(kind, key));

/** The bytes of a key file; `undefined` when there is none. */
const readKey = (
  files: Files,
  path: string,
  kind: PemKind,
): ResultAsync<Uint8Array | undefined, KeyError> =>
  files
    .read(path)
    .map((file): Uint8Array | undefined => file)
    .orElse((error) => (error.reason === 'missing' ? okAsync(undefined) : errAsync(error)))
    .andThen((file): Result<Uint8Array | undefined, KeyError> => {
      if (!file) return ok(undefined);
      return decodePem(kind, file).mapErr((problem) => ({ kind: 'bad-key-file', path, problem }));
    });

/** Destroys a node's lasting keys: what it is after that is another node. */
export const deleteIdentity = (files: Files, dataDir: string): ResultAsync<void, FilesError> =>
  files
    .remove(`${dataDir}/identity.private.pem`)
    .andThen(() => files.remove(`${dataDir}/link.private.pem`))
    .andThen(() => files.remove(`${dataDir}/identity.public.pem`));
